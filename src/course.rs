//! The course as plain data: lessons with pages, labs and questions. Pure: sources come in as text, errors go out with
//! file, line, column and caret.
//!
//! Loading reads the head of each lesson and lab; pages and steps are parsed when they are opened, so that the size of
//! the course does not delay the first frame. What the linter passes parses without an error.

use std::path::Path;

use serde::Deserialize;

use crate::{
    i18n::{Lang, Text},
    lab::{
        control::Control,
        sight::Sight,
        step::{Lab, Question, Start},
    },
    quiz::Quiz,
};

mod layout;
pub mod lint;
pub mod markdown;
pub mod problem;
mod read;
pub mod source;

use markdown::Block;
pub use problem::{CourseErrors, Problem};
use source::{File, Source};

/// Ordered lessons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// In the order of their directory names.
    pub lessons: Vec<Lesson>,
    /// In the order of their files' names.
    pub quizzes: Vec<QuizHead>,
}

/// Prose pages, with a lab and questions between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The directory's name without its number: `namespaces`. Stable.
    pub id: String,
    /// The number in front of the directory's name.
    pub number: u32,
    /// Its name.
    pub title: Text,
    /// One sentence for the map of the course.
    pub summary: Text,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// Where its claims come from: `namespaces(7)`, `cgroup-v2.rst`, …
    pub sources: Vec<String>,
    /// Questions at its end.
    pub questions: Vec<Question>,
    /// Its lab, if it has one.
    pub lab: Option<LabHead>,
    ru: File,
    en: File,
}

/// A quiz before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuizHead {
    /// The file's name without its number: `queues`. Stable.
    pub id: String,
    /// The number in front of it: what the slide says.
    pub number: u32,
    file: File,
}

impl QuizHead {
    /// The quiz, parsed anew.
    pub fn load(&self) -> Result<Quiz, CourseErrors> {
        read::decode(&self.file)
    }
}

/// A lab before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabHead {
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
    steps: Vec<File>,
}

/// One idea a screen: everything from one level-two heading to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The heading.
    pub title: String,
    /// What stands below it.
    pub blocks: Vec<Block>,
}

/// `lesson.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LessonToml {
    title: Text,
    summary: Text,
    minutes: u32,
    sources: Vec<String>,
    #[serde(default, rename = "question")]
    questions: Vec<Question>,
}

/// `lab/lab.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabToml {
    id: String,
    title: Text,
    intro: Text,
    #[serde(default)]
    start: Start,
    #[serde(default = "Sight::default_of_lab")]
    sights: Vec<Sight>,
    #[serde(default, rename = "control")]
    controls: Vec<Control>,
}

impl Course {
    /// The course inside the program. A test proves that it has no errors.
    pub fn embedded() -> Result<Self, CourseErrors> {
        Self::from_source(&Source::embedded())
    }

    /// The course of a directory that holds `lessons`, checked in full.
    pub fn from_dir(dir: &Path) -> Result<Self, CourseErrors> {
        let source = Source::of_dir(dir);
        let report = lint::check(&source);
        if report.errors.is_empty() { Self::from_source(&source) } else { Err(report.errors) }
    }

    /// The course of a source: heads only.
    pub fn from_source(source: &Source) -> Result<Self, CourseErrors> {
        let mut problems = source.problems.clone();
        let mut lessons = Vec::new();
        for place in layout::lessons(source, &mut problems) {
            match place.load() {
                Ok(lesson) => lessons.push(lesson),
                Err(CourseErrors(found)) => problems.extend(found),
            }
        }
        let quizzes = layout::quizzes(source, &mut problems);
        CourseErrors::none_or(problems)?;
        Ok(Self { lessons, quizzes })
    }

    /// The lesson of an id or a number.
    pub fn lesson(&self, id: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|l| l.id == id || l.number.to_string() == id)
    }

    /// The quiz of an id or a number.
    pub fn quiz(&self, id: &str) -> Option<&QuizHead> {
        self.quizzes.iter().find(|quiz| quiz.id == id || quiz.number.to_string() == id)
    }

    /// The lab of an id.
    pub fn lab(&self, id: &str) -> Option<&LabHead> {
        self.lessons.iter().filter_map(|l| l.lab.as_ref()).find(|lab| lab.id == id)
    }
}

impl Lesson {
    /// The pages in a language, parsed anew (well below a millisecond).
    pub fn pages(&self, lang: Lang) -> Result<Vec<Page>, CourseErrors> {
        let file = match lang {
            Lang::Ru => &self.ru,
            Lang::En => &self.en,
        };
        let document = markdown::document(&file.text);
        CourseErrors::none_or(document.faults.iter().map(|fault| Problem::of_fault(file, fault)).collect())?;
        Ok(document.pages)
    }
}

impl LabHead {
    /// How many steps it has.
    pub const fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has none; the linter refuses that.
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The lab with its steps, parsed anew.
    pub fn load(&self) -> Result<Lab, CourseErrors> {
        let mut problems = Vec::new();
        let mut steps = Vec::new();
        for file in &self.steps {
            match read::decode(file) {
                Ok(step) => steps.push(step),
                Err(CourseErrors(found)) => problems.extend(found),
            }
        }
        CourseErrors::none_or(problems)?;
        let Self { id, title, intro, start, sights, controls, .. } = self.clone();
        Ok(Lab { id, title, intro, start, sights, controls, steps })
    }
}
