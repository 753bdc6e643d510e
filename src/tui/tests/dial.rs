//! The dial, key by key, with a machine made up for it; and the two exercises of its lab.

use super::{
    snapshots::{picture_of_sight, settings, snapshot},
    stage::{acted, bare},
    support::Bench,
};
use crate::{
    i18n::Lang,
    lab::{
        assemble::{Piece, scene},
        dial::{Answer, Measured, Preset, Probe, Setting, Switch},
        fact::{Fact, FactId},
        mend::Fault,
        observation::{Observation, Value},
        trace::{Actor, Failure, Trace},
    },
    stage::protocol::{Event, Request},
    tui::{Theme, effect::Effect, message::Msg},
};

fn failure(operation: &str, errno: &str) -> Failure {
    Failure { operation: operation.into(), arguments: Vec::new(), errno: errno.into(), path: None }
}

/// A machine on which a plain user may make everything but cgroups.
fn measure(setting: &Setting) -> Measured {
    let has = |switch| setting.has(switch);
    let yes = |probe| match probe {
        Probe::HostProcesses => !has(Switch::Proc),
        Probe::HostFiles => !has(Switch::Root) && !setting.chroot,
        Probe::HostPort => !has(Switch::Net),
        Probe::Hostname => !has(Switch::Uts),
        Probe::HostRoot => false,
        Probe::Memory | Probe::Forks => true,
        Probe::Survives => !has(Switch::Overlay),
    };
    let answer = |probe| Answer { probe, yes: Some(yes(probe)), seen: format!("{probe:?}").to_lowercase() };
    let trace = |call: &str, args: &[&str], us| Trace {
        actor: Actor::Subject,
        call: call.into(),
        args: args.iter().map(|a| (*a).to_owned()).collect(),
        result: 0,
        errno: None,
        us,
    };
    Measured {
        setting: setting.clone(),
        answers: Probe::ALL.map(answer).to_vec(),
        us: 2_134,
        traces: vec![trace("clone3", &["CLONE_NEWUTS"], 312), trace("sethostname", &["\"korobka\"", "7"], 9)],
        refused: if has(Switch::Cgroup) {
            vec![(Switch::Cgroup, failure("mkdir", "EACCES"))]
        } else {
            vec![]
        },
        failure: None,
    }
}

impl Bench {
    /// What the dial asks for that nobody has answered.
    fn dial_asks(&self) -> Option<Setting> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Ask(Request::Dial { settings }) => settings.first().cloned(),
            _ => None,
        })
    }

    fn dial_answers(&mut self) -> usize {
        let mut boxes = 0;
        while let Some(setting) = self.dial_asks() {
            self.effects.clear();
            self.says(Event::Dialled { measured: measure(&setting) });
            boxes += 1;
            assert!(boxes < 50, "it asks for ever");
        }
        boxes
    }

    fn opened(&self) -> Option<&Request> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Ask(request @ (Request::Open { .. } | Request::Act { .. })) => Some(request),
            _ => None,
        })
    }
}

fn lab(size: (u16, u16)) -> Bench {
    let mut bench = Bench::looking_at("dial", size, Lang::En, Theme::Mono);
    bench.in_lab();
    bench
}

fn dial(size: (u16, u16)) -> Bench {
    let mut bench = lab(size);
    bench.dial_answers();
    bench.keys("<tab>").sees("▸ [Dial]");
    bench
}

#[test]
fn what_the_dial_shows() {
    let _bound = settings();
    let scripts: [(&str, super::snapshots::Script); 5] = [
        ("dial_measured", |b| {
            b.in_lab().dial_answers();
            b.keys("<tab>ppp<right><right>").dial_answers();
            b
        }),
        ("dial_measuring", |b| b.in_lab().keys("<tab>4")),
        ("dial_calls", |b| {
            b.in_lab().dial_answers();
            b.keys("<tab>1").dial_answers();
            b.keys("<tab><tab>")
        }),
        ("workshop_assemble", |b| {
            b.in_lab().keys("a").says(Event::Opened { observation: bare() });
            let failure = failure("pivot_root", "EINVAL");
            b.keys("<space><down><enter>").says(Event::Opened { observation: bare() }).says(acted());
            b.says(Event::Acted { before: bare(), after: bare(), traces: Vec::new(), failure: Some(failure) })
        }),
        ("workshop_mend", |b| {
            b.in_lab().keys("b07").says(Event::Opened { observation: bare() });
            b.keys("<enter>").says(Event::Opened { observation: bare() }).says(acted())
        }),
    ];
    for (name, script) in scripts {
        for lang in Lang::ALL {
            snapshot(name, lang, |size| picture_of_sight("dial", script, size, lang));
        }
    }
}

