//! Whatever a student does, in whatever order, and whatever the stage answers: the subject is where the run says it is.

use proptest::{collection::vec, prelude::*};

use super::{
    tests::{fork, ok, refused, run, seen},
    *,
};
use crate::lab::namespace::Namespace;

#[derive(Clone, Debug)]
enum Input {
    Enter,
    Forward,
    Back,
    Undo,
    Reset,
    Jump(usize),
    Tick(usize),
    Answer(usize),
    Hint,
    Hand(i64),
    Try(usize),
    ShellStarted,
    ShellEnded,
    Gone,
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => Just(Input::Enter),
        4 => Just(Input::Forward),
        1 => Just(Input::Back),
        1 => Just(Input::Undo),
        1 => Just(Input::Reset),
        1 => (0_usize..5).prop_map(Input::Jump),
        1 => (0_usize..5).prop_map(Input::Tick),
        1 => (0_usize..5).prop_map(Input::Answer),
        1 => Just(Input::Hint),
        1 => (1_i64..4).prop_map(Input::Hand),
        2 => (0_usize..3).prop_map(Input::Try),
        1 => Just(Input::ShellStarted),
        1 => Just(Input::ShellEnded),
        1 => Just(Input::Gone),
    ]
}

/// A stage that knows nothing but which actions its subject has been through.
#[derive(Debug, Default)]
struct Stage {
    subject: Option<Vec<Action>>,
}

impl Stage {
    /// Carries out what is asked, or refuses (0), or does it to no effect (1).
    fn obey(&mut self, run: &mut Run, ask: Option<Ask>, mood: u8) {
        match ask {
            None => {}
            Some(Ask::Open { .. }) if mood == 0 => {
                self.subject = None;
                run.failed(refused("clone", "EAGAIN", None));
            }
            Some(Ask::Open { replay, .. }) => {
                self.subject = Some(replay);
                run.opened(seen(10, 1, 1, "host"));
            }
            Some(Ask::Act { actions }) => {
                let subject = self.subject.as_mut().expect("asked to act without a subject");
                let before = seen(10, 1, 1, "host");
                if mood == 0 {
                    let failure = Some(refused("unshare", "EPERM", None));
                    return run.acted(Acted { failure, ..ok(before.clone(), before) });
                }
                subject.extend(actions);
                let after = if mood == 1 { before.clone() } else { seen(10, 2, 2, "box") };
                run.acted(ok(before, after));
            }
        }
    }
}

/// What of a series of actions leaves a mark.
fn marks(actions: &[Action]) -> Vec<Action> {
    let from = actions.iter().rposition(|a| matches!(a, Action::Fresh {})).map_or(0, |last| last + 1);
    let marks = actions.iter().skip(from).filter(|a| !matches!(a, Action::TryUnshare { .. }));
    marks.cloned().collect()
}

/// The lab of the other tests, with a step that begins afresh.
fn lab() -> Run {
    let mut run = run();
    let mut fresh = run.lab.steps[1].clone();
    fresh.id = "fresh".to_owned();
    fresh.prepare = vec![Action::Fresh {}, fork()];
    fresh.actions.insert(0, Action::TryUnshare { ns: vec![Namespace::Uts] });
    run.lab.steps.push(fresh.clone());
    run.lab.steps.push(Step { id: "last".to_owned(), prepare: Vec::new(), ..fresh });
    Run::new(run.lab, false)
}

fn tell(run: &mut Run, stage: &mut Stage, input: &Input) -> Option<Ask> {
    match input {
        Input::Enter => return run.enter(),
        Input::Forward => return run.forward(),
        Input::Back => return run.back(),
        Input::Undo => return run.undo(),
        Input::Reset => return run.reset(),
        Input::Jump(index) => return run.jump(*index),
        Input::Try(which) => {
            let name = format!("try{which}").try_into().expect("a name");
            return run.try_out("name", "", vec![Action::SetHostname { name }]);
        }
        Input::Tick(row) => run.tick(*row),
        Input::Answer(choice) => drop(run.answer(*choice)),
        Input::Hint => run.hint(),
        Input::Hand(ns) => run.observed(Whose::Hand(21), seen(21, *ns, *ns, "box")),
        Input::ShellStarted => run.shell_started(20, seen(20, 1, 1, "host")),
        Input::ShellEnded => run.shell_ended(),
        Input::Gone => {
            run.subject_gone(Some(9));
            stage.subject = None;
        }
    }
    None
}

proptest! {
    #[test]
    fn the_subject_is_where_the_run_says(inputs in vec((input(), 0_u8..6), 0..60)) {
        let mut run = lab();
        let mut stage = Stage::default();
        let first = run.start();
        stage.obey(&mut run, first, 2);
        for (input, mood) in inputs {
            let ask = tell(&mut run, &mut stage, &input);
            stage.obey(&mut run, ask, mood);
            prop_assert!(!matches!(run.phase(), Phase::Entering | Phase::Acting), "nothing is left unanswered");
            prop_assert_eq!(run.now().is_some(), stage.subject.is_some());
            prop_assert!(!run.trying(), "no try-out is left unanswered");
            let here = marks(&run.here());
            let subject = stage.subject.as_deref().map(marks);
            match (run.phase(), run.outcome(), subject) {
                (Phase::Predict, _, subject) => prop_assert_eq!(subject, Some(here)),
                (Phase::Observed, Some(_), Some(subject)) if run.can_try() => {
                    prop_assert_eq!(subject, here);
                }
                _ => {}
            }
        }
    }
}
