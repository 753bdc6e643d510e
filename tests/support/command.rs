//! The real program, run to its end with its output caught.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// The program with some arguments, in an environment that has nothing of the tester's.
pub(crate) struct Korobka(Command);

/// How it ended and what it wrote.
pub(crate) struct Ended {
    /// The exit status.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Korobka {
    /// The program with arguments; its state lives in `root`.
    pub(crate) fn new(root: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_korobka"));
        command.arg("--root-dir").arg(root).args(arguments).stdin(Stdio::null());
        for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR"] {
            command.env_remove(name);
        }
        Self(command)
    }

    /// An environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// The command, to be run otherwise.
    pub(crate) fn command(self) -> Command {
        self.0
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(mut self) -> Ended {
        let Output { status, stdout, stderr } = self.0.output().expect("the program runs");
        Ended {
            code: status.code().expect("the program ends by itself"),
            out: String::from_utf8(stdout).expect("output in UTF-8"),
            err: String::from_utf8(stderr).expect("errors in UTF-8"),
        }
    }
}

impl Ended {
    /// The same, if it ended with this status.
    #[track_caller]
    pub(crate) fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, wanted, "status\n{}\n{}", self.out, self.err);
        self
    }
}

/// Runs it with arguments and without anything from an earlier run.
#[track_caller]
pub(crate) fn korobka(arguments: &[&str]) -> Ended {
    let root = tempfile::tempdir().expect("a directory");
    Korobka::new(root.path(), arguments).run()
}

/// JSON lines.
#[track_caller]
pub(crate) fn lines(json: &str) -> Vec<serde_json::Value> {
    json.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect()
}
