//! Recordings: written, read back, refused, played.

use proptest::prelude::*;

use super::*;
use crate::{
    i18n::Lang,
    lab::{
        fact::Fact,
        run::{
            Ask, Phase, Status,
            tests::{ok, refused, run, seen},
        },
        trace::Actor,
    },
};

fn header(lab: &Lab) -> Header {
    Header {
        recording: FORMAT,
        lab: lab.id.clone(),
        edition: edition(lab),
        kernel: "6.1".to_owned(),
        cgroup: "v2".to_owned(),
        root: true,
        date: "2026-11-23".to_owned(),
    }
}

/// A run of the small lab of the other tests: the first step passes, the second is prepared and refused.
fn text() -> String {
    let lab = run().lab().clone();
    let (mut recorder, first) = Recorder::new(&header(&lab), "/home/anna/.korobka/17/box");
    let (bare, user) = (seen(10, 1, 1, "laptop"), seen(10, 2, 1, "laptop"));
    let no = Acted { failure: Some(refused("unshare", "EPERM", None)), ..ok(user.clone(), user.clone()) };
    let later = seen(10, 2, 1, "later");
    let lines = [
        ("user", Moment::Opened(bare.clone())),
        ("user", Moment::Acted(ok(bare, user.clone()))),
        ("user", Moment::Observed(later.clone())),
        ("uts", Moment::Prepared(ok(later, user))),
        ("uts", Moment::Acted(no)),
    ];
    let lines = lines.into_iter().zip(1..).map(|((step, moment), ms)| recorder.line(ms, step, moment));
    std::iter::once(first).chain(lines).map(|line| line + "\n").collect()
}

fn bad(text: &str) -> Bad {
    Recording::parse(text).expect_err("it is bad")
}

#[test]
fn a_recording_plays_what_was_seen() {
    let recording = Recording::parse(&text()).expect("a recording");
    let mut run = run();
    recording.check(run.lab()).expect("of this lab");
    let ask = run.start().expect("a subject is asked for");
    assert_eq!(recording.play(&mut run, &ask), [seen(10, 1, 1, "laptop")]);
    let ask = run.enter().expect("it can be acted");
    let all = recording.play(&mut run, &ask);
    assert_eq!(all.last(), Some(&seen(10, 2, 1, "later")));
    assert_eq!(run.now(), all.last());
    assert_eq!(run.outcome().map(|outcome| outcome.status), Some(Status::Passed));
    let ask = run.forward().expect("the next one is prepared");
    recording.play(&mut run, &ask);
    let ask = run.enter().expect("it can be acted");
    recording.play(&mut run, &ask);
    assert_eq!(run.outcome().map(|outcome| outcome.status), Some(Status::Unavailable));
    let ask = run.jump(2).expect("there is a third step");
    recording.play(&mut run, &ask);
    let failure = run.outcome().and_then(|outcome| outcome.failure.clone()).expect("it was not recorded");
    assert_eq!(failure.operation, "recording");
    assert!(crate::lab::explain::explain(Lang::En, &failure).what.contains("name"));
    let ask = run.jump(1).expect("there is a second step");
    recording.play(&mut run, &ask);
    assert_eq!((run.phase(), run.now()), (Phase::Predict, Some(&seen(10, 2, 1, "laptop"))));
}

#[test]
fn a_recording_begins_where_it_was_begun() {
    let lab = run().lab().clone();
    let whole = text();
    let later: String = whole
        .lines()
        .filter(|line| !line.contains("\"step\":\"user\""))
        .flat_map(|line| [line, "\n"])
        .collect();
    let part = Recording::parse(&later).expect("a recording");
    assert_eq!(lab.steps[1].id, "uts");
    assert_eq!([0, 1].map(|wished| part.begin_at(&lab, wished)), [1, 1]);
    let recording = Recording::parse(&whole).expect("a recording");
    assert_eq!([0, 1].map(|wished| recording.begin_at(&lab, wished)), [0, 1]);
    let none = Recording::parse(&format!("{}\n", whole.lines().next().expect("the header")))
        .expect("a recording of nothing");
    assert_eq!(none.begin_at(&lab, 1), 1, "which then says that it has no such step");
}

