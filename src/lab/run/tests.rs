//! A small lab by hand: `user`, then `uts` (which is prepared by a fork), then `name`.

use std::collections::BTreeMap;

use super::*;
use crate::{
    i18n::{Lang, Text},
    lab::{
        action::Hostname,
        expectation::{Condition, Expectation},
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::Value,
        step::{Choice, Hints, Prediction, Question, Refutation, Start},
    },
};

const USER: FactId = FactId::subject(Fact::NsUser);
const UTS: FactId = FactId::subject(Fact::NsUts);
const NAME: FactId = FactId::subject(Fact::Hostname);

fn text(s: &str) -> Text {
    Text { ru: format!("ru {s}"), en: s.to_owned() }
}

fn unshare(ns: Namespace) -> Action {
    Action::Unshare { ns: vec![ns] }
}

pub(super) fn fork() -> Action {
    Action::Clone { ns: Vec::new() }
}

fn set_name() -> Action {
    Action::SetHostname { name: Hostname::try_from("box".to_owned()).expect("good") }
}

fn step(id: &str, prepare: &[Action], actions: &[Action], expect: (FactId, Condition)) -> Step {
    let option = |right| Choice { text: text("option"), right, because: text("because") };
    Step {
        id: id.to_owned(),
        title: text(id),
        text: text(id),
        after: text(id),
        prepare: prepare.to_vec(),
        actions: actions.to_vec(),
        prediction: Prediction {
            rows: vec![USER, UTS, NAME],
            refute: vec![Refutation { row: NAME, text: text("the name is copied") }],
        },
        expect: vec![Expectation::Fact { fact: expect.0, is: expect.1 }],
        why: Question {
            id: format!("{id}-why"),
            text: text("why"),
            options: vec![option(false), option(true)],
        },
        hints: Hints { principle: text("principle"), place: text("place") },
    }
}

pub(in crate::lab) fn run() -> Run {
    let lab = Lab {
        id: "small".to_owned(),
        title: text("small"),
        intro: text("small"),
        start: Start::Bare,
        sights: Vec::new(),
        controls: Vec::new(),
        steps: vec![
            step("user", &[], &[unshare(Namespace::User)], (USER, Condition::DiffersFromHost)),
            step("uts", &[fork()], &[unshare(Namespace::Uts)], (UTS, Condition::DiffersFromHost)),
            step("name", &[], &[set_name()], (NAME, Condition::Equals("box".to_owned()))),
        ],
    };
    Run::new(lab, false)
}

/// A process in user namespace `user` and UTS namespace `uts` (the host's are 1), with a host name.
pub(in crate::lab) fn seen(pid: i32, user: i64, uts: i64, name: &str) -> Observation {
    let number = Value::Number;
    let facts = BTreeMap::from([
        (FactId::host(Fact::NsUser), number(1)),
        (FactId::host(Fact::NsUts), number(1)),
        (FactId::host(Fact::NsPidChain), Value::Text(pid.to_string())),
        (FactId::subject(Fact::Pid), number(i64::from(pid))),
        (USER, number(user)),
        (UTS, number(uts)),
        (NAME, Value::Text(name.to_owned())),
    ]);
    Observation { pid, facts }
}

pub(in crate::lab) fn ok(before: Observation, after: Observation) -> Acted {
    Acted { before, after, ..Acted::default() }
}

pub(in crate::lab) fn refused(operation: &str, errno: &str, path: Option<&str>) -> Failure {
    Failure {
        operation: operation.to_owned(),
        arguments: Vec::new(),
        errno: errno.to_owned(),
        path: path.map(str::to_owned),
    }
}

/// The run after its first step was passed by the program.
fn after_user() -> Run {
    let mut run = run();
    assert_eq!(run.start(), Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }));
    run.opened(seen(10, 1, 1, "host"));
    assert_eq!(run.enter(), Some(Ask::Act { actions: vec![unshare(Namespace::User)] }));
    run.acted(ok(seen(10, 1, 1, "host"), seen(10, 2, 1, "host")));
    run
}

