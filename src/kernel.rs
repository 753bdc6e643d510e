//! The kernel behind one trait with one method: every system call that changes something is a value, a [`Call`].
//!
//! That makes a call something that can be recorded, refused, made to fail and read aloud.

use nix::errno::Errno;

pub mod attempt;
pub mod call;
pub mod tty;

pub use call::Call;

/// Whoever carries out system calls.
pub trait Kernel {
    /// Carries one out and returns what the kernel returned (0 where a call returns nothing).
    fn call(&mut self, call: &Call) -> Result<i64, Errno>;
}
