//! Where a course comes from: the program itself, a directory, or texts in memory. Reading a directory is the one
//! piece of I/O at the course's edge, in `directory`.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use include_dir::{Dir, DirEntry, include_dir};

use super::problem::Problem;

mod directory;

static LESSONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/lessons");

/// A file of a course, in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As messages show it: `lessons/05-namespaces/ru.md`.
    pub path: String,
    /// What it says.
    pub text: Cow<'static, str>,
}

/// The files of a course by their paths below `lessons`, and what could not be read of them.
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
        source.embed(&LESSONS);
        source
    }

    /// The course of a directory that holds `lessons`. Links, files over one MiB, files that are not
    /// UTF-8 and nesting beyond what a course has are refused, each with its path.
    pub fn of_dir(dir: &Path) -> Self {
        directory::read(dir)
    }

    /// A course of (path below `lessons`, text) pairs.
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), Cow::Owned(text.to_owned())));
        Self { prefix: "lessons/".to_owned(), texts: texts.collect(), problems: Vec::new() }
    }

    /// The paths below `lessons`, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// A file, by its path below `lessons`.
    pub fn file(&self, path: &str) -> Option<File> {
        self.texts.get(path).map(|text| File { path: self.shown(path), text: text.clone() })
    }

    /// A path below `lessons` as messages show it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    fn embed(&mut self, dir: &'static Dir<'static>) {
        for entry in dir.entries() {
            match entry {
                DirEntry::Dir(inner) => self.embed(inner),
                DirEntry::File(file) => {
                    let path = file.path().to_string_lossy().into_owned();
                    match file.contents_utf8() {
                        Some(text) => drop(self.texts.insert(path, Cow::Borrowed(text))),
                        None => self.problems.push(Problem::of_path(self.shown(&path), "not UTF-8")),
                    }
                }
            }
        }
    }
}
