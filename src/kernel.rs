//! The kernel behind one trait with one method: every system call that changes something is a value, a [`Call`].
//!
//! That makes a call something that can be recorded, refused, made to fail and read aloud: [`Linux`] carries calls out,
//! [`Traced`] notes each with its result and its time, [`Guard`] refuses what would touch the host, and the fakes
//! ([`Recording`], [`Failing`]) let tests see the order of calls and make any of them fail.

use nix::errno::Errno;

pub mod attempt;
pub mod call;
pub mod descent;
pub mod disk;
pub mod fakes;
pub mod forked;
pub mod guard;
pub mod linux;
mod netlink;
pub mod pages;
pub mod process;
pub mod program;
pub mod rights;
pub mod socket;
pub mod traced;
pub mod tty;
pub mod xattr;

pub use call::Call;
pub use fakes::{Failing, Recording};
pub use guard::Guard;
pub use linux::Linux;
pub use traced::Traced;

/// Whoever carries out system calls.
pub trait Kernel {
    /// Carries one out and returns what the kernel returned (0 where a call returns nothing).
    fn call(&mut self, call: &Call) -> Result<i64, Errno>;
}

/// The errno of an I/O error; `EIO` for one that no system call gave.
pub fn errno_of(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

impl<K: Kernel + ?Sized> Kernel for &mut K {
    fn call(&mut self, call: &Call) -> Result<i64, Errno> {
        (**self).call(call)
    }
}