#[test]
fn only_what_differs_is_written() {
    let text = text();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[2].contains(r#""before":{},"after":{"set":{"subject.ns.user":2}}"#), "{}", lines[2]);
    assert!(lines[2].starts_with(r#"{"event":"acted","ms":2,"step":"user""#), "{}", lines[2]);
    assert!(text.len() < 1800, "{} bytes", text.len());
}

#[test]
fn nothing_says_whose_machine_it_was() {
    let fact = FactId::host;
    let list = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
    let mut all = seen(10, 1, 1, "annas-laptop");
    all.facts.extend([
        (fact(Fact::Hostname), Value::Text("annas-laptop".into())),
        (fact(Fact::BootId), Value::Text("3f2a77c4-6f0e-4f43-9f3a-0e62c1d4c9b7".into())),
        (fact(Fact::Addresses), list(&["lo 127.0.0.1", "wlan0 10.1.2.3", "wlan0 fe80::1", "eth0 10.1.2.3"])),
        (fact(Fact::Root), list(&["bin", "secret-project", "usr"])),
        (fact(Fact::Processes), list(&["10 korobka", "  11 heartbeat"])),
        (FactId::subject(Fact::Processes), list(&["1 systemd", "  5 secret-tool", "10 korobka", "+9"])),
        (fact(Fact::Cgroup), Value::Text("/annas-laptop/annas-laptop2".into())),
    ]);
    let trace = Trace {
        actor: Actor::Subject,
        call: "mount".into(),
        args: vec!["\"/home/anna/.korobka/17/box/usr\"".into()],
        result: 0,
        errno: None,
        us: 1,
    };
    let path = Some("/home/anna/.korobka/17/upper");
    let acted = Acted {
        before: all.clone(),
        after: all,
        traces: vec![trace],
        failure: Some(refused("mount", "EPERM", path)),
    };
    let lab = run().lab().clone();
    let (mut recorder, _) = Recorder::new(&header(&lab), "/home/anna/.korobka/17/box");
    let line = recorder.line(1, "user", Moment::Acted(acted));
    for secret in ["laptop\"", "anna/", "3f2a77c4", "10.1.2.3", "fe80", "secret"] {
        assert!(!line.contains(secret), "{secret}: {line}");
    }
    for kept in [
        r#"["lo 127.0.0.1","wlan0 192.0.2.1","wlan0 2001:db8::2","eth0 192.0.2.1"]"#,
        r#"["1 systemd","  5 …","10 korobka","+9"]"#,
        r#"["bin","usr"]"#,
        r#""subject.hostname":"host""#,
        "/host/annas-laptop2",
        "/run/korobka/box/usr",
        "/run/korobka/upper",
    ] {
        assert!(line.contains(kept), "{kept}: {line}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let text = text();
    let cut = text.get(..text.len() - 20).expect("ascii");
    let long = format!("{}\n{}\n", text.lines().next().expect("a head"), " ".repeat(1 << 20) + "1");
    let fact = text.replacen("subject.ns.user", "subject.ns.usr", 1);
    let deep = format!("{}\n{}\n", text.lines().next().expect("a head"), "[".repeat(100_000));
    let cases = [
        ("", None),
        ("{}", Some(1)),
        ("hello\n", Some(1)),
        ("{\"recording\":2,\"whatever\":[]}\n", Some(1)),
        ("{\"recording\":1}\n", Some(1)),
        (cut, Some(6)),
        (&long, Some(2)),
        (&deep, Some(2)),
        (&fact, Some(2)),
        (&text.replacen("\"ms\":3", "\"ms\":-3", 1), Some(4)),
        (&text.replacen("\"ms\":3", "\"ms\":3,\"more\":1", 1), Some(4)),
    ];
    for (text, line) in cases {
        let bad = bad(text);
        assert_eq!(bad.line, line, "{bad:?}");
        for lang in Lang::ALL {
            let words = bad.words(lang);
            assert!(!words.contains('{') || matches!(bad.fault, Fault::NotALine(_)), "{words}");
        }
    }
    assert_eq!(bad(&" ".repeat(MOST_BYTES + 1)).fault, Fault::TooLarge);
    assert_eq!(Recording::parse_bytes(b"a\nb\xff\n").expect_err("not text").line, Some(2));
    let mut other = run().lab().clone();
    other.steps.pop();
    let recording = Recording::parse(&text).expect("a recording");
    assert_eq!(recording.check(&other).expect_err("another edition").fault, Fault::OtherEdition);
    other.id = "other".to_owned();
    assert_eq!(recording.check(&other).expect_err("another lab").fault, Fault::OtherLab("small".to_owned()));
}

/// A long value that small lines repeat must not fill the memory.
#[test]
fn a_small_file_does_not_unfold_to_a_large_one() {
    let lab = run().lab().clone();
    let big = "x".repeat(1 << 19);
    let mut text = json(&header(&lab)) + "\n";
    text += r#"{"event":"opened","ms":0,"step":"user","seen":{"set":{"host.root":"BIG"}}}"#;
    text.push('\n');
    text += r#"{"event":"acted","ms":0,"step":"user","before":{},"after":{},"traces":[],"failure":null}"#;
    text.push('\n');
    text += &"{\"event\":\"observed\",\"ms\":0,\"step\":\"user\",\"seen\":{}}\n".repeat(500);
    assert_eq!(bad(&text.replacen("BIG", &big, 1)).fault, Fault::TooLarge);
    let many =
        self::text() + &"{\"event\":\"observed\",\"ms\":0,\"step\":\"uts\",\"seen\":{}}\n".repeat(2000);
    let recording = Recording::parse(&many).expect("what is too much is left out");
    assert_eq!(recording.seen("uts").len(), 600);
}

#[test]
fn days_are_counted_by_the_calendar() {
    for (seconds, day) in [
        (0, "1970-01-01"),
        (951_782_399, "2000-02-28"),
        (951_782_400, "2000-02-29"),
        (1_582_934_400, "2020-02-29"),
        (1_795_392_000, "2026-11-23"),
        (4_107_542_400, "2100-03-01"),
    ] {
        assert_eq!(date(seconds), day);
    }
}

#[test]
fn texts_may_change_without_another_edition() {
    let mut lab = run().lab().clone();
    let before = edition(&lab);
    lab.steps[0].text.en.push('!');
    assert_eq!(edition(&lab), before);
    lab.steps[0].actions.clear();
    assert_ne!(edition(&lab), before);
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(at in 0_usize..1800, with in prop_oneof![".{0,9}", "[0-9{}\\[\\],\":\n]{0,9}"]) {
        let mut text = text();
        let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.replace_range(at.., &(with + text.get(at + 3..).unwrap_or_default()));
        if let Ok(recording) = Recording::parse(&text) {
            let mut run = run();
            let mut ask: Option<Ask> = run.start();
            while let Some(asked) = ask {
                recording.play(&mut run, &asked);
                ask = if run.phase() == Phase::Predict { run.enter() } else { run.forward() };
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Recording::parse_bytes(&bytes));
    }
}
