//! How the program ends, and how it says so.

use std::io;

use super::context::complain;
use crate::i18n::{Lang, t};

/// The exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// 0.
    Done,
    /// 1: a check or a step failed.
    Failed,
    /// 2: wrong usage.
    Usage,
    /// 3: this machine cannot do it.
    Machine,
    /// The status of a command that ran in a box.
    Command(u8),
}

impl Exit {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Machine => 3,
            Self::Command(status) => status,
        }
    }
}

/// An error with words for people; its kind is the exit status.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// A check failed.
    #[error("{0}")]
    Failed(String),
    /// Wrong usage.
    #[error("{0}")]
    Usage(String),
    /// The machine cannot.
    #[error("{0}")]
    Machine(String),
}

/// Says what went wrong and gives the status. A reader that has gone away, as `head` does, is no error.
pub(super) fn explain(error: &anyhow::Error, lang: Lang) -> Exit {
    if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) {
        return Exit::Done;
    }
    complain(&format!("{}: {error:#}", t(lang, "cli.error")));
    match error.downcast_ref::<Fault>() {
        Some(Fault::Usage(_)) => Exit::Usage,
        Some(Fault::Machine(_)) => Exit::Machine,
        Some(Fault::Failed(_)) | None => Exit::Failed,
    }
}
