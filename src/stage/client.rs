//! The user interface's side of the stage: starts it, asks, and hears events.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    process::Child,
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{Shutdown, shutdown},
};

use super::{
    order::Fault,
    protocol::{Event, Request, VERSION},
    session,
    wire::{self, WireError},
};
use crate::kernel::{descent, process, socket};

/// How long a stage may take to end, and to take what it is asked. Its cleaning takes milliseconds; what it does not
/// come to, the janitor does at the next start.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long the kernel may take to end one that was killed.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// Why there is no stage.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The binary could not be started again.
    #[error("cannot start the stage from /proc/self/exe: {0}")]
    Start(io::Error),
    /// The socket.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl From<Errno> for ClientError {
    fn from(errno: Errno) -> Self {
        Self::Wire(errno.into())
    }
}

/// A running stage. Dropping it ends the stage and waits until it has cleaned up, but no longer than is bearable.
///
/// It must be started from a thread that lives as long as the program, since the kernel ends the stage when the thread
/// that started it dies, `PR_SET_PDEATHSIG(2const)`.
#[derive(Debug)]
pub struct Client {
    socket: Arc<OwnedFd>,
    stage: Child,
    /// Children that this process had before: whoever started it may have had some, and then called `exec`.
    strangers: Vec<i32>,
}

/// Hears the events of a stage; may live in a thread of its own.
#[derive(Clone, Debug)]
pub struct Events(Arc<OwnedFd>);

impl Client {
    /// Starts a stage and says hello; the first event is [`Event::Ready`]. `root_dir` is where state lives, if not in the
    /// usual place.
    pub fn start(root_dir: Option<&Path>) -> Result<Self, ClientError> {
        Self::start_with(root_dir, None)
    }

    /// As [`Self::start`], with a call of the first act made to fail.
    pub fn start_with(root_dir: Option<&Path>, fault: Option<&Fault>) -> Result<Self, ClientError> {
        descent::adopt_orphans()?;
        let strangers = descent::children(own_pid());
        let (ours, theirs) = socket::pair()?;
        // Whoever asks a stage that takes nothing in must not wait for ever.
        socket::limit_sending(&ours, PATIENCE)?;
        let sessions = sessions_dir(root_dir);
        let mut args = vec![sessions.to_string_lossy().into_owned()];
        args.extend(fault.into_iter().flat_map(|fault| [fault.at.to_string(), fault.errno.to_string()]));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let stage = process::start_role("@stage", &args, theirs).map_err(ClientError::Start)?;
        let client = Self { socket: Arc::new(ours), stage, strangers };
        client.request(&Request::Hello { version: VERSION }, None)?;
        Ok(client)
    }

    /// Asks something, with a file descriptor where the request wants one.
    pub fn request(&self, request: &Request, fd: Option<BorrowedFd<'_>>) -> Result<(), ClientError> {
        wire::send(&*self.socket, request, fd).map_err(ClientError::from)
    }

    /// The next event; `None` where none came in time.
    pub fn next(&self, timeout: Option<Duration>) -> Result<Option<Event>, ClientError> {
        self.events().next(timeout)
    }

    /// An ear that another thread may use.
    pub fn events(&self) -> Events {
        Events(Arc::clone(&self.socket))
    }

    /// Waits until the stage has ended, so long; whether it has.
    fn await_the_end(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while matches!(self.stage.try_wait(), Ok(None)) {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// The stage's process.
    pub fn pid(&self) -> u32 {
        self.stage.id()
    }
}

impl Events {
    /// The next event; `None` where none came in time. [`WireError::Gone`] when the stage has ended.
    pub fn next(&self, timeout: Option<Duration>) -> Result<Option<Event>, ClientError> {
        let timeout =
            timeout.map_or(PollTimeout::NONE, |t| PollTimeout::try_from(t).unwrap_or(PollTimeout::MAX));
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(0) | Err(Errno::EINTR) => return Ok(None),
            other => other?,
        };
        Ok(Some(wire::receive(&*self.0)?.message))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Said first, so that the stage does not take the end of file for a death.
        let said = self.request(&Request::Close, None);
        // The stage takes everything down and exits; whoever still listens reads end of file.
        let closed = shutdown(std::os::fd::AsRawFd::as_raw_fd(&self.socket), Shutdown::Write);
        // It may be in the midst of saying something that nobody takes in any more; until end of file, this does.
        let until = Instant::now() + PATIENCE;
        let left = || until.saturating_duration_since(Instant::now());
        while !left().is_zero() && self.next(Some(left())).is_ok() {}
        let killed = if left().is_zero() { Some(self.stage.kill()) } else { None };
        let ended = self.await_the_end(left() + LAST_MOMENT);
        tracing::debug!(?said, ?closed, ?killed, ended, "stage ended");
        // A stage that was killed could not clean up: what it left below us is ended here, its directory at the next start.
        descent::end_below_but(own_pid(), &self.strangers);
    }
}

fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}

/// Where sessions live.
pub fn sessions_dir(root_dir: Option<&Path>) -> PathBuf {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    session::parent_dir(root_dir, runtime.as_deref())
}
