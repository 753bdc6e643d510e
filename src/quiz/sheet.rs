//! A quiz: questions under one title, `quizzes/NN-name.toml`.

use serde::Deserialize;

use super::{
    question::Question,
    shuffle::{Random, shuffle},
};
use crate::i18n::Text;

/// A quiz.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    /// Its name.
    pub title: Text,
    /// What it is on, and whose it is: one or two sentences.
    pub about: Text,
    /// The ids of the lessons that it is on.
    #[serde(default)]
    pub lessons: Vec<String>,
    /// What is shuffled.
    #[serde(default)]
    pub shuffle: Shuffle,
    /// How long it may take in all, in minutes, where it is taken as an exam.
    #[serde(default)]
    pub minutes: Option<u32>,
    /// The percentage of the points with which it is passed; none where nothing hangs on it.
    #[serde(default)]
    pub pass: Option<u8>,
    /// In the order of the file.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
}

/// What is shuffled, by the seed of whoever answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shuffle {
    /// The questions.
    pub questions: bool,
    /// The options of a question, but those that are fixed.
    pub options: bool,
}

impl Default for Shuffle {
    fn default() -> Self {
        Self { questions: false, options: true }
    }
}

impl Quiz {
    /// The question of an id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// The points of all questions.
    pub fn points(&self) -> f64 {
        self.questions.iter().map(|question| question.points).sum()
    }

    /// The questions in the order of a seed.
    pub fn order(&self, seed: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.questions.len()).collect();
        if self.shuffle.questions {
            shuffle(&mut order, &mut Random::new(seed));
        }
        order
    }
}
