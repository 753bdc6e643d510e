//! What may be tried outside of the steps, on the real kernel.

use korobka::{
    course::Course,
    i18n::Lang,
    lab::{explain::explain, run::Run},
};

use super::{
    engine::Stage,
    lesson::{obey, run_of},
};

/// Every control of every lab, with its default, where the second and where the last step begin: it is done, or it is
/// explained; undo takes it back; and the lab can go on.
pub(crate) fn every_control_is_done_or_explained_and_taken_back() {
    let root = nix::unistd::geteuid().is_root();
    let course = Course::embedded().unwrap();
    for head in course.lessons.iter().filter_map(|lesson| lesson.lab.as_ref()) {
        let controls = head.load().unwrap().controls;
        if controls.is_empty() {
            continue;
        }
        let stage = Stage::start();
        let mut run = run_of(&head.id, root);
        let ask = run.start();
        obey(&stage, &mut run, ask);
        for step in [1, head.len() - 1] {
            let ask = run.jump(step);
            obey(&stage, &mut run, ask);
            if !run.can_try() {
                println!("  {}: step {step} is not reached here", head.id);
                continue;
            }
            for control in &controls {
                let ask = run.try_out(&control.id, "", vec![control.action("").unwrap()]);
                assert!(ask.is_some(), "{}", control.id);
                obey(&stage, &mut run, ask);
                let tried = run.tried().last().unwrap();
                println!("  {} {}: {:?}", head.id, control.id, tried.failure);
                if let Some(failure) = &tried.failure {
                    let said = explain(Lang::Ru, failure);
                    assert!(!said.why.is_empty() && !said.try_next.is_empty(), "{failure:?}");
                }
                taken_back(&stage, &mut run);
            }
        }
    }
}

fn taken_back(stage: &Stage, run: &mut Run) {
    if run.tried().iter().any(|tried| tried.failure.is_none()) {
        let ask = run.undo();
        obey(stage, run, ask);
    }
    assert!(!run.trying() && run.now().is_some(), "{:?}", run.phase());
}
