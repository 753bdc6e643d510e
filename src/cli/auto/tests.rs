//! The driver and both reports, with a made-up stage in place of the real one.

use std::collections::{BTreeMap, VecDeque};

use super::{
    drive::{Peer, Tally, Told, drive},
    json::Json,
    text::Text,
};
use crate::{
    i18n::Lang,
    lab::{
        action::Action,
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::{Observation, Value},
        step::{Lab, Step},
        trace::{Actor, Failure, Trace},
    },
    stage::protocol::{Event, HostInfo, Request, VERSION},
};

/// A kernel in miniature: it has user and UTS namespaces and a host name, and nothing else.
struct Toy {
    subject: BTreeMap<FactId, Value>,
    events: VecDeque<Event>,
    asked: Vec<Request>,
    /// Why every unshare fails, if it does.
    refuses: Option<&'static str>,
    /// Whether the subject has namespaces of its own from the start.
    keeps: bool,
    /// Whether acting kills the subject.
    deadly: bool,
}

impl Toy {
    fn new() -> Self {
        let host = HostInfo {
            kernel: "6.1".to_owned(),
            uid: 1000,
            cgroup: "v2".to_owned(),
            box_dir: "/box".to_owned(),
            seats: Vec::new(),
            delegates: false,
        };
        let events = VecDeque::from([Event::Ready { version: VERSION, host }]);
        Self { subject: Self::bare(), events, asked: Vec::new(), refuses: None, keeps: false, deadly: false }
    }

    fn bare() -> BTreeMap<FactId, Value> {
        let both = |fact, value: Value| [(FactId::host(fact), value.clone()), (FactId::subject(fact), value)];
        let mut facts = BTreeMap::new();
        facts.extend(both(Fact::NsUser, Value::Number(1)));
        facts.extend(both(Fact::NsUts, Value::Number(1)));
        facts.extend(both(Fact::Hostname, Value::Text("host".to_owned())));
        facts
    }

    fn look(&self) -> Observation {
        Observation { pid: 7, facts: self.subject.clone() }
    }

    /// The call that an action makes, and its error.
    fn act(&mut self, action: &Action) -> (Trace, Option<Failure>) {
        let (call, args) = match action {
            Action::Unshare { ns } => ("unshare", Namespace::flags(ns)),
            Action::SetHostname { name } => ("sethostname", format!("{:?}", name.as_str())),
            _ => ("other", String::new()),
        };
        let errno = self.refuses.filter(|_| call == "unshare").map(str::to_owned);
        let trace = Trace {
            actor: Actor::Subject,
            call: call.to_owned(),
            args: vec![args.clone()],
            result: if errno.is_some() { -1 } else { 0 },
            errno: errno.clone(),
            us: 5,
        };
        if let Some(errno) = errno {
            return (
                trace,
                Some(Failure { operation: call.to_owned(), arguments: vec![args], errno, path: None }),
            );
        }
        match action {
            Action::Unshare { ns } => {
                for ns in ns {
                    self.subject.insert(FactId::subject(Fact::of_namespace(*ns)), Value::Number(2));
                }
            }
            Action::SetHostname { name } => {
                self.subject.insert(
                    FactId::subject(Fact::Hostname),
                    Value::Text(format!("{}\u{1b}[2J", name.as_str())),
                );
            }
            _ => {}
        }
        (trace, None)
    }
}

impl Peer for Toy {
    fn ask(&mut self, request: &Request) -> anyhow::Result<()> {
        self.asked.push(request.clone());
        match request {
            Request::Open { replay, .. } => {
                self.subject = Self::bare();
                if self.keeps {
                    self.subject.insert(FactId::subject(Fact::NsUts), Value::Number(2));
                }
                for action in replay {
                    drop(self.act(action));
                }
                self.events.push_back(Event::Opened { observation: self.look() });
            }
            Request::Act { .. } if self.deadly => {
                self.events.push_back(Event::SubjectGone { signal: Some(9) });
            }
            Request::Act { actions } => {
                let before = self.look();
                let done: Vec<_> = actions.iter().map(|action| self.act(action)).collect();
                let failure = done.iter().find_map(|(_, failure)| failure.clone());
                let traces = done.into_iter().map(|(trace, _)| trace).collect();
                self.events.push_back(Event::Acted { before, after: self.look(), traces, failure });
            }
            other => anyhow::bail!("not asked by a driver: {other:?}"),
        }
        Ok(())
    }

