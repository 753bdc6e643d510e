//! Where a course comes from: the program itself, a directory, or texts in memory. Reading a directory is the one
//! piece of I/O at the course's edge, in `directory`.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use include_dir::{Dir, DirEntry, include_dir};

use super::problem::Problem;

mod directory;

static LESSONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/lessons");
static QUIZZES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/quizzes");

/// The directories of a course, and whether it cannot be without.
const PARTS: [(&str, bool); 2] = [("lessons", true), ("quizzes", false)];

/// A file of a course, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As messages show it: `lessons/05-namespaces/ru.md`.
    pub path: String,
    /// What it says.
    pub text: Cow<'static, str>,
}

/// The files of a course by their paths in it, and what could not be read of them.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// What stands before each path in messages.
    prefix: String,
    texts: BTreeMap<String, Cow<'static, str>>,
    /// What could not be read, and why.
    pub problems: Vec<Problem>,
}

impl Source {
    /// The course inside the program.
    pub fn embedded() -> Self {
        let mut source = Self::of_texts([]);
        source.embed("lessons/", &LESSONS);
        source.embed("quizzes/", &QUIZZES);
        source
    }

    /// The course of a directory that holds `lessons`. Links, files over one MiB, files that are not
    /// UTF-8 and nesting beyond what a course has are refused, each with its path.
    pub fn of_dir(dir: &Path) -> Self {
        directory::read(dir)
    }

    /// A course of (path, text) pairs.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), Cow::Owned(text.to_owned())));
        Self { prefix: String::new(), texts: texts.collect(), problems: Vec::new() }
    }

    /// The paths below one of the course's directories (`lessons`), in order.
    pub fn below<'a>(&'a self, part: &'a str) -> impl Iterator<Item = &'a str> {
        self.texts.keys().filter_map(move |path| path.strip_prefix(part)?.strip_prefix('/'))
    }

    /// A file, by its path in the course: `lessons/05-namespaces/ru.md`.
    pub fn file(&self, path: &str) -> Option<File> {
        self.texts.get(path).map(|text| File { path: self.shown(path), text: text.clone() })
    }

    /// A path in the course as messages show it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    fn embed(&mut self, part: &str, dir: &'static Dir<'static>) {
        for entry in dir.entries() {
            match entry {
                DirEntry::Dir(inner) => self.embed(part, inner),
                DirEntry::File(file) => {
                    let path = format!("{part}{}", file.path().display());
                    match file.contents_utf8() {
                        Some(text) => drop(self.texts.insert(path, Cow::Borrowed(text))),
                        None => self.problems.push(Problem::of_path(self.shown(&path), "not UTF-8")),
                    }
                }
            }
        }
    }
}
