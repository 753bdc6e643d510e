//! Following a process: a role of this program, one thread, that looks again and again and tells whoever started it. It
//! reads, and sends a witness; it changes nothing.
//!
//! A process apart, since a witness is a fork, and what has several threads may not go on after one.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::Signal,
    unistd::getppid,
};
use serde::{Deserialize, Serialize};

use super::{Inspection, cgroups, look, own_and_theirs, witnessed};
use crate::{
    kernel::{process, socket},
    lab::{
        fact::{Fact, FactId},
        limit::Group,
        observation::{Observation, Value},
        sight::Sight,
    },
    probe::{Facts, limits::LimitReader, process::ProcessReader, rights},
    stage::wire::{self, WireError},
};

/// The name of the observer, for `ps` and for whoever looks for it from inside.
const NAME: &std::ffi::CStr = c"korobka-eyes";
/// Between two looks: the rate of the labs.
const PERIOD: Duration = Duration::from_millis(100);
/// A pulse is cheap; the whole is looked at when it has moved, and every so many looks.
const WHOLE_EVERY: u32 = 10;
/// More is not sent, so that what is said fits a packet.
const MOST_OVERLAYS: usize = 8;
/// Of each.
const MOST_LAYERS: usize = 40;

const PROC: &str = "/proc";
const ROOT: &str = "/";

/// What the observer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum Said {
    /// It was looked at, and something is new.
    Seen {
        /// What it is. Its facts are in the observation.
        inspection: Box<Inspection>,
        /// Every number, at this moment.
        observation: Observation,
    },
    /// The process has ended.
    Ended,
    /// It may not be seen any more.
    Unseen {
        /// A symbolic error.
        errno: String,
    },
}

/// The role: looks at a process and says what is new, until it ends or nobody listens.
pub fn run(socket: &OwnedFd, pid: i32) -> Result<(), WireError> {
    if socket::peer(socket)? != getppid() {
        return Err(Errno::EPERM.into());
    }
    process::die_with_parent(Signal::SIGKILL, getppid().as_raw())?;
    process::rename(NAME)?;
    let mut eyes = match Eyes::open(pid) {
        Ok(eyes) => eyes,
        Err(error) => return wire::send(socket, &last_words(&error), None),
    };
    loop {
        let began = Instant::now();
        match eyes.look() {
            Ok(Some(seen)) => wire::send(socket, &seen, None)?,
            Ok(None) => {}
            Err(error) => return wire::send(socket, &last_words(&error), None),
        }
        let wait = PERIOD.saturating_sub(began.elapsed());
        let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO)) {
            // nothing is ever said to an observer: this is the end
            Ok(1..) => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn last_words(error: &io::Error) -> Said {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ESRCH | Errno::ENOENT) => Said::Ended,
        Some(errno) => Said::Unseen { errno: format!("{errno:?}") },
        None => Said::Unseen { errno: error.kind().to_string() },
    }
}

/// Readers that keep what they have open.
struct Eyes {
    pid: i32,
    reader: ProcessReader,
    limits: LimitReader,
    looks: u32,
    pulse: Facts,
    /// The whole, as it was looked at last.
    whole: Option<Inspection>,
    facts: Facts,
    said: Option<Said>,
}

impl Eyes {
    fn open(pid: i32) -> io::Result<Self> {
        Ok(Self {
            pid,
            reader: ProcessReader::open(Path::new(PROC), pid)?,
            limits: LimitReader::new(Path::new(ROOT), Path::new(ROOT), None),
            looks: 0,
            pulse: Facts::new(),
            whole: None,
            facts: Facts::new(),
            said: None,
        })
    }

