//! A forked child does one thing and is gone: it never comes back into what its parent was about to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::errno::Errno;

use super::{Call, Kernel, process::leave};
use crate::lab::namespace::Namespace;

/// The exit code of a child that panicked; no errno is as large.
pub const PANICKED: i32 = 255;

/// Forks, into new namespaces where some are named. `deed` runs in the child, with its copy of the kernel, and its result
/// is the exit code; the parent gets the child's number, and keeps nothing of what was moved into `deed`. Every fork of
/// ours goes through here: a child that panicked and unwound would run what is its parent's to run, and leave by its
/// parent's way out.
pub fn fork<K: Kernel + ?Sized>(
    kernel: &mut K,
    ns: &[Namespace],
    deed: impl FnOnce(&mut K) -> i32,
) -> Result<i32, Errno> {
    match kernel.call(&Call::Clone(ns.to_vec()))? {
        0 => leave(catch_unwind(AssertUnwindSafe(|| deed(kernel))).unwrap_or(PANICKED)),
        child => i32::try_from(child).map_err(|_too_large| Errno::EOVERFLOW),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write, pipe};

    use nix::{
        sys::wait::{WaitStatus, waitpid},
        unistd::{Pid, getpid},
    };

    use super::*;
    use crate::kernel::{Linux, Recording};

    /// Tells on a pipe that it was dropped in a process that it does not belong to.
    struct Owned(i32, std::io::PipeWriter);

    impl Drop for Owned {
        fn drop(&mut self) {
            if getpid().as_raw() != self.0 {
                self.1.write_all(b"!").unwrap();
            }
        }
    }

    #[test]
    fn a_child_that_panics_does_not_come_back() {
        let (mut read, write) = pipe().unwrap();
        let owned = Owned(getpid().as_raw(), write);
        let child = fork(&mut Linux, &[], |_| panic!("in the child")).unwrap();
        let status = waitpid(Pid::from_raw(child), None).unwrap();
        drop(owned);
        let mut told = String::new();
        read.read_to_string(&mut told).unwrap();
        assert_eq!((status, told.as_str()), (WaitStatus::Exited(Pid::from_raw(child), PANICKED), ""));
    }

    #[test]
    fn the_parent_does_not_do_it() {
        assert_eq!(fork(&mut Recording::default(), &[], |_| unreachable!()), Ok(4242));
    }
}
