//! The kinds of questions.

use serde::Deserialize;

use super::question::Scoring;
use crate::{i18n::Text, lab::expectation::Expectation};

/// How a question is answered, and its key.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// One of several.
    Single {
        /// Two to eight, exactly one of them right.
        options: Vec<Choice>,
    },
    /// Any number of several.
    Multiple {
        /// Two to eight, with a right one and a wrong one.
        options: Vec<Choice>,
        /// What a part is worth.
        #[serde(default)]
        scoring: Scoring,
    },
    /// True or false.
    Bool {
        /// Whether it is true.
        answer: bool,
        /// What stands behind the wrong answer.
        because: Text,
    },
    /// Lines to be put in order (a Parsons problem).
    Order {
        /// In the right order.
        items: Vec<Item>,
        /// Sets of ids that may stand in any order among themselves.
        #[serde(default)]
        swap: Vec<Vec<String>>,
        /// Lines that belong nowhere.
        #[serde(default)]
        extra: Vec<Choice>,
    },
    /// What belongs together, one to one.
    Match {
        /// The pairs.
        pairs: Vec<Pair>,
        /// Right sides that nothing belongs to.
        #[serde(default)]
        extra: Vec<Choice>,
    },
    /// Each item into one of the groups.
    Classify {
        /// Two or more.
        groups: Vec<Group>,
        /// What is to be sorted.
        items: Vec<Sorted>,
    },
    /// A number.
    Number {
        /// The right one.
        value: f64,
        /// How far from it is still right.
        #[serde(default)]
        tolerance: f64,
        /// What stands behind it: `MiB`.
        #[serde(default)]
        unit: Option<Text>,
        /// Wrong ones that are known, with what they mistake.
        #[serde(default)]
        wrong: Vec<Wrong>,
    },
    /// A few words.
    Text {
        /// What is right, compared as [`super::wording::same`] does.
        accept: Vec<String>,
        /// Wrong ones that are known.
        #[serde(default)]
        wrong: Vec<Wrong>,
    },
    /// Gaps in a text: `{{name}}` in it is the gap of that id.
    Blanks {
        /// The text with its gaps.
        body: String,
        /// One for each gap.
        blanks: Vec<Blank>,
    },
    /// The lines of a text that are wrong.
    Fault {
        /// The text, line by line.
        lines: Vec<Spot>,
    },
    /// What the kernel shows after a step of a lab: the key is what was observed.
    Kernel {
        /// `lab#step`.
        step: String,
        /// Two to eight, of which one comes true.
        options: Vec<Forecast>,
    },
    /// No key: an opinion.
    Poll {
        /// Two to eight.
        options: Vec<Item>,
    },
}

/// One option.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Stable, unique in its question.
    pub id: String,
    /// What it says: Markdown.
    pub text: Text,
    /// Whether it is right.
    #[serde(default)]
    pub right: bool,
    /// Why it is right, or the misconception it stands for.
    pub because: Text,
    /// What it is worth where the author weighs, −1 to 1.
    #[serde(default)]
    pub weight: Option<f64>,
    /// Whether it keeps its place: "none of these".
    #[serde(default)]
    pub fixed: bool,
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Stable, unique in its question.
    pub id: String,
    /// What it says.
    pub text: Text,
}

/// Two that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The id of both sides.
    pub id: String,
    /// What is given.
    pub left: Text,
    /// What is to be found.
    pub right: Text,
    /// Why.
    pub because: Text,
}

/// A heading to sort under.
pub type Group = Item;

/// Something to sort.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sorted {
    /// Stable, unique in its question.
    pub id: String,
    /// What it says.
    pub text: Text,
    /// The id of its group.
    pub group: String,
    /// Why there.
    pub because: Text,
}

/// A wrong answer that is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// What is typed.
    pub is: String,
    /// What it mistakes.
    pub because: Text,
}

/// A gap.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blank {
    /// The id that stands in the text.
    pub id: String,
    /// What is right.
    pub accept: Vec<String>,
    /// Wrong ones that are known.
    #[serde(default)]
    pub wrong: Vec<Wrong>,
    /// Why.
    pub because: Text,
}

/// A line that may be at fault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// Stable, unique in its question.
    pub id: String,
    /// The line as it is.
    pub line: String,
    /// Whether it is wrong.
    #[serde(default)]
    pub fault: bool,
    /// What is wrong with it, or why somebody might think so; none for a line that nobody suspects.
    #[serde(default)]
    pub because: Option<Text>,
}

/// What somebody says the kernel will show.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forecast {
    /// Stable, unique in its question.
    pub id: String,
    /// What it says.
    pub text: Text,
    /// When it has come true.
    pub when: Expectation,
    /// What one who said so had in mind.
    pub because: Text,
}
