//! What can happen that is worth remembering.

use serde::{Deserialize, Serialize};

/// One event of the log. New kinds may be added; a kind's name and fields never change their meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "kebab-case")]
pub enum Entry {
    /// A page of a lesson was shown.
    PageRead {
        /// The lesson's id.
        lesson: String,
        /// From 0.
        page: usize,
        /// How many pages the lesson had.
        pages: usize,
    },
    /// A lesson was finished.
    LessonDone {
        /// Its id.
        lesson: String,
    },
    /// A step of a lab passed.
    StepPassed {
        /// The lab's id.
        lab: String,
        /// The step's id.
        step: String,
        /// Whether the student did it in a shell.
        by_hand: bool,
        /// Rows that were predicted rightly.
        hits: usize,
        /// Rows that were predicted wrongly.
        misses: usize,
        /// 1 to 3, if a prediction was made.
        confidence: Option<u8>,
        /// How many rungs of the hint ladder were shown.
        hints: usize,
    },
    /// A question of a lesson or of a step was answered.
    QuestionAnswered {
        /// The id of its lesson or lab.
        of: String,
        /// The question's id.
        question: String,
        /// The option that was chosen, from 0.
        option: usize,
        /// Whether it was the right one.
        right: bool,
    },
    /// A setting was changed: `lang`, `theme`.
    Setting {
        /// Which.
        key: String,
        /// To what.
        value: String,
    },
}