#[test]
fn a_step_is_predicted_acted_and_graded() {
    let mut run = run();
    run.start();
    assert_eq!(run.phase(), Phase::Entering);
    assert_eq!(run.enter(), None, "nothing to act on yet");
    run.opened(seen(10, 1, 1, "host"));
    assert_eq!(run.phase(), Phase::Predict);
    run.tick(0);
    run.tick(1);
    run.tick(1);
    run.tick(2);
    run.tick(7);
    run.set_confidence(9);
    run.set_confidence(2);
    run.enter();
    assert_eq!(run.phase(), Phase::Acting);
    run.acted(ok(seen(10, 1, 1, "host"), seen(10, 2, 1, "host")));
    let outcome = run.outcome().expect("acted");
    assert_eq!(outcome.status, Status::Passed);
    assert_eq!(outcome.met, [true]);
    assert_eq!(outcome.changed, [USER]);
    let graded = outcome.prediction.as_ref().expect("predicted");
    assert_eq!(graded.confidence, Some(2));
    assert_eq!(graded.rows, [(USER, Grade::Hit), (UTS, Grade::CorrectRejection), (NAME, Grade::FalseAlarm)]);
    assert!(!graded.right());
    let step = run.step().expect("step");
    assert_eq!(graded.refutations(step).count(), 1);
}

#[test]
fn acting_without_a_tick_skips_the_prediction_but_confidence_alone_predicts_nothing() {
    assert_eq!(after_user().outcome().and_then(|o| o.prediction.clone()), None);
    let mut run = run();
    run.start();
    run.opened(seen(10, 1, 1, "host"));
    run.set_confidence(3);
    run.enter();
    run.acted(ok(seen(10, 1, 1, "host"), seen(10, 2, 1, "host")));
    let graded = run.outcome().and_then(|o| o.prediction.clone()).expect("predicted");
    assert_eq!(graded.rows.first(), Some(&(USER, Grade::Miss)));
}

#[test]
fn after_a_step_of_the_program_only_the_next_preparation_is_asked_for() {
    let mut run = after_user();
    assert_eq!(run.forward(), Some(Ask::Act { actions: vec![fork()] }));
    run.acted(ok(seen(10, 2, 1, "host"), seen(11, 2, 1, "host")));
    assert_eq!((run.index(), run.phase()), (1, Phase::Predict));
    assert_eq!(run.outcome(), None, "a preparation is not an outcome");
    run.enter();
    run.acted(ok(seen(11, 2, 1, "host"), seen(11, 2, 3, "host")));
    assert_eq!(run.forward(), None, "nothing to prepare");
    assert_eq!((run.index(), run.phase()), (2, Phase::Predict));
    run.enter();
    run.acted(ok(seen(11, 2, 3, "host"), seen(11, 2, 3, "box")));
    assert!(run.complete());
    assert_eq!(run.forward(), None);
    assert_eq!(run.index(), 2);
}

#[test]
fn the_shell_passes_a_step_and_the_program_catches_up() {
    let mut run = after_user();
    run.forward();
    run.acted(ok(seen(10, 2, 1, "host"), seen(11, 2, 1, "host")));
    run.shell_started(20, seen(20, 2, 1, "host"));
    assert_eq!(run.phase(), Phase::Predict, "a shell alone passes nothing");
    run.observed(Whose::Hand(21), seen(21, 2, 1, "host"));
    assert_eq!(run.phase(), Phase::Predict, "nor does a command that changes nothing");
    run.observed(Whose::Hand(22), seen(22, 2, 5, "host"));
    let outcome = run.outcome().expect("by hand").clone();
    assert!(outcome.by_hand && outcome.passed());
    assert_eq!(outcome.changed, [UTS], "another process id is no change");
    let replay = vec![unshare(Namespace::User), fork(), unshare(Namespace::Uts)];
    assert_eq!(run.forward(), Some(Ask::Open { replay, sights: Vec::new() }));
    run.opened(seen(12, 2, 6, "host"));
    assert_eq!(run.phase(), Phase::Predict);
    run.observed(Whose::Hand(22), seen(22, 2, 5, "box"));
    assert!(run.outcome().is_some_and(|o| o.by_hand && o.changed == [NAME]));
}

