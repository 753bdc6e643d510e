//! The other end of an observer: starts one and hears what it says.

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd},
    process::Child,
    sync::Arc,
};

use nix::sys::socket::{Shutdown, shutdown};

use super::observer::Said;
use crate::{
    kernel::{process, socket},
    stage::wire::{self, WireError},
};

/// A running observer. Dropping it ends it.
#[derive(Debug)]
pub struct Observer {
    socket: Arc<OwnedFd>,
    role: Child,
}

/// Hears what an observer says; may live in a thread of its own.
#[derive(Debug)]
pub struct Ear(Arc<OwnedFd>);

impl Observer {
    /// Starts one for a process. From a thread that lives as long as the program: the kernel ends the observer with the
    /// thread that started it.
    pub fn start(pid: i32) -> io::Result<Self> {
        let (ours, theirs) = socket::pair()?;
        let role = process::start_role("@observer", &[&pid.to_string()], theirs)?;
        Ok(Self { socket: Arc::new(ours), role })
    }

    /// An ear for another thread.
    pub fn ear(&self) -> Ear {
        Ear(Arc::clone(&self.socket))
    }
}

impl Ear {
    /// Waits for what is said next; [`WireError::Gone`] when the observer is.
    pub fn next(&self) -> Result<Said, WireError> {
        Ok(wire::receive(&*self.0)?.message)
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        // whoever still listens reads end of file, and so does the observer
        let closed = shutdown(self.socket.as_raw_fd(), Shutdown::Both);
        let killed = self.role.kill();
        let waited = self.role.wait();
        tracing::debug!(?closed, ?killed, ?waited, "observer ended");
    }
}