    fn event(&mut self) -> anyhow::Result<Event> {
        self.events.pop_front().ok_or_else(|| anyhow::anyhow!("nothing was asked"))
    }
}

fn lab() -> Lab {
    let step = |text: &str| toml::from_str(text).expect("a step");
    let rest = |id: &str| {
        format!(
            "id = {id:?}\ntitle = {{ ru = 'Шаг', en = 'Step' }}\ntext = {{ ru = 'Т', en = 'The `text`.' }}\n\
             after = {{ ru = 'П', en = 'After.' }}\nprediction = {{ rows = [] }}\n\
             hints = {{ principle = {{ ru = '', en = '' }}, place = {{ ru = '', en = '' }} }}\n\
             why = {{ id = 'why', text = {{ ru = '', en = '' }}, options = [] }}\n"
        )
    };
    let uts = "prepare = [{ do = 'unshare', ns = ['user'] }]\nactions = [{ do = 'unshare', ns = ['uts'] }]\n\
               expect = [{ fact = 'subject.ns.uts', is = 'differs-from-host' }]\n";
    let name = "actions = [{ do = 'set-hostname', name = 'box' }]\n\
                expect = [{ fact = 'host.hostname', is = 'unchanged' }, { fact = 'subject.hostname', is = 'changed' }]\n";
    Lab {
        id: "toy".to_owned(),
        title: crate::i18n::Text { ru: "Игрушка".to_owned(), en: "Toy".to_owned() },
        intro: crate::i18n::Text::default(),
        start: crate::lab::step::Start::Bare,
        sights: crate::lab::sight::Sight::default_of_lab(),
        controls: Vec::new(),
        steps: vec![step(&(rest("uts") + uts)), step(&(rest("name") + name))],
    }
}

fn json(toy: &mut Toy, only: Option<usize>) -> (Tally, Vec<serde_json::Value>) {
    let mut out = Vec::new();
    let tally = drive(toy, lab(), Told { only, recorded: false }, &mut Json::new(&mut out, Lang::En))
        .expect("driven");
    let lines = String::from_utf8(out).expect("utf-8");
    (tally, lines.lines().map(|line| serde_json::from_str(line).expect("json")).collect())
}

fn text(toy: &mut Toy, lang: Lang) -> String {
    let mut out = Vec::new();
    drive(toy, lab(), Told::default(), &mut Text::new(&mut out, lang)).expect("driven");
    String::from_utf8(out).expect("utf-8")
}

#[test]
fn a_lab_is_reported_line_by_line() {
    let (tally, lines) = json(&mut Toy::new(), None);
    assert_eq!((tally.passed, tally.failed, tally.unavailable), (2, 0, 0));
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().expect("event")).collect();
    assert_eq!(
        events,
        [
            "lab",
            "step",
            "trace",
            "fact",
            "expectation", // uts
            "step",
            "trace",
            "fact",
            "expectation",
            "expectation", // name
            "summary",
        ]
    );
    assert_eq!(
        lines[0],
        serde_json::json!({ "event": "lab", "id": "toy", "mode": "live", "kernel": "6.1", "cgroup": "v2", "user": 1000 })
    );
    assert_eq!(
        lines[2],
        serde_json::json!({
            "event": "trace", "step": "uts", "call": "unshare", "args": ["CLONE_NEWUTS"],
            "result": 0, "errno": null, "us": 5,
        })
    );
    assert_eq!(
        lines[3],
        serde_json::json!({ "event": "fact", "step": "uts", "id": "subject.ns.uts", "before": 1, "after": 2 })
    );
}

