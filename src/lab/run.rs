//! The state machine of a lab run: predict → act → observe, step by step. Pure: it says what to ask of the stage and is
//! told what came back. The screen and `--auto` drive the same one.

use std::collections::BTreeSet;

use super::{
    action::{Action, Scene},
    fact::FactId,
    limit::Seats,
    observation::{Observation, Whose},
    sight::Sight,
    step::{Lab, Step},
    trace::{Failure, Trace},
};

mod hand;
mod hint;
mod outcome;
#[cfg(test)]
mod properties;
mod replay;
#[cfg(test)]
pub(super) mod tests;
mod tryout;

use hand::Hands;
pub use hint::{Hint, Rung};
pub use outcome::{Grade, Graded, Outcome, Status};
pub use tryout::Tried;
use tryout::Tryouts;

/// Where the run stands in its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The stage was asked to bring the subject to where the step begins.
    Entering,
    /// The student predicts.
    Predict,
    /// The stage was asked to act.
    Acting,
    /// The step has an outcome, passed or not: [`Run::outcome`].
    Observed,
    /// Something else killed the subject. [`Run::enter`] starts a new one.
    Gone {
        /// The signal, where one was the cause.
        signal: Option<i32>,
    },
}

/// What the stage must be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A new subject, brought to where these actions lead.
    Open {
        /// In order.
        replay: Vec<Action>,
        /// What to look at.
        sights: Vec<Sight>,
    },
    /// These actions on the subject there is.
    Act {
        /// In order.
        actions: Vec<Action>,
    },
}

/// What the stage says of one [`Ask::Act`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acted {
    /// Just before the first call.
    pub before: Observation,
    /// Just after the last one, or after the roll-back.
    pub after: Observation,
    /// Every call, in order.
    pub traces: Vec<Trace>,
    /// Why it was rolled back, if it was.
    pub failure: Option<Failure>,
}

/// One student's way through one lab.
#[derive(Clone, Debug)]
pub struct Run {
    lab: Lab,
    scene: Scene,
    index: usize,
    phase: Phase,
    /// The subject as it was when the step began, and as it was last seen; none while there is no subject.
    began: Option<Observation>,
    now: Option<Observation>,
    ticked: BTreeSet<usize>,
    confidence: Option<u8>,
    hands: Hands,
    tryouts: Tryouts,
    outcomes: Vec<Option<Outcome>>,
    answers: Vec<Vec<usize>>,
    rungs: Vec<usize>,
}

impl Run {
    /// A run at the first step of a lab, for a student who is root on the host or not. Ask the stage for
    /// [`Self::start`] next.
    pub fn new(lab: Lab, root: bool) -> Self {
        let steps = lab.steps.len();
        Self {
            lab,
            scene: Scene { root, ..Scene::default() },
            index: 0,
            phase: Phase::Entering,
            began: None,
            now: None,
            ticked: BTreeSet::new(),
            confidence: None,
            hands: Hands::default(),
            tryouts: Tryouts::default(),
            outcomes: vec![None; steps],
            answers: vec![Vec::new(); steps],
            rungs: vec![0; steps],
        }
    }

    /// The lab.
    pub const fn lab(&self) -> &Lab {
        &self.lab
    }

    /// What shell lines depend on.
    pub const fn scene(&self) -> Scene {
        self.scene
    }

    /// Where the controllers of cgroups are on this machine.
    pub const fn set_seats(&mut self, seats: Seats) {
        self.scene.seats = seats;
    }

    /// Which step, from 0.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// The step; none in a lab without steps.
    pub fn step(&self) -> Option<&Step> {
        self.lab.steps.get(self.index)
    }

    /// Where the run stands in the step.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The subject as it was last seen; none while there is none.
    pub const fn now(&self) -> Option<&Observation> {
        self.now.as_ref()
    }

    /// What came of a step, if it was ever acted or done by hand. A step that is entered again keeps its last outcome
    /// until it has another.
    pub fn outcome_of(&self, index: usize) -> Option<&Outcome> {
        self.outcomes.get(index).and_then(Option::as_ref)
    }

    /// What came of the step that is being looked at; none before it was acted.
    pub fn outcome(&self) -> Option<&Outcome> {
        if self.phase == Phase::Observed { self.outcome_of(self.index) } else { None }
    }

    /// Whether a row of the prediction is ticked, by its index.
    pub fn ticked(&self, row: usize) -> bool {
        self.ticked.contains(&row)
    }

    /// How sure the student says to be, 1 to 3.
    pub const fn confidence(&self) -> Option<u8> {
        self.confidence
    }

    /// The student's answers to a step's question, in the order they were given.
    pub fn answers(&self, index: usize) -> &[usize] {
        self.answers.get(index).map_or(&[], Vec::as_slice)
    }

    /// The newest process of the student's shell as it was last seen, and the rows that it has changed in this step.
    pub fn hand(&self) -> Option<(&Observation, Vec<FactId>)> {
        let (began, now) = self.hands.newest()?;
        Some((now, outcome::changed_by_hand(began, now)))
    }

