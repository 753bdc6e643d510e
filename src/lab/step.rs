//! A lab and its steps, as data.

use serde::{Deserialize, Serialize};

use super::{action::Action, control::Control, expectation::Expectation, fact::FactId, sight::Sight};
use crate::i18n::Text;

/// Where a subject begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// In the host's own namespaces, as the student's own user.
    #[default]
    Bare,
}

/// A series of steps around one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lab {
    /// `namespaces`.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// One paragraph before the first step.
    pub intro: Text,
    /// Where its subject begins.
    pub start: Start,
    /// What it looks at.
    pub sights: Vec<Sight>,
    /// What may be tried outside of its steps.
    pub controls: Vec<Control>,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// Predict → act → observe → explain; one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `uts`; unique in the lab, stable for ever.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// Before acting: what will be done and what to watch. Markdown, short.
    pub text: Text,
    /// After acting: what was seen and why. Markdown, short.
    pub after: Text,
    /// Done when the step is entered, before its first observation, without a prediction.
    #[serde(default)]
    pub prepare: Vec<Action>,
    /// Done on Enter.
    pub actions: Vec<Action>,
    /// Which rows the student is asked about.
    pub prediction: Prediction,
    /// The step passes when all of these hold.
    pub expect: Vec<Expectation>,
    /// One question after the step.
    pub why: Question,
    /// The first two rungs of the hint ladder; the other two (own state, solution) are made from the run.
    pub hints: Hints,
}

impl Step {
    /// Why it is passed by Enter alone, as a key of the locale; none where it can be passed by hand. A box that a student
    /// starts is not asked anything, and a refusal is told to whoever called.
    pub fn only_enter(&self) -> Option<&'static str> {
        let measured =
            self.actions.iter().any(|action| matches!(action, Action::Dial { .. } | Action::Compare {}));
        let refused = !self.expect.is_empty() && !self.expect.iter().any(Expectation::shows);
        measured.then_some("lab.hint.apart").or_else(|| refused.then_some("lab.hint.refused"))
    }
}

/// The rows offered for prediction, and what to say about a miss.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The rows to tick.
    pub rows: Vec<FactId>,
    /// What to say about misses.
    #[serde(default)]
    pub refute: Vec<Refutation>,
}

/// The misconception behind one kind of miss, met head on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refutation {
    /// The row that was predicted wrongly.
    pub row: FactId,
    /// "You may think … Not so: … The row that shows it is …".
    pub text: Text,
}

/// A question with one right option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable id.
    pub id: String,
    /// What is asked.
    pub text: Text,
    /// Two to five options, exactly one of them right.
    pub options: Vec<Choice>,
}

/// One option of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What it says.
    pub text: Text,
    /// Whether it is the right one.
    #[serde(default)]
    pub right: bool,
    /// Why it is right, or the misconception it stands for.
    pub because: Text,
}

/// The authored rungs of the hint ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hints {
    /// The idea.
    pub principle: Text,
    /// Where to look.
    pub place: Text,
}
