//! `unshare(2)`: the subject leaves namespaces that it shares with others and gets new ones of its own. For PID and time
//! only its future children do: who you are among processes cannot change while you run.

use super::{Call, Failure, Kernel, call};
use crate::lab::namespace::Namespace;

pub(super) fn act(kernel: &mut dyn Kernel, ns: &[Namespace]) -> Result<(), Failure> {
    call(kernel, &Call::Unshare(ns.to_vec())).map(|_| ())
}