#[test]
fn a_turn_is_measured_one_box_at_a_time_and_never_waited_for() {
    let mut bench = lab((80, 24));
    assert_eq!(bench.dial_asks(), Some(Setting::default()), "as soon as the subject rests");
    bench.keys("<tab>").sees("measuring… 0 of 11");
    bench.effects.clear();
    bench.keys("7").sees("[x] net");
    assert_eq!(bench.dial_asks(), None, "one is being measured");
    bench.says(Event::Dialled { measured: measure(&Setting::default()) });
    assert_eq!(bench.dial_asks(), Some(Setting::of([Switch::Net])), "where the dial stands now");
    bench.dial_answers();
    bench.sees("ready in 2.13 ms").sees("reaches a host port     no");
    bench.keys("u").sees("[ ] net").keys("<esc>");
}

#[test]
fn presets_and_goals_are_reached_and_a_refusal_is_said() {
    let mut bench = dial((120, 40));
    bench.keys("pp").dial_answers();
    bench.sees("here: docker run").sees("goal: docker run [!]").sees("Refused: cgroup").sees("EACCES");
    bench.sees("8[!] cgroup").sees("[!] was refused: the box ran without it").lacks("This is the goal");
    bench.keys("g").dial_answers();
    bench.sees("goal: --privileged").sees("[x] rights≠");
    bench.keys("m").sees("measuring…").dial_answers();
    bench.keys("gggpppp").dial_answers();
    bench.sees("here: chroot").sees("goal: chroot").sees("This is the goal").lacks("[!]");
}

#[test]
fn a_failure_of_the_stage_is_shown_on_the_dial_and_not_asked_again() {
    let mut bench = lab((80, 24));
    bench.keys("<tab>").effects.clear();
    bench.says(Event::Failed { failure: failure("clone3", "EAGAIN") }).sees("Nothing could be measured");
    assert_eq!(bench.dial_asks(), None);
    bench.keys("1");
    assert!(bench.dial_asks().is_some());
    bench.send(Msg::StageLost("killed".into())).sees("stage has stopped");
}

#[test]
fn the_dial_follows_a_step_that_has_turned_it() {
    let mut bench = Bench::turning_the_dial((120, 40));
    bench.in_lab().dial_answers();
    bench.keys("<enter>").says(acted());
    assert_eq!(bench.dial_asks(), Some(Preset::Chroot.setting()));
    bench.dial_answers();
    bench.sees("here: chroot");
}

/// The pieces as they lie on the screen.
fn order(bench: &Bench) -> Vec<Piece> {
    let screen = bench.screen();
    let mut places: Vec<(usize, Piece)> = Piece::ALL
        .into_iter()
        .map(|piece| {
            let label: String = piece.label(Lang::En).chars().take(14).collect();
            (screen.find(&label).unwrap_or_else(|| panic!("{label:?}\n{screen}")), piece)
        })
        .collect();
    places.sort_unstable();
    places.into_iter().map(|(_, piece)| piece).collect()
}

#[test]
fn an_order_is_carried_out_piece_by_piece_until_one_fails() {
    let mut bench = lab((120, 40));
    bench.dial_answers();
    bench.keys("a").sees("Assemble it yourself");
    assert!(matches!(bench.opened(), Some(Request::Open { replay, .. }) if *replay == scene()));
    bench.says(Event::Opened { observation: bare() });
    let before = order(&bench);
    bench.keys("<space><down><space>");
    let pieces = order(&bench);
    assert_eq!((pieces[0], pieces[1]), (before[1], before[0]));
    bench.keys("<enter>").says(Event::Opened { observation: bare() });
    assert!(matches!(bench.opened(), Some(Request::Act { actions }) if *actions == pieces[0].actions(&[])));
    bench.effects.clear();
    let refused = Event::Acted {
        before: bare(),
        after: bare(),
        traces: Vec::new(),
        failure: Some(failure("sethostname", "EPERM")),
    };
    bench.says(refused).sees("Step 1 did not hold").sees("EPERM");
    assert_eq!(bench.opened(), None, "it goes no further");
    bench.keys("r").sees("Space takes a step");
    bench.keys("<esc>").says(Event::Opened { observation: bare() }).sees("Which rows will change?");
}

fn whole() -> Observation {
    let mut seen = bare();
    let text = |t: &str| Value::Text(t.to_owned());
    for (fact, value) in [
        (Fact::BoxMount, text("overlay")),
        (Fact::Pid, Value::Number(1)),
        (Fact::Pid1, text("korobka")),
        (Fact::SeesHost, text("no")),
        (Fact::Root, Value::List(vec!["usr".into(), "proc".into()])),
        (Fact::Escape, text("no")),
        (Fact::NoNewPrivs, Value::Number(1)),
        (Fact::Hostname, text("korobka")),
        (Fact::Interfaces, Value::List(vec!["lo UP".into()])),
    ] {
        seen.facts.insert(FactId::subject(fact), value);
    }
    for (fact, number) in [(Fact::LimitPids, 64), (Fact::PidsCurrent, 2)] {
        seen.facts.insert(FactId::host(fact), Value::Number(number));
    }
    seen
}

