//! One process of ours that takes orders: the present subject, or one that it was cloned from and that waits behind it.

use std::{
    collections::VecDeque,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::{
    order::{Answer, Order},
    wire::{self, WireError},
};
use crate::{
    kernel::{descent, errno_of, process, socket},
    lab::trace::Failure,
};

/// How long a process of ours may take to answer: long enough for a busy or emulated machine, since only a stuck one pays.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one may take that somebody has stopped: it will not answer before somebody lets it go on.
const BRIEF: Duration = Duration::from_secs(3);

/// The number of the last order to anyone: an answer is to one order of one member.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A shell that has ended: the number of the order that started it, and its exit code or 128 + the signal.
pub type Ended = (u64, i32);

/// A process that takes orders, and the stage's end of its socket.
#[derive(Debug)]
pub struct Member {
    socket: OwnedFd,
    pid: i32,
    number: u64,
    notes: VecDeque<Ended>,
}

/// It did not do as ordered.
#[derive(Debug)]
pub enum Refusal {
    /// It is gone.
    Gone,
    /// It does not answer: somebody has stopped it.
    Silent,
    /// It answers with a failure.
    Failed(Failure),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Gone => super::act::local_failure("subject", Errno::ESRCH),
            Refusal::Silent => super::act::local_failure("subject", Errno::ETIMEDOUT),
            Refusal::Failed(failure) => failure,
        }
    }
}

impl Member {
    /// Starts a bare subject: the same binary again.
    pub fn start() -> Result<Self, Failure> {
        let (ours, theirs) =
            socket::pair().map_err(|errno| super::act::local_failure("socketpair", errno))?;
        process::start_role("@subject", &[], theirs).map_err(|error| {
            let errno = errno_of(&error);
            super::act::local_failure("execve", errno)
        })?;
        Self::expect(ours).map_err(Failure::from)
    }

    /// Waits until a new process says that it is there; the packet's credentials say who it is.
    pub fn expect(socket: OwnedFd) -> Result<Self, Refusal> {
        let mut member = Self { socket, pid: 0, number: 0, notes: VecDeque::new() };
        let until = Instant::now() + PATIENCE;
        loop {
            let received = member.receive(until)?;
            if let (Answer::Here, Some(sender)) = (received.message, received.sender) {
                member.pid = sender.as_raw();
                return Ok(member);
            }
        }
    }

    /// Its number, as the stage's /proc has it.
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// The number of the next order.
    pub fn next_number(&mut self) -> u64 {
        self.number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        self.number
    }

    /// Gives an order without waiting.
    pub fn tell(&self, order: &Order, fd: Option<BorrowedFd<'_>>) -> Result<(), Refusal> {
        wire::send(&self.socket, order, fd).map_err(|error| refusal(&error))
    }

    /// Gives an order and waits for its answer.
    pub fn ask(&mut self, order: &Order, fd: Option<BorrowedFd<'_>>) -> Result<Answer, Refusal> {
        self.tell(order, fd)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match self.receive(until)?.message {
                Answer::ShellEnded { number, status } => self.notes.push_back((number, status)),
                answer @ (Answer::Done { number, .. }
                | Answer::Seen { number, .. }
                | Answer::Shell { number, .. })
                    if number == self.number =>
                {
                    return Ok(answer);
                }
                // The answer to an order that nobody waits for any more.
                Answer::Here | Answer::Done { .. } | Answer::Seen { .. } | Answer::Shell { .. } => {}
            }
        }
    }

    /// A shell of its own that ended while another answer was waited for.
    pub fn noted(&mut self) -> Option<Ended> {
        self.notes.pop_front()
    }

    /// Takes what it says of itself: the status of a shell that has ended. `Gone` when it is.
    pub fn listen(&mut self) -> Result<Option<Ended>, Refusal> {
        match self.receive(Instant::now())?.message {
            Answer::ShellEnded { number, status } => Ok(Some((number, status))),
            Answer::Here | Answer::Done { .. } | Answer::Seen { .. } | Answer::Shell { .. } => Ok(None),
        }
    }

    fn receive(&self, until: Instant) -> Result<wire::Received<Answer>, Refusal> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left.min(BRIEF)).unwrap_or(PollTimeout::MAX);
            let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            match poll(&mut fds, timeout) {
                Ok(0) if left <= BRIEF || descent::is_stopped(self.pid) => return Err(Refusal::Silent),
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return wire::receive(&self.socket).map_err(|error| refusal(&error)),
                Err(errno) => return Err(refusal(&errno.into())),
            }
        }
    }
}

impl AsFd for Member {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn refusal(error: &WireError) -> Refusal {
    match error {
        WireError::Gone => Refusal::Gone,
        WireError::Socket(errno) => Refusal::Failed(super::act::local_failure("subject", *errno)),
        WireError::Malformed(_) => Refusal::Failed(super::act::local_failure("subject", Errno::EBADMSG)),
    }
}
