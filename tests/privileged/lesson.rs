//! The labs, every step of them.

use std::path::Path;

use korobka::{
    cgroup::Layout,
    course::Course,
    i18n::Lang,
    lab::{
        action::Action,
        expectation::{Expectation, Moments},
        explain::explain,
        fact::FactId,
        run::{Acted, Ask, Outcome, Run, Status},
        trace::Failure,
    },
    stage::protocol::{Event, Request},
};

use super::{by_hand::may_be_done_by_hand, engine::Stage, machine};

/// Every lab of the course: a new one is walked without anyone remembering.
pub(crate) fn labs() -> Vec<String> {
    let course = Course::embedded().unwrap();
    course.lessons.iter().filter_map(|lesson| lesson.lab.as_ref()).map(|lab| lab.id.clone()).collect()
}

/// A run of an embedded lab on a stage.
pub(crate) fn run_of(lab: &str, root: bool) -> Run {
    let course = Course::embedded().unwrap();
    let mut run = Run::new(course.lab(lab).unwrap().load().unwrap(), root);
    let layout = Layout::read(Path::new("/")).unwrap();
    run.set_seats(layout.seats().iter().map(|seat| (seat.controller, seat.hierarchy)).collect());
    run
}

/// Asks the stage and tells the run what came of it.
pub(crate) fn obey(stage: &Stage, run: &mut Run, ask: Option<Ask>) {
    match ask {
        None => {}
        Some(Ask::Open { replay, sights }) => {
            stage.client.request(&Request::Open { replay, sights }, None).unwrap();
            hear(stage, run);
        }
        Some(Ask::Act { actions }) => {
            stage.client.request(&Request::Act { actions }, None).unwrap();
            hear(stage, run);
        }
    }
}

fn hear(stage: &Stage, run: &mut Run) {
    match stage.next() {
        Event::Opened { observation } => run.opened(observation),
        Event::Acted { before, after, traces, failure } => {
            run.acted(Acted { before, after, traces, failure });
        }
        Event::Failed { failure } => run.failed(failure),
        other => panic!("{other:?}"),
    }
}

/// Every step passes, or is one that this kind of machine is known not to do: then it says why and what would help.
pub(crate) fn every_lab_passes_step_by_step() {
    let labs = labs();
    machine::assert_table_is_current(&labs);
    println!("  this machine: {}", machine::kind());
    for lab in &labs {
        passes(lab);
    }
}

fn passes(lab: &str) {
    let stage = Stage::start();
    let mut run = run_of(lab, nix::unistd::geteuid().is_root());
    let mut lacked = 0;
    let mut ask = run.start();
    loop {
        obey(&stage, &mut run, ask);
        if run.outcome().is_none() {
            is_not_done_yet(&run, may_be_done_by_hand(lab));
            let act = run.enter();
            obey(&stage, &mut run, act);
            on_a_quiet_machine(&stage, &mut run);
        }
        let (step, outcome) = (run.step().unwrap(), run.outcome().unwrap());
        println!("  {lab} {} {:?} changed: {}", step.id, outcome.status, show(&run.changed()));
        match outcome.status {
            Status::Passed => {}
            Status::Unavailable => {
                lacks(lab, &step.id, outcome, lacked);
                lacked += 1;
            }
            Status::Failed => panic!("{lab} {}: {:?} {outcome:#?}", step.id, outcome.reason(step, Lang::En)),
        }
        let at = run.index();
        ask = run.forward();
        if run.index() == at {
            return;
        }
    }
}

/// What is measured (a share of a core, a rate) is wrong while others use the machine: such a step is done again.
fn on_a_quiet_machine(stage: &Stage, run: &mut Run) {
    let measures = |run: &Run| {
        let waits = |action: &Action| matches!(action, Action::LetRun { .. } | Action::Dial { .. });
        run.step().unwrap().actions.iter().any(waits)
    };
    for _ in 0..3 {
        let outcome = run.outcome().unwrap();
        if outcome.status != Status::Failed || outcome.failure.is_some() || !measures(run) {
            return;
        }
        println!(
            "  {} once more: {:?}",
            run.step().unwrap().id,
            outcome.reason(run.step().unwrap(), Lang::En)
        );
        let ask = run.jump(run.index());
        obey(stage, run, ask);
        let act = run.enter();
        obey(stage, run, act);
    }
}

fn is_not_done_yet(run: &Run, hands: bool) {
    let (step, now) = (run.step().unwrap(), run.now().unwrap());
    // What shows nothing is never passed by hand.
    let hands = hands && step.expect.iter().any(Expectation::shows);
    for by_hand in [false, hands] {
        let moments = Moments { before: now, after: now, traces: &[], by_hand };
        assert!(!step.expect.iter().all(|e| e.met(moments)), "{} passes before it is done", step.id);
    }
}

/// A step that is unavailable is in the table, and its cause has words of its own.
fn lacks(lab: &str, step: &str, outcome: &Outcome, lacked: usize) {
    let kind = machine::kind();
    assert!(
        machine::may_lack(kind, lab, step),
        "{lab} {step} is unavailable on {kind}: {:?}",
        outcome.failure
    );
    match &outcome.failure {
        Some(failure) => is_explained(failure),
        // It builds on a step that this machine cannot do.
        None => assert!(lacked > 0, "{lab} {step}: unavailable for no reason"),
    }
}

fn is_explained(failure: &Failure) {
    for lang in Lang::ALL {
        let said = explain(lang, failure);
        if lang == Lang::En {
            println!("    {}", said.what);
        }
        let unknown =
            Failure { operation: "nothing".to_owned(), errno: "ENOTHING".to_owned(), ..failure.clone() };
        let anything = explain(lang, &unknown).why;
        assert!(!said.what.is_empty() && !said.try_next.is_empty(), "{failure:?}");
        assert!(!said.why.is_empty() && said.why != anything, "{failure:?}: {}", said.why);
    }
}

fn show(ids: &[FactId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