#[test]
fn a_mend_is_carried_out_and_the_kernel_says_whether_it_holds() {
    let mut bench = lab((120, 40));
    bench.dial_answers();
    bench.keys("b42").sees("box 42").says(Event::Opened { observation: bare() });
    let Some(Request::Open { replay, .. }) = bench.opened() else { panic!("no box") };
    assert!(Fault::ALL.iter().any(|fault| fault.breaks() == *replay));
    let tried = |bench: &mut Bench, after: Observation| {
        bench.keys("<enter>").says(Event::Opened { observation: bare() });
        let Some(Request::Act { actions }) = bench.opened() else { panic!("nothing was mended") };
        let mend = |fault: &Fault| actions.starts_with(&fault.mends());
        assert!(Fault::ALL.iter().any(mend));
        bench.says(Event::Acted { before: bare(), after, traces: Vec::new(), failure: None });
    };
    tried(&mut bench, bare());
    bench.sees("The box is not whole").sees("wanted: korobka");
    bench.keys("<down>");
    tried(&mut bench, whole());
    bench.sees("It holds").sees("tried: 2");
    bench.keys("r").sees("box 43");
    bench.keys("<esc>");
    assert!(matches!(bench.opened(), Some(Request::Open { replay, .. }) if replay.is_empty()));
}

#[test]
fn a_box_that_cannot_be_made_gives_way_to_another() {
    let mut bench = lab((120, 40));
    bench.dial_answers();
    bench.keys("b");
    let mut seen = 1;
    let limited = Fault::LimitElsewhere.breaks();
    while !matches!(bench.opened(), Some(Request::Open { replay, .. }) if *replay == limited) {
        bench.says(Event::Opened { observation: bare() }).keys("r");
        seen += 1;
        assert!(seen < 100, "it is never drawn");
    }
    bench.effects.clear();
    bench.says(Event::Failed { failure: failure("delegate", "EACCES") });
    assert!(matches!(bench.opened(), Some(Request::Open { replay, .. }) if *replay != limited));
    bench.says(Event::Opened { observation: bare() }).sees("Not possible here").sees("Enter tries");
}

#[test]
fn where_no_cgroup_can_be_made_its_piece_is_taken_out() {
    let mut bench = lab((120, 40));
    bench.dial_answers();
    bench.keys("a").says(Event::Opened { observation: bare() }).keys("<enter>");
    let made = |failure| Event::Acted { before: bare(), after: whole(), traces: Vec::new(), failure };
    bench.says(Event::Opened { observation: bare() });
    let limit = Piece::Limit.actions(&[]);
    let mut done = 0;
    while !matches!(bench.opened(), Some(Request::Act { actions }) if *actions == limit) {
        bench.says(made(None));
        done += 1;
        assert!(done < Piece::ALL.len(), "it is never carried out");
    }
    bench.says(made(Some(failure("delegate", "EACCES"))));
    let out = |bench: &Bench| !bench.screen().contains("A cgroup of 64");
    assert!(out(bench.sees("does not let you make cgroups")));
    assert!(out(bench.keys("r").sees("Space takes")));
}

#[test]
fn a_stage_that_is_lost_in_an_exercise_starts_again_with_it() {
    let mut bench = lab((120, 40));
    bench.keys("b").says(Event::Opened { observation: bare() }).keys("<enter>");
    bench.send(Msg::StageLost("killed".into())).sees("stage has stopped").keys("<enter>");
    assert_eq!(bench.effects.last(), Some(&Effect::StartStage));
    bench.says(super::stage::ready(1000));
    bench.says(Event::Opened { observation: bare() }).sees("Break it and mend it").sees("Enter tries");
}

#[test]
fn no_key_of_an_exercise_does_harm_and_its_steps_are_not_remembered() {
    for open in ["a", "b"] {
        let mut bench = lab((80, 24));
        bench.keys(open).says(Event::Opened { observation: bare() });
        bench.keys("<space><up><down><pgup><pgdn>jhun0123456789?<esc><tab><tab>jhu<tab>z<esc>");
        bench.keys("<enter>").says(Event::Opened { observation: bare() }).says(acted());
        bench.buffer();
        let remembered = |effect: &Effect| matches!(effect, Effect::Remember(_));
        assert!(!bench.effects.iter().any(remembered), "{open}");
    }
}

#[test]
fn the_help_of_an_exercise_names_what_its_keys_do_there() {
    let mut bench = lab((120, 40));
    bench.keys("a").says(Event::Opened { observation: bare() });
    bench.keys("?").sees("Carry the order out").sees("Take the step under the cursor").lacks("prediction,");
    bench.keys("<esc><esc>").says(Event::Opened { observation: bare() });
    bench.keys("b").says(Event::Opened { observation: bare() });
    bench.keys("?").sees("Try the mend under the cursor");
}