    /// What was there before what is shown now: before the step's calls, or before the student's own.
    pub fn before(&self) -> Option<&Observation> {
        match self.outcome() {
            Some(outcome) => Some(&outcome.before),
            None => self.hands.newest().map(|(began, _)| began).or(self.began.as_ref()),
        }
    }

    /// The ids of the rows that differ between the start of the step and now.
    pub fn changed(&self) -> Vec<FactId> {
        match (&self.began, &self.now) {
            (Some(began), Some(now)) => began.changed(now),
            _ => Vec::new(),
        }
    }

    /// Whether every step has passed.
    pub fn complete(&self) -> bool {
        self.outcomes.iter().all(|o| o.as_ref().is_some_and(|o| o.status == Status::Passed))
    }
}

/// What the student does.
impl Run {
    /// What to ask first: a subject at the start of the step.
    pub fn start(&mut self) -> Option<Ask> {
        self.open(self.index)
    }

    /// Ticks a row of the prediction, or takes the tick away.
    pub fn tick(&mut self, row: usize) {
        let offered = self.step().map_or(0, |step| step.prediction.rows.len());
        if self.phase == Phase::Predict && row < offered && !self.ticked.remove(&row) {
            self.ticked.insert(row);
        }
    }

    /// Says how sure the student is, 1 to 3. Without ticks it means: nothing will change.
    pub fn set_confidence(&mut self, confidence: u8) {
        if self.phase == Phase::Predict && (1..=3).contains(&confidence) {
            self.confidence = Some(confidence);
        }
    }

    /// Commits the prediction and acts; tries again what did not pass; starts anew where the subject is gone.
    pub fn enter(&mut self) -> Option<Ask> {
        if self.trying() {
            return None;
        }
        let ready = match self.phase {
            Phase::Predict => true,
            // only what was rolled back can be tried again as it is; what was acted and did not pass has changed the
            // subject
            Phase::Observed => {
                let outcome = self.outcome().filter(|outcome| !outcome.passed())?;
                self.now.is_some() && outcome.failure.is_some() && outcome.prepared
            }
            Phase::Gone { .. } => false,
            Phase::Entering | Phase::Acting => return None,
        };
        if !ready {
            return self.open(self.index);
        }
        let actions = self.step()?.actions.clone();
        self.phase = Phase::Acting;
        Some(Ask::Act { actions })
    }

    /// Goes on to the next step. A step that was not acted, or was done by hand, is done by the program on the way.
    pub fn forward(&mut self) -> Option<Ask> {
        let next = self.index + 1;
        let busy = self.trying() || matches!(self.phase, Phase::Entering | Phase::Acting);
        if next >= self.lab.steps.len() || busy {
            return None;
        }
        let acted = self.outcome().is_some_and(|outcome| !outcome.by_hand);
        let caught_up = self.now.is_some() && acted && !self.tried_on();
        if !caught_up {
            return self.open(next);
        }
        self.begin(next);
        let prepare = self.step()?.prepare.clone();
        if prepare.is_empty() {
            self.predict();
            return None;
        }
        Some(Ask::Act { actions: prepare })
    }

    /// Goes to the start of the step before.
    pub fn back(&mut self) -> Option<Ask> {
        self.jump(self.index.checked_sub(1)?)
    }

    /// Goes to the start of any step; what comes before it is done by the program.
    pub fn jump(&mut self, index: usize) -> Option<Ask> {
        if index < self.lab.steps.len() { self.open(index) } else { None }
    }

    /// Takes the last try-out back; where there is none, the last step: this one if it was acted, otherwise the one
    /// before.
    pub fn undo(&mut self) -> Option<Ask> {
        if self.trying() {
            return None;
        }
        // a try-out goes with the subject that it was done to
        let gone = matches!(self.phase, Phase::Gone { .. });
        if !gone && let Some(ask) = self.undo_try() {
            return Some(ask);
        }
        let index = match self.phase {
            Phase::Predict | Phase::Entering => self.index.checked_sub(1)?,
            Phase::Acting => return None,
            Phase::Observed | Phase::Gone { .. } => self.index,
        };
        self.forget(index);
        self.open(index)
    }

    /// Begins the lab again and forgets what was done.
    pub fn reset(&mut self) -> Option<Ask> {
        if self.trying() {
            return None;
        }
        for index in 0..self.lab.steps.len() {
            self.forget(index);
        }
        self.rungs.fill(0);
        self.answers.iter_mut().for_each(Vec::clear);
        self.open(0)
    }

    /// Answers the step's question; says whether that was right.
    pub fn answer(&mut self, choice: usize) -> bool {
        let right = self.step().and_then(|step| step.why.options.get(choice)).map(|option| option.right);
        if let (Some(_), Some(answers)) = (right, self.answers.get_mut(self.index)) {
            answers.push(choice);
        }
        right == Some(true)
    }

    fn forget(&mut self, index: usize) {
        if let Some(outcome) = self.outcomes.get_mut(index) {
            *outcome = None;
        }
    }

