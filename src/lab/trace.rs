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

/// About how many bytes of traces one answer carries; with two observations it must fit a packet.
const MOST_BYTES: usize = 48 * 1024;

/// The first calls of a list that may be very long (a deleted tree has one a file), as many as fit an answer. The last
/// line counts those that were left out and their time: `…(+812) = 0`.
pub fn shorten(mut traces: Vec<Trace>) -> Vec<Trace> {
    let lengths = traces.iter().scan(0, |sum, trace| {
        *sum += 100 + trace.args.iter().map(String::len).sum::<usize>();
        Some(*sum)
    });
    let keep = lengths.take_while(|sum| *sum <= MOST_BYTES).count();
    let left = traces.split_off(keep);
    if let Some(last) = left.last() {
        traces.push(Trace {
            actor: last.actor,
            call: "…".to_owned(),
            args: vec![format!("+{}", left.len())],
            result: 0,
            errno: None,
            us: left.iter().map(|trace| trace.us).sum(),
        });
    }
    traces
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_short_and_says_so() {
        let unlink = |path: String| Trace {
            actor: Actor::Subject,
            call: "unlink".to_owned(),
            args: vec![path],
            result: 0,
            errno: None,
            us: 2,
        };
        let few: Vec<_> = (0..100).map(|n| unlink(n.to_string())).collect();
        assert_eq!(shorten(few.clone()), few);
        let many = (0..1000).map(|n| unlink(format!("{n:0100}"))).collect();
        let short = shorten(many);
        let size = serde_json::to_vec(&short).expect("json").len();
        assert!(size < 64 * 1024, "{size}");
        let Some(last) = short.last() else { panic!("nothing is left") };
        assert_eq!((last.line(), last.us), ("…(+755) = 0".to_owned(), 1510));
    }
}
