//! Kernels for tests: one that only notes what it was asked, one that fails at a chosen call.

use nix::errno::Errno;

use super::{Call, Kernel};

/// Carries nothing out; keeps the calls. A clone always returns a pid, as in the parent.
#[derive(Debug, Default)]
pub struct Recording {
    /// What was asked, in order.
    pub calls: Vec<Call>,
}

impl Kernel for Recording {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        self.calls.push(call.clone());
        Ok(match call {
            Call::Clone(_) => 4242,
            Call::Write { text, .. } | Call::Create { text, .. } => {
                i64::try_from(text.len()).unwrap_or(i64::MAX)
            }
            _ => 0,
        })
    }
}

/// Lets calls through, except one, which fails without being made.
#[derive(Debug)]
pub struct Failing<K> {
    inner: K,
    left: Option<u32>,
    errno: Errno,
}

impl<K> Failing<K> {
    /// The call number `at` (the first is 0) fails with `errno`; `None` lets all through.
    pub const fn new(inner: K, at: Option<u32>, errno: Errno) -> Self {
        Self { inner, left: at, errno }
    }

    /// The kernel inside.
    pub const fn inner(&self) -> &K {
        &self.inner
    }
}

impl<K: Kernel> Kernel for Failing<K> {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        match self.left {
            Some(0) => {
                self.left = None;
                return Err(self.errno);
            }
            Some(left) => self.left = Some(left - 1),
            None => {}
        }
        self.inner.call(call)
    }
}
