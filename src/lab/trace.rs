//! The record of one system call, as it was issued.

use serde::{Deserialize, Serialize};

/// Which process made a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The process in the box acted on itself.
    Subject,
    /// The stage acted on the subject from outside.
    Stage,
}

/// One system call: its name, its real arguments, its result or errno, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Who made the call.
    pub actor: Actor,
    /// The name of the call, as in its manual page: `unshare`.
    pub call: String,
    /// Its arguments as strace writes them: `CLONE_NEWUTS`, `"/proc"`.
    pub args: Vec<String>,
    /// What it returned; -1 where it failed.
    pub result: i64,
    /// The symbolic error where it failed: `EPERM`.
    pub errno: Option<String>,
    /// Microseconds from entering the call to leaving it.
    pub us: u64,
}

impl Trace {
    /// The line strace would print: `unshare(CLONE_NEWUTS) = -1 EPERM`.
    pub fn line(&self) -> String {
        let head = format!("{}({}) = {}", self.call, self.args.join(", "), self.result);
        match &self.errno {
            Some(errno) => format!("{head} {errno}"),
            None => head,
        }
    }
}

/// Why an action did not succeed. Data, never a sentence: [`crate::lab::explain`] makes the sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The call that failed, or the guard that refused it: `unshare`, `guard`, `subject`.
    pub operation: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The symbolic error: `EPERM`. Empty where no call was made.
    pub errno: String,
    /// The path it was about, where it had one.
    pub path: Option<String>,
}
