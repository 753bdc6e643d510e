//! Progress, in `SQLite`: one log of events, from which everything else derives.
//!
//! The program never waits for it and never fails because of it: what cannot be written stays in memory and is tried
//! again with the next entry; what cannot be opened is said once, as a [`Notice`].

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

mod database;
mod entry;
mod progress;
#[cfg(test)]
mod tests;

use database::Database;
pub use entry::Entry;
pub use progress::{LessonProgress, Progress, Where};

use crate::i18n::{self, Lang};

/// The file's name in the directory of the program's state.
pub const FILE: &str = "progress.db";

/// An entry could not be written, or what other windows wrote could not be read. Nothing is lost while the program runs.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct StoreError {
    path: PathBuf,
    source: rusqlite::Error,
}

/// What a student must be told about the file of progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It cannot be used; progress lives in memory.
    Memory {
        /// The file.
        path: PathBuf,
        /// The system's or `SQLite`'s words.
        cause: String,
    },
    /// It was damaged, was renamed, and a new one was begun.
    Aside {
        /// Its new name.
        kept: PathBuf,
    },
    /// A later version of the program made it; progress lives in memory.
    Newer {
        /// The file.
        path: PathBuf,
    },
}

impl Notice {
    /// One sentence.
    pub fn message(&self, lang: Lang) -> String {
        match self {
            Self::Memory { path, cause } => {
                i18n::fill(lang, "store.memory", &[("path", &path.display()), ("cause", cause)])
            }
            Self::Aside { kept } => i18n::fill(lang, "store.aside", &[("aside", &kept.display())]),
            Self::Newer { path } => i18n::fill(lang, "store.newer", &[("path", &path.display())]),
        }
    }
}

/// The store: what the file says and what could not be written yet.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    database: Option<Database>,
    /// Entries with their times (milliseconds since 1970), oldest first.
    unsaved: Vec<(i64, Entry)>,
    progress: Progress,
}

impl Store {
    /// Opens the file of a directory, making both where they are missing. Always gives a store that works.
    pub fn open(dir: &Path) -> (Self, Option<Notice>) {
        let path = dir.join(FILE);
        let mut store =
            Self { path: path.clone(), database: None, unsaved: Vec::new(), progress: Progress::default() };
        // 0700: as the XDG base directory specification asks of directories that are made
        if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir) {
            return (store, Some(Notice::Memory { path, cause: error.to_string() }));
        }
        let notice = match store.connect() {
            Ok(()) => None,
            Err(database::Error::Newer) => Some(Notice::Newer { path }),
            Err(database::Error::Sqlite(error)) if database::damaged(&error) => Some(store.begin_anew(dir)),
            Err(database::Error::Sqlite(error)) => Some(Notice::Memory { path, cause: error.to_string() }),
        };
        (store, notice)
    }

    /// A store that only lives in memory.
    pub fn in_memory() -> Self {
        Self { path: PathBuf::new(), database: None, unsaved: Vec::new(), progress: Progress::default() }
    }

    /// Notes an entry. After an error it is kept, counts for [`Self::progress`], and goes into the file with the next
    /// one that can be written.
    pub fn record(&mut self, entry: &Entry) -> Result<(), StoreError> {
        self.progress.apply(entry);
        self.unsaved.push((now(), entry.clone()));
        let Some(database) = &mut self.database else { return Ok(()) };
        database.append(&self.unsaved).map_err(|source| StoreError { path: self.path.clone(), source })?;
        self.unsaved.clear();
        Ok(())
    }

    /// How far the student has come, as of the last [`Self::record`] or [`Self::refresh`]. No I/O.
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Reads what other windows have written since.
    pub fn refresh(&mut self) -> Result<(), StoreError> {
        let Some(database) = &mut self.database else { return Ok(()) };
        let entries = database.news().map_err(|source| StoreError { path: self.path.clone(), source })?;
        for entry in &entries {
            self.progress.apply(entry);
        }
        Ok(())
    }

    /// The file is used only when all of it could be read.
    fn connect(&mut self) -> Result<(), database::Error> {
        let mut database = Database::open(&self.path)?;
        for entry in &database.news()? {
            self.progress.apply(entry);
        }
        self.database = Some(database);
        Ok(())
    }

    /// Renames a damaged file and begins a new one. Of two windows that find the damage, one does it.
    fn begin_anew(&mut self, dir: &Path) -> Notice {
        let memory = |cause: String| Notice::Memory { path: self.path.clone(), cause };
        let lock = match fs::File::create(dir.join("progress.lock")).and_then(|f| f.lock().map(|()| f)) {
            Ok(lock) => lock,
            Err(error) => return memory(error.to_string()),
        };
        self.progress = Progress::default();
        let kept = dir.join(format!("{FILE}.damaged-{}", now()));
        let notice = match self.connect() {
            Ok(()) => Notice::Aside { kept: newest_aside(dir).unwrap_or(kept) },
            Err(_) => match set_aside(&self.path, &kept).map_err(|e| e.to_string()).and_then(|()| {
                self.progress = Progress::default();
                self.connect().map_err(|e| e.to_string())
            }) {
                Ok(()) => Notice::Aside { kept },
                Err(cause) => Notice::Memory { path: self.path.clone(), cause },
            },
        };
        drop(lock);
        notice
    }
}

/// The file and its journal under a new name, and without the index of the journal, which is remade.
fn set_aside(path: &Path, kept: &Path) -> io::Result<()> {
    fs::rename(path, kept)?;
    for (suffix, keep) in [("-wal", true), ("-shm", false)] {
        let of = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        let done = if keep { fs::rename(of(path), of(kept)) } else { fs::remove_file(of(path)) };
        match done {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The file that another window has just set aside.
fn newest_aside(dir: &Path) -> Option<PathBuf> {
    let names = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path());
    names
        .filter(|path| {
            let name = path.to_string_lossy();
            name.contains(".damaged-") && !name.ends_with("-wal")
        })
        .max()
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX))
}