    fn open(&mut self, index: usize) -> Option<Ask> {
        self.lab.steps.get(index).filter(|_| !self.trying())?;
        self.begin(index);
        self.began = None;
        self.now = None;
        let sights = self.lab.sights.clone();
        Some(Ask::Open { replay: replay::to(&self.lab, &self.outcomes, index), sights })
    }

    fn begin(&mut self, index: usize) {
        self.index = index;
        self.phase = Phase::Entering;
        self.ticked.clear();
        self.confidence = None;
        self.hands.begin();
        self.tryouts = Tryouts::default();
    }

    fn predict(&mut self) {
        self.phase = Phase::Predict;
        self.tryouts.begun = true;
        self.began.clone_from(&self.now);
        self.judge_hands();
    }
}

/// What the stage says.
impl Run {
    /// There is a subject at the start of the step.
    pub fn opened(&mut self, observation: Observation) {
        self.now = Some(observation);
        if self.reopened() {
            return;
        }
        if self.phase == Phase::Entering {
            self.predict();
        }
    }

    /// The actions were carried out, or rolled back.
    pub fn acted(&mut self, acted: Acted) {
        let Some(acted) = self.answered(acted) else { return };
        let acting = self.phase == Phase::Acting;
        if !acting && self.phase != Phase::Entering {
            return;
        }
        self.now = Some(acted.after.clone());
        self.tryouts.acted |= acting && acted.failure.is_none();
        if acting || acted.failure.is_some() {
            self.settle(acted, false);
        } else {
            self.predict();
        }
    }

    /// What was asked could not be carried out; there is no subject if one was asked for.
    pub fn failed(&mut self, failure: Failure) {
        if self.try_failed(&failure) {
            return;
        }
        let now = self.now.clone().unwrap_or_default();
        let acted = Acted { before: now.clone(), after: now, failure: Some(failure), traces: Vec::new() };
        if matches!(self.phase, Phase::Entering | Phase::Acting) {
            self.settle(acted, false);
        }
    }

    /// What was seen where there are no steps: nothing has changed in one.
    pub fn watched(&mut self, seen: Observation) {
        self.began = Some(seen.clone());
        self.now = Some(seen);
    }

    /// Something was seen. A process of the student's shell may pass the step.
    pub fn observed(&mut self, whose: Whose, observation: Observation) {
        match whose {
            Whose::Subject if self.now.is_some() => self.now = Some(observation),
            Whose::Subject => {}
            Whose::Hand(pid) => {
                self.hands.seen(pid, observation);
                self.judge_hands();
            }
        }
    }

    /// The student's shell runs.
    pub fn shell_started(&mut self, pid: i32, observation: Observation) {
        self.hands.start(pid, observation);
    }

    /// The student's shell has ended.
    pub fn shell_ended(&mut self) {
        self.hands.end();
    }

    /// Something else killed the subject. What was asked for, if anything was, has failed.
    pub fn subject_gone(&mut self, signal: Option<i32>) {
        self.failed(Failure {
            operation: "subject".to_owned(),
            arguments: signal.iter().map(|signal| format!("signal {signal}")).collect(),
            errno: String::new(),
            path: None,
        });
        self.phase = Phase::Gone { signal };
        self.began = None;
        self.now = None;
    }

    fn judge_hands(&mut self) {
        let waiting = match self.phase {
            Phase::Predict => true,
            Phase::Observed => !self.outcome().is_some_and(Outcome::passed),
            _ => false,
        };
        let Some(step) = self.step().filter(|_| waiting) else { return };
        if let Some((before, after)) = self.hands.passing(&step.expect) {
            self.settle(Acted { before, after, ..Acted::default() }, true);
        }
    }

    fn settle(&mut self, acted: Acted, by_hand: bool) {
        let Some(step) = self.lab.steps.get(self.index) else { return };
        let skipped = self.ticked.is_empty() && self.confidence.is_none();
        let mut outcome = Outcome::of(step, acted, by_hand);
        if outcome.status == Status::Failed && self.stands_on_nothing() {
            outcome.status = Status::Unavailable;
        }
        if !skipped {
            outcome.prediction = Some(Graded::of(step, &self.ticked, self.confidence, &outcome.changed));
        }
        outcome.prepared = self.phase != Phase::Entering;
        if let Some(slot) = self.outcomes.get_mut(self.index) {
            *slot = Some(outcome);
        }
        self.phase = Phase::Observed;
    }

    /// Whether something that the machine could not do is missing below this step.
    fn stands_on_nothing(&self) -> bool {
        let afresh =
            |step: &Step| step.prepare.iter().chain(&step.actions).any(|a| matches!(a, Action::Fresh {}));
        let steps = self.lab.steps.get(..=self.index).unwrap_or_default();
        let from = steps.iter().rposition(afresh).unwrap_or(0);
        let below = self.outcomes.get(from..self.index).unwrap_or_default();
        below.iter().flatten().any(|outcome| outcome.status == Status::Unavailable)
    }
}