    /// What is new. Fails where the process is gone: the descriptors are of this process and of no other with its number.
    fn look(&mut self) -> io::Result<Option<Said>> {
        let pulse = self.reader.pulse()?;
        if pulse != self.pulse || self.looks.is_multiple_of(WHOLE_EVERY) || self.whole.is_none() {
            self.pulse = pulse;
            self.look_at_the_whole()?;
        }
        self.looks = self.looks.wrapping_add(1);
        let Some(whole) = &self.whole else { return Ok(None) };
        let mut facts = self.facts.clone();
        let mut used = Facts::new();
        self.limits.read(&mut used);
        if let Some(Value::List(members)) = used.get_mut(&FactId::host(Fact::LimitMembers)) {
            // its name among the groups of a lab
            let name = format!("{}: ", Group::Box.name());
            for line in members {
                *line = line.strip_prefix(&name).unwrap_or(line).to_owned();
            }
        }
        // a cgroup that has no such file has nothing to show; the disk is that of a lab's box
        used.retain(|id, value| {
            !matches!(value, Value::Missing { .. }) && !matches!(id.fact, Fact::DiskSize | Fact::DiskFree)
        });
        facts.extend(used);
        let observation = Observation { pid: self.pid, facts };
        let said = Said::Seen { inspection: Box::new(whole.clone()), observation };
        if self.said.as_ref() == Some(&said) {
            return Ok(None);
        }
        self.said = Some(said.clone());
        Ok(Some(said))
    }

    fn look_at_the_whole(&mut self) -> io::Result<()> {
        let (proc_root, files) = (Path::new(PROC), Path::new(ROOT));
        if zombie(self.pid) {
            return Err(Errno::ESRCH.into());
        }
        let outside = self.reader.read(files)?;
        let inside = witnessed(self.pid, &[Sight::Limits]);
        let told = inside.as_ref().map(|view| view.facts.clone()).unwrap_or_default();
        let mut whole = look(proc_root, files, self.pid, outside.facts, &inside)?;
        // what was just read of a number belongs to this process only if it is still there
        self.reader.pulse()?;
        let (here, theirs, ours) = own_and_theirs(proc_root, self.pid);
        self.limits.set_places(cgroups::places(files, &here, &theirs, &ours));
        self.facts = std::mem::take(&mut whole.facts)
            .into_iter()
            .filter_map(|(id, value)| Some((id.parse::<FactId>().ok()?, value)))
            .collect();
        self.facts.extend(told.into_iter().filter(|(id, _)| id.fact.sight() == Sight::Limits));
        self.facts.extend(rights::read(&proc_root.join("self"), FactId::host));
        self.facts.extend(rights::read(&proc_root.join(self.pid.to_string()), FactId::subject));
        whole.overlays.truncate(MOST_OVERLAYS);
        whole.overlays.iter_mut().for_each(|overlay| overlay.lower.truncate(MOST_LAYERS));
        self.whole = Some(whole);
        Ok(())
    }
}

/// Whether it has ended, and its parent has not noticed.
fn zombie(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("{PROC}/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && line.contains("Z (zombie)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_crosses_a_socket() {
        let mut eyes = Eyes::open(std::process::id().cast_signed()).unwrap();
        let Ok(Some(said)) = eyes.look() else { panic!("something is new at first") };
        let json = serde_json::to_vec(&said).unwrap();
        assert_eq!(serde_json::from_slice::<Said>(&json).unwrap(), said);
        let Said::Seen { inspection, observation } = said else { panic!("it lives") };
        assert!(inspection.facts.is_empty() && inspection.switches.len() == 9);
        assert!(observation.get(FactId::subject(Fact::NsUts)).is_some());
        assert!(observation.get(FactId::subject(Fact::RightsFilters)).is_some());
    }

    #[test]
    fn a_process_that_is_gone_has_ended() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let mut eyes = Eyes::open(child.id().cast_signed()).unwrap();
        assert!(matches!(eyes.look(), Ok(Some(Said::Seen { .. }))));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(eyes.look().map_err(|error| last_words(&error)), Err(Said::Ended));
        assert_eq!(Eyes::open(0).map(drop).map_err(|error| last_words(&error)), Err(Said::Ended));
    }
}