#[test]
fn what_the_shell_had_before_the_step_does_not_pass_it() {
    let mut run = after_user();
    run.shell_started(20, seen(20, 2, 5, "host"));
    run.forward();
    run.acted(ok(seen(10, 2, 1, "host"), seen(11, 2, 1, "host")));
    run.observed(Whose::Hand(21), seen(21, 2, 5, "host"));
    assert_eq!(run.phase(), Phase::Predict, "its UTS namespace is its parent's");
    run.observed(Whose::Hand(22), seen(22, 2, 6, "host"));
    assert_eq!(run.phase(), Phase::Observed);
}

/// Of a refusal only the calls tell, and the shell's are not seen; that all is as it was is always so.
#[test]
fn what_shows_nothing_is_not_passed_by_whatever_changes() {
    let mut lab = run().lab().clone();
    let refused = Expectation::Refused { refused: "unshare".to_owned(), errno: "EPERM".to_owned() };
    let same = Expectation::Fact { fact: UTS, is: Condition::Unchanged };
    lab.steps[0].expect = vec![refused, same];
    let mut run = Run::new(lab, false);
    run.start();
    run.opened(seen(10, 1, 1, "host"));
    run.shell_started(20, seen(20, 1, 1, "host"));
    run.observed(Whose::Hand(20), seen(20, 1, 1, "other"));
    assert_eq!(run.phase(), Phase::Predict);
}

#[test]
fn undo_jump_back_and_reset_replay_the_prefix() {
    let mut run = after_user();
    assert_eq!(run.undo(), Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }), "this step was acted");
    assert_eq!(run.outcome_of(0), None);
    run.opened(seen(10, 1, 1, "host"));
    assert_eq!(run.undo(), None, "nothing before it");
    let prefix = vec![unshare(Namespace::User), fork(), unshare(Namespace::Uts)];
    assert_eq!(run.jump(2), Some(Ask::Open { replay: prefix, sights: Vec::new() }));
    run.opened(seen(12, 2, 3, "host"));
    assert_eq!(run.jump(3), None);
    assert_eq!(
        run.back(),
        Some(Ask::Open { replay: vec![unshare(Namespace::User), fork()], sights: Vec::new() })
    );
    run.opened(seen(13, 2, 1, "host"));
    assert_eq!(
        run.undo(),
        Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }),
        "not acted: the one before"
    );
    assert_eq!(run.reset(), Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }));
}

#[test]
fn a_replay_starts_at_the_last_fresh_and_leaves_out_mere_attempts() {
    let mut run = run();
    if let Some(step) = run.lab.steps.get_mut(1) {
        step.prepare = vec![Action::Fresh {}, Action::TryUnshare { ns: vec![Namespace::Uts] }, fork()];
    }
    assert_eq!(run.jump(1), Some(Ask::Open { replay: vec![fork()], sights: Vec::new() }));
}

#[test]
fn what_the_machine_refuses_is_unavailable_and_is_not_replayed() {
    let mut run = run();
    run.start();
    run.opened(seen(10, 1, 1, "host"));
    run.enter();
    let host = seen(10, 1, 1, "host");
    run.acted(Acted { failure: Some(refused("unshare", "ENOSPC", None)), ..ok(host.clone(), host.clone()) });
    assert_eq!(run.outcome().map(|o| o.status), Some(Status::Unavailable));
    assert_eq!(run.clone().enter(), Some(Ask::Act { actions: vec![unshare(Namespace::User)] }), "try again");
    assert_eq!(run.forward(), Some(Ask::Act { actions: vec![fork()] }));
    run.acted(Acted { failure: Some(refused("clone", "EAGAIN", None)), ..ok(host.clone(), host) });
    assert_eq!(run.outcome().map(|o| o.status), Some(Status::Unavailable), "it stands on the first");
    assert_eq!(
        run.jump(2),
        Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }),
        "neither refused preparation nor actions"
    );
}

