//! The course as plain data: lessons with pages, labs and questions. Pure: sources come in as text, errors go out with
//! file, line, column and caret.

use crate::{
    i18n::{Lang, Text},
    lab::step::{Lab, Question},
};

pub mod markdown;

use markdown::Block;

/// Ordered lessons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// In the order of their directory names.
    pub lessons: Vec<Lesson>,
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
    /// Pages in Russian.
    pub ru: Vec<Page>,
    /// Pages in English; as many as in Russian.
    pub en: Vec<Page>,
    /// Questions at its end.
    pub questions: Vec<Question>,
    /// Its lab, if it has one.
    pub lab: Option<Lab>,
}

impl Lesson {
    /// The pages in a language.
    pub fn pages(&self, lang: Lang) -> &[Page] {
        match lang {
            Lang::Ru => &self.ru,
            Lang::En => &self.en,
        }
    }
}

impl Course {
    /// The lesson of an id or a number.
    pub fn lesson(&self, id: &str) -> Option<&Lesson> {
        self.lessons.iter().find(|l| l.id == id || l.number.to_string() == id)
    }

    /// The lab of an id.
    pub fn lab(&self, id: &str) -> Option<&Lab> {
        self.lessons.iter().filter_map(|l| l.lab.as_ref()).find(|lab| lab.id == id)
    }
}

/// One idea a screen: everything from one level-two heading to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The heading.
    pub title: String,
    /// What stands below it.
    pub blocks: Vec<Block>,
}
