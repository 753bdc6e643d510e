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
        Ended::of(self.0.output().expect("the program runs"))
    }
}

impl Ended {
    #[track_caller]
    fn of(Output { status, stdout, stderr }: Output) -> Self {
        Self {
            code: status.code().expect("the program ends by itself"),
            out: String::from_utf8(stdout).expect("output in UTF-8"),
            err: String::from_utf8(stderr).expect("errors in UTF-8"),
        }
    }

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

/// As [`korobka`], started by other programs; none where the first of them is missing.
pub(crate) fn korobka_below(programs: &[&str], arguments: &[&str]) -> Option<Ended> {
    let root = tempfile::tempdir().expect("a directory");
    let (first, rest) = programs.split_first()?;
    let inner = Korobka::new(root.path(), arguments).command();
    let mut command = Command::new(first);
    command.args(rest).arg(inner.get_program()).args(inner.get_args()).stdin(Stdio::null());
    Some(Ended::of(command.output().ok()?))
}

/// JSON lines.
#[track_caller]
pub(crate) fn lines(json: &str) -> Vec<serde_json::Value> {
    json.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect()
}