#[test]
fn what_begins_afresh_does_not_stand_on_what_was_unavailable() {
    let mut run = run();
    if let Some(step) = run.lab.steps.get_mut(1) {
        step.prepare = vec![Action::Fresh {}];
    }
    run.start();
    run.failed(refused("unshare", "ENOSPC", None));
    run.forward();
    run.failed(refused("fork", "EAGAIN", None));
    assert_eq!(run.outcome().map(|o| o.status), Some(Status::Failed));
    run.forward();
    run.failed(refused("sethostname", "EPERM", None));
    assert_eq!(run.outcome().map(|o| o.status), Some(Status::Failed), "a failed step below is no excuse");
}

#[test]
fn a_refused_id_map_is_the_machines_doing_and_a_bad_one_is_not() {
    for (errno, path, status) in [
        ("EPERM", "/proc/7/uid_map", Status::Unavailable),
        ("EINVAL", "/proc/7/uid_map", Status::Failed),
        ("EPERM", "/proc/7/timens_offsets", Status::Failed),
    ] {
        let mut run = run();
        run.start();
        run.failed(refused("write", errno, Some(path)));
        assert_eq!(run.outcome().map(|o| o.status), Some(status), "{errno} {path}");
        assert_eq!(
            run.enter(),
            Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }),
            "there is no subject yet"
        );
    }
}

#[test]
fn an_expectation_that_does_not_hold_fails_the_step() {
    let mut run = run();
    run.start();
    run.opened(seen(10, 1, 1, "host"));
    run.enter();
    run.acted(ok(seen(10, 1, 1, "host"), seen(10, 1, 4, "host")));
    assert_eq!(run.outcome().map(|o| (o.status, o.met.clone())), Some((Status::Failed, vec![false])));
    assert_eq!(
        run.enter(),
        Some(Ask::Open { replay: Vec::new(), sights: Vec::new() }),
        "it did act: only a new subject can try again"
    );
}

#[test]
fn a_killed_subject_is_started_anew_on_enter() {
    let mut run = after_user();
    run.forward();
    run.subject_gone(Some(9));
    assert_eq!((run.phase(), run.now()), (Phase::Gone { signal: Some(9) }, None));
    assert_eq!(
        run.enter(),
        Some(Ask::Open { replay: vec![unshare(Namespace::User), fork()], sights: Vec::new() })
    );
    run.opened(seen(12, 2, 1, "host"));
    run.enter();
    run.subject_gone(Some(9));
    assert_eq!(run.outcome_of(1).map(|o| o.status), Some(Status::Failed));
    assert_eq!(run.phase(), Phase::Gone { signal: Some(9) });
}

#[test]
fn hints_climb_to_the_solution_and_the_third_shows_the_own_state() {
    let mut run = run();
    run.start();
    run.opened(seen(10, 1, 1, "host"));
    assert_eq!(run.hints(Lang::En), []);
    for _ in 0..9 {
        run.hint();
    }
    let hints = run.hints(Lang::En);
    assert_eq!(hints.iter().map(|h| h.rung).collect::<Vec<_>>(), Rung::ALL);
    let texts: Vec<_> = hints.iter().map(|h| h.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "principle",
            "place",
            "user namespace (inside): now 1; wanted: another value than the host's",
            "unshare --user",
        ]
    );
    run.shell_started(20, seen(20, 9, 1, "host"));
    assert!(run.hints(Lang::Ru)[2].text.contains("сейчас 9"), "the shell is the own state");
    assert_eq!(run.hints_taken(0), 4);
}

#[test]
fn answers_are_kept_in_order_and_a_wrong_number_is_none() {
    let mut run = after_user();
    assert!(!run.answer(0));
    assert!(run.answer(1));
    assert!(!run.answer(5));
    assert_eq!(run.answers(0), [0, 1]);
}
