//! A question: what is common to all kinds.

use serde::Deserialize;

use super::kind::Kind;
use crate::i18n::Text;

/// A question of a quiz, or an exercise of a lesson.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Question {
    /// Stable, unique in its file.
    pub id: String,
    /// What is asked: Markdown.
    pub text: Text,
    /// A program or what a terminal showed, as it is.
    #[serde(default)]
    pub code: Option<Code>,
    /// What it is worth when answered in full.
    #[serde(default = "one")]
    pub points: f64,
    /// How long it may take in a hall, in seconds; none without a limit.
    #[serde(default)]
    pub seconds: Option<u32>,
    /// Words to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The ids of the lessons that answer it: what to reread.
    #[serde(default)]
    pub lessons: Vec<String>,
    /// What is said to everyone afterwards: Markdown.
    #[serde(default)]
    pub explain: Option<Text>,
    /// How it is answered.
    #[serde(flatten)]
    pub kind: Kind,
}

/// Text that is shown as it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// `sh`, `dockerfile`, `yaml`, `toml`, or nothing for what a terminal showed.
    #[serde(default)]
    pub lang: String,
    /// The same in both languages.
    pub text: String,
}

/// How several marks become one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scoring {
    /// All or nothing.
    #[default]
    Exact,
    /// (right ones that were chosen − wrong ones that were chosen) / right ones, not below 0: who ticks everything gains
    /// nothing.
    PerOption,
    /// The sum of the weights that the author gave to what was chosen, from 0 to 1.
    Weights,
}

const fn one() -> f64 {
    1.0
}
