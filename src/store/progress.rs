//! How far the student has come: the sum of the log.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Entry;

/// The sum of all entries. Applying an entry twice changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// By the lesson's id.
    pub lessons: BTreeMap<String, LessonProgress>,
    /// The steps passed, by the lab's id.
    pub labs: BTreeMap<String, BTreeSet<String>>,
    /// Whether the last answer was right, by the id of the lesson or lab and the question's.
    pub questions: BTreeMap<(String, String), bool>,
    /// Where the student was last.
    pub last: Option<Where>,
    /// The settings: `lang`, `theme`.
    pub settings: BTreeMap<String, String>,
}

/// How far a lesson has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonProgress {
    /// The pages that were shown, from 0.
    pub read: BTreeSet<usize>,
    /// How many pages it had when last read.
    pub pages: usize,
    /// Whether it was finished.
    pub done: bool,
}

/// A place in the course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// A page of a lesson.
    Page {
        /// The lesson's id.
        lesson: String,
        /// From 0.
        page: usize,
    },
    /// A step of a lab.
    Step {
        /// The lab's id.
        lab: String,
        /// The step's id.
        step: String,
    },
}

impl Progress {
    /// Adds an entry.
    pub fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::PageRead { lesson, page, pages } => {
                let of = self.lessons.entry(lesson.clone()).or_default();
                of.read.insert(*page);
                of.pages = *pages;
                self.last = Some(Where::Page { lesson: lesson.clone(), page: *page });
            }
            Entry::LessonDone { lesson } => self.lessons.entry(lesson.clone()).or_default().done = true,
            Entry::StepPassed { lab, step, .. } => {
                self.labs.entry(lab.clone()).or_default().insert(step.clone());
                self.last = Some(Where::Step { lab: lab.clone(), step: step.clone() });
            }
            Entry::QuestionAnswered { of, question, right, .. } => {
                self.questions.insert((of.clone(), question.clone()), *right);
            }
            Entry::Setting { key, value } => {
                self.settings.insert(key.clone(), value.clone());
            }
        }
    }
}