#[test]
fn one_step_is_acted_after_a_replay_of_those_before() {
    let mut toy = Toy::new();
    let (tally, lines) = json(&mut toy, Some(1));
    assert_eq!(tally.passed, 1);
    assert!(lines.iter().all(|line| line["step"] != "uts"));
    let unshare = |ns| Action::Unshare { ns: vec![ns] };
    let replay = vec![unshare(Namespace::User), unshare(Namespace::Uts)];
    assert_eq!(toy.asked[0], Request::Open { replay, sights: crate::lab::sight::Sight::default_of_lab() });
    assert_eq!(toy.asked.len(), 2);
}

#[test]
fn what_the_machine_refuses_is_unavailable_with_its_reason() {
    let (tally, lines) = json(&mut Toy { refuses: Some("ENOSPC"), ..Toy::new() }, Some(0));
    assert_eq!((tally.passed, tally.unavailable), (0, 1));
    assert_eq!(tally.cause.map(|failure| failure.errno).as_deref(), Some("ENOSPC"));
    assert_eq!(lines[1]["status"], "unavailable");
    let reason = lines[1]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("unshare(CLONE_NEWUTS) = -1 ENOSPC"), "{reason}");
}

/// What is rolled back leaves the step before to be seen, and that may be just what was expected.
#[test]
fn nothing_is_said_to_hold_of_a_step_that_was_refused() {
    let mut again = lab();
    again.steps[1] = Step { id: "again".to_owned(), ..again.steps[0].clone() };
    let mut toy = Toy { refuses: Some("ENOSPC"), keeps: true, ..Toy::new() };
    let mut out = Vec::new();
    drive(&mut toy, again.clone(), Told::default(), &mut Text::new(&mut out, Lang::En)).expect("driven");
    let said = String::from_utf8(out).expect("utf-8");
    assert!(!said.contains("Holds: ") && !said.contains("Does not hold: "), "{said}");
    let mut out = Vec::new();
    let mut toy = Toy { refuses: Some("ENOSPC"), keeps: true, ..Toy::new() };
    drive(&mut toy, again, Told::default(), &mut Json::new(&mut out, Lang::En)).expect("driven");
    let lines = String::from_utf8(out).expect("utf-8");
    assert!(lines.contains(r#""met":false"#) && !lines.contains(r#""met":true"#), "{lines}");
}

#[test]
fn a_killed_subject_fails_its_steps_and_the_run_ends() {
    let mut toy = Toy { deadly: true, ..Toy::new() };
    let (tally, lines) = json(&mut toy, None);
    assert_eq!((tally.passed, tally.failed), (0, 2));
    assert!(lines[1]["reason"].as_str().is_some_and(|reason| reason.contains("signal 9")), "{}", lines[1]);
}

#[test]
fn the_text_is_one_statement_a_line_and_moves_no_cursor() {
    let text = text(&mut Toy::new(), Lang::En);
    for line in [
        "Live: kernel 6.1, cgroup v2, user 1000",
        "Step 1 (uts). Step",
        "The text.",
        "Call: unshare(CLONE_NEWUTS) = 0, 5 µs",
        "In the shell: unshare --uts",
        "In Docker: docker run # unless --uts host",
        "Changed: UTS namespace (inside): was 1, is 2",
        "Holds: UTS namespace (inside): another value than the host's",
        "Passed.",
        "Changed: host name (inside): was host, is box\u{fffd}[2J",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nin\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
    let drawn = |c: char| ('\u{2500}'..='\u{259f}').contains(&c);
    assert!(!text.contains(drawn));
}

#[test]
fn the_text_speaks_russian_and_says_what_to_try() {
    let said = text(&mut Toy { refuses: Some("EPERM"), ..Toy::new() }, Lang::Ru);
    assert!(said.contains("На этой машине невозможно: unshare(CLONE_NEWUTS) = -1 EPERM"), "{said}");
    assert!(said.contains("Что попробовать: "), "{said}");
    assert!(said.contains("Итог: пройдено 1, не пройдено 0, здесь невозможно 1"), "{said}");
}
