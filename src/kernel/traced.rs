//! Notes each call with its result and its time.

use std::time::Instant;

use nix::errno::Errno;

use super::{Call, Kernel};
use crate::lab::trace::{Actor, Trace};

/// A kernel that keeps a trace of every call that goes through it.
#[derive(Debug)]
pub struct Traced<K> {
    inner: K,
    actor: Actor,
    traces: Vec<Trace>,
}

impl<K: Kernel> Traced<K> {
    /// Traces the calls of an actor.
    pub const fn new(inner: K, actor: Actor) -> Self {
        Self { inner, actor, traces: Vec::new() }
    }

    /// How many calls there were so far.
    pub const fn count(&self) -> usize {
        self.traces.len()
    }

    /// The calls so far, in order.
    pub fn into_traces(self) -> Vec<Trace> {
        self.traces
    }
}

impl<K: Kernel> Kernel for Traced<K> {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        let started = Instant::now();
        let result = self.inner.call(call);
        let us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.traces.push(Trace {
            actor: self.actor,
            call: call.name().to_owned(),
            args: call.args(),
            result: result.unwrap_or(-1),
            errno: result.err().map(|errno| format!("{errno:?}")),
            us,
        });
        result
    }
}
