//! What the stage orders a subject to do to itself, and what the subject answers.

use serde::{Deserialize, Serialize};

use crate::{
    kernel::guard::HostNamespaces,
    lab::{
        action::Action,
        namespace::Namespace,
        trace::{Failure, Trace},
    },
    probe::inside::{Inside, View},
};

/// An order. Each carries a number that its answer repeats, so that a late answer is not taken for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "kebab-case")]
pub enum Order {
    /// First of all: what it must know of the host.
    Begin {
        /// The host's namespaces, for the guard.
        host: HostNamespaces,
        /// The box directory.
        box_dir: String,
        /// What to look for inside.
        inside: Inside,
    },
    /// Carry out one action. A clone comes with the new subject's end of a socket.
    Act {
        /// Its number.
        number: u64,
        /// The action.
        action: Action,
        /// For tests: which call of it fails, and with what.
        fault: Option<Fault>,
    },
    /// Look around.
    Look {
        /// Its number.
        number: u64,
    },
    /// Start the student's shell on the terminal that comes with the order.
    Shell {
        /// Its number.
        number: u64,
        /// The environment.
        environment: Vec<(String, String)>,
        /// Namespaces that the shell leaves first, where it would be root in the host's.
        apart: Vec<Namespace>,
    },
}

/// A call that is made to fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which call, counted from 0.
    pub at: u32,
    /// The number of the error, `errno(3)`.
    pub errno: i32,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// A new subject is there; the packet's credentials say who it is.
    Here,
    /// An action was carried out, or failed on the way.
    Done {
        /// The order's number.
        number: u64,
        /// The calls it made.
        traces: Vec<Trace>,
        /// The failure, if there was one.
        failure: Option<Failure>,
    },
    /// What it sees.
    Seen {
        /// The order's number.
        number: u64,
        /// From inside.
        view: Box<View>,
    },
    /// The shell runs, under this pid as the subject numbers it.
    Shell {
        /// The order's number.
        number: u64,
        /// Its pid.
        pid: i32,
    },
    /// The shell has ended.
    ShellEnded {
        /// The number of the order that started it.
        number: u64,
        /// Its exit code, or 128 + the signal.
        status: i32,
    },
}
