//! The labs, every step of them.

use korobka::{
    course::Course,
    lab::{
        expectation::Moments,
        fact::FactId,
        run::{Acted, Ask, Run, Status},
    },
    stage::protocol::{Event, Request},
};

use super::engine::Stage;

/// The labs that the suites walk.
pub(crate) const LABS: [&str; 3] = ["namespaces", "overlay", "rights"];

/// A run of an embedded lab on a stage.
pub(crate) fn run_of(lab: &str, root: bool) -> Run {
    let course = Course::embedded().unwrap();
    Run::new(course.lab(lab).unwrap().load().unwrap(), root)
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

pub(crate) fn every_lab_passes_step_by_step() {
    let course = Course::embedded().unwrap();
    let all = course.lessons.iter().filter_map(|lesson| lesson.lab.as_ref());
    for lab in all.filter(|lab| !LABS.contains(&lab.id.as_str())) {
        println!("  not walked by these suites: {}", lab.id);
    }
    LABS.into_iter().for_each(passes);
}

fn passes(lab: &str) {
    let root = nix::unistd::geteuid().is_root();
    let stage = Stage::start();
    let mut run = run_of(lab, root);
    let ask = run.start();
    obey(&stage, &mut run, ask);
    loop {
        let step = run.step().unwrap().clone();
        let now = run.now().unwrap();
        for by_hand in [false, true] {
            let moments = Moments { before: now, after: now, traces: &[], by_hand };
            assert!(!step.expect.iter().all(|e| e.met(moments)), "{} passes before it is done", step.id);
        }
        let ask = run.enter();
        obey(&stage, &mut run, ask);
        let outcome = run.outcome().unwrap();
        println!("  {} {:?} changed: {}", step.id, outcome.status, show(&run.changed()));
        assert!(outcome.passed(), "{}: {outcome:#?}", step.id);
        if run.complete() {
            break;
        }
        let ask = run.forward();
        obey(&stage, &mut run, ask);
    }
}

fn show(ids: &[FactId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Each step of the dial's lab passes, or says why this machine cannot do it: without root nobody builds walls without a
/// user namespace, and limits need cgroups.
pub(crate) fn the_dials_lab_passes_or_says_why_not() {
    let root = nix::unistd::geteuid().is_root();
    let stage = Stage::start();
    let mut run = run_of("container", root);
    let ask = run.start();
    obey(&stage, &mut run, ask);
    for index in 0..run.lab().steps.len() {
        let step = run.step().unwrap().clone();
        let ask = run.enter();
        obey(&stage, &mut run, ask);
        let outcome = run.outcome().unwrap();
        println!("  {} {:?} changed: {}", step.id, outcome.status, show(&run.changed()));
        let may_lack = step.id == "cgroup" || (step.id == "docker" && !root);
        let said = outcome.status == Status::Unavailable && outcome.failure.is_some();
        assert!(outcome.passed() || (may_lack && said), "{}: {outcome:#?}", step.id);
        if index + 1 < run.lab().steps.len() {
            let ask = run.forward();
            obey(&stage, &mut run, ask);
        }
    }
}
