//! Plays a recording: answers what a run asks, in place of a stage.

use super::{Recording, Taken};
use crate::lab::{
    observation::{Observation, Whose},
    run::{Acted, Ask, Phase, Run},
    step::{Lab, Step},
    trace::Failure,
};

/// What a recording answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is a subject where the step begins.
    Opened(Observation),
    /// The actions were carried out, or rolled back.
    Acted(Acted),
    /// It was not carried out.
    Failed(Failure),
}

impl Recording {
    /// The ids of the steps that were recorded, in no particular order.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.steps.keys().map(String::as_str)
    }

    /// The step to begin with: the wished one, or the first of the lab that was recorded where that was not.
    pub fn begin_at(&self, lab: &Lab, wished: usize) -> usize {
        let recorded = |step: &Step| self.steps.contains_key(&step.id);
        if lab.steps.get(wished).is_some_and(recorded) {
            return wished;
        }
        lab.steps.iter().position(recorded).unwrap_or(wished)
    }

    /// The answer to what a run in this phase asks at a step.
    pub fn answer(&self, step: &str, phase: Phase, ask: &Ask) -> Answer {
        let Some(taken) = self.steps.get(step) else { return Answer::Failed(not_recorded(step)) };
        let answer = match (ask, phase) {
            (Ask::Open { .. }, _) => taken.open(),
            (Ask::Act { .. }, Phase::Entering) => taken.prepare(),
            (Ask::Act { .. }, _) => taken.acted.clone().map(Answer::Acted),
        };
        let failed = || taken.failed.clone().unwrap_or_else(|| not_recorded(step));
        answer.unwrap_or_else(|| Answer::Failed(failed()))
    }

    /// What was seen after a step was acted, in order.
    pub fn seen(&self, step: &str) -> &[Observation] {
        self.steps.get(step).map_or(&[], |taken| &taken.seen)
    }

    /// Answers a run; gives back everything that was seen.
    pub fn play(&self, run: &mut Run, ask: &Ask) -> Vec<Observation> {
        let Some(step) = run.step().map(|step| step.id.clone()) else { return Vec::new() };
        let acting = run.phase() == Phase::Acting;
        match self.answer(&step, run.phase(), ask) {
            Answer::Opened(seen) => {
                run.opened(seen.clone());
                vec![seen]
            }
            Answer::Acted(acted) => {
                let mut all = vec![acted.before.clone(), acted.after.clone()];
                run.acted(acted);
                let later = if acting { self.seen(&step) } else { &[] };
                for seen in later {
                    run.observed(Whose::Subject, seen.clone());
                }
                all.extend_from_slice(later);
                all
            }
            Answer::Failed(failure) => {
                run.failed(failure);
                Vec::new()
            }
        }
    }
}

impl Taken {
    /// Where the step began; or why it did not.
    fn open(&self) -> Option<Answer> {
        if let Some(prepared) = self.prepared.as_ref().filter(|prepared| prepared.failure.is_some()) {
            return Some(Answer::Acted(prepared.clone()));
        }
        self.began().map(Answer::Opened)
    }

    fn prepare(&self) -> Option<Answer> {
        self.prepared.clone().map(Answer::Acted).or_else(|| {
            let began = self.began()?;
            Some(Answer::Acted(Acted { before: began.clone(), after: began, ..Acted::default() }))
        })
    }

    fn began(&self) -> Option<Observation> {
        let acted = self.acted.as_ref().map(|acted| &acted.before);
        let prepared = self.prepared.as_ref().map(|prepared| &prepared.after);
        acted.or(prepared).or(self.opened.as_ref()).cloned()
    }
}

/// The recording ends before this.
fn not_recorded(step: &str) -> Failure {
    Failure {
        operation: "recording".to_owned(),
        arguments: vec![step.to_owned()],
        errno: String::new(),
        path: None,
    }
}
