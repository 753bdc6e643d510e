//! Whether the user interface has gone, or is about to. It closes its side of the socket when it goes, and that is seen at
//! once: whatever it has asked before, and the stage has not come to yet, need not be read first.

use std::{
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    libc,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

/// An ear for the end of a socket. By itself, one that never hears anything.
#[derive(Clone, Debug, Default)]
pub struct Farewell(Option<Arc<OwnedFd>>);

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing in time.
    Nothing,
    /// What was waited for.
    Other,
    /// The farewell.
    Farewell,
}

impl Farewell {
    /// An ear on the socket that leads to the user interface.
    pub fn of(ui: &OwnedFd) -> Result<Self, Errno> {
        let ui = ui.try_clone().map_err(|error| crate::kernel::errno_of(&error))?;
        Ok(Self(Some(Arc::new(ui))))
    }

    /// Whether it has been said.
    pub fn said(&self) -> bool {
        self.pause(Duration::ZERO)
    }

    /// Rests so long, or until it is said; whether it has been.
    pub fn pause(&self, time: Duration) -> bool {
        self.wait(None::<&OwnedFd>, Instant::now() + time) == Ok(Heard::Farewell)
    }

    /// Waits until there is something to read, or it is said.
    pub fn wait(&self, other: Option<&impl AsFd>, until: Instant) -> Result<Heard, Errno> {
        let goes = PollFlags::from_bits_retain(libc::POLLRDHUP);
        loop {
            let timeout = at_least(until.saturating_duration_since(Instant::now()));
            let mut fds: Vec<_> =
                other.iter().map(|other| PollFd::new(other.as_fd(), PollFlags::POLLIN)).collect();
            fds.extend(self.0.iter().map(|ui| PollFd::new(ui.as_fd(), goes)));
            match poll(&mut fds, timeout) {
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
                Ok(0) => return Ok(Heard::Nothing),
                Ok(_) => {
                    let ready = other.is_some() && fds.first().and_then(PollFd::any) == Some(true);
                    return Ok(if ready { Heard::Other } else { Heard::Farewell });
                }
            }
        }
    }
}

/// A timeout of poll(2) that is not shorter: it counts whole milliseconds, and whoever waits for the rest of one with none
/// looks a thousand times.
pub(super) fn at_least(time: Duration) -> PollTimeout {
    let rounded = time.as_nanos().div_ceil(1_000_000);
    u64::try_from(rounded).ok().and_then(|ms| PollTimeout::try_from(ms).ok()).unwrap_or(PollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{Write, pipe};

    use nix::sys::socket::{Shutdown, shutdown};

    use super::*;
    use crate::kernel::socket;

    #[test]
    fn it_is_heard_before_what_was_asked_is_read() {
        let (ui, stage) = socket::pair().unwrap();
        let farewell = Farewell::of(&stage).unwrap();
        socket::send(&ui, b"a question", None).unwrap();
        assert!(!farewell.said() && !farewell.pause(Duration::from_millis(2)));
        shutdown(std::os::fd::AsRawFd::as_raw_fd(&ui), Shutdown::Write).unwrap();
        assert!(farewell.said());
        assert!(farewell.pause(Duration::from_hours(1)), "at once");
        assert!(socket::receive(&stage, 64).unwrap().is_some(), "and what was asked is still there");
    }

    #[test]
    fn the_rest_of_a_millisecond_is_waited_for_too() {
        for (us, ms) in [(0, 0), (1, 1), (1000, 1), (1001, 2), (94_500, 95)] {
            assert_eq!(at_least(Duration::from_micros(us)), PollTimeout::try_from(ms).unwrap(), "{us}");
        }
        assert_eq!(at_least(Duration::MAX), PollTimeout::MAX);
    }

    #[test]
    fn who_dies_says_it_too_and_what_is_waited_for_comes_first() {
        let (ui, stage) = socket::pair().unwrap();
        let farewell = Farewell::of(&stage).unwrap();
        let (read, mut write) = pipe().unwrap();
        let soon = || Instant::now() + Duration::from_millis(2);
        assert_eq!(farewell.wait(Some(&read), soon()), Ok(Heard::Nothing));
        drop(ui);
        assert_eq!(farewell.wait(Some(&read), soon()), Ok(Heard::Farewell));
        write.write_all(b"!").unwrap();
        assert_eq!(farewell.wait(Some(&read), soon()), Ok(Heard::Other));
        assert_eq!(Farewell::default().wait(None::<&OwnedFd>, soon()), Ok(Heard::Nothing));
    }
}
