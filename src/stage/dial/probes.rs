//! The eight questions, asked from inside a box and answered by what the kernel does; two are settled from outside.

use std::{
    fs::{self, File},
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, openat},
    sys::{signal::Signal, stat::Mode, wait::waitpid},
    unistd::{Pid, close, gethostname, getpid, pipe, read},
};

use super::{
    Dial,
    directory::{LEFT, OWNER, Place, TOKEN},
};
use crate::{
    kernel::{
        Call, Kernel, Linux, attempt::attempt, errno_of, forked::fork, linux::open_dir,
        process::die_with_parent,
    },
    lab::{
        dial::{Answer, Probe, Setting, Switch},
        namespace::Namespace,
    },
    stage::escape::walk_out,
};

/// How much memory is asked for, in bytes.
const MEMORY: usize = 200 << 20;
/// No page is smaller, in bytes.
const PAGE: usize = 4096;
/// How much must be free before that, in KiB: the machine must not notice.
const AMPLE: u64 = 512 << 10;
/// The same where a limit is in force, in KiB: no more than half of what is asked for can be had then.
const AMPLE_LIMITED: u64 = 256 << 10;
/// How many processes are asked for.
const FORKS: usize = 100;
/// How long the host's port may take to answer.
const PORT: Duration = Duration::from_millis(200);

/// Whoever asks: what the questions are about.
#[derive(Debug)]
pub(super) struct Asker<'a> {
    pub(super) dial: &'a Dial,
    pub(super) setting: &'a Setting,
    /// Whether the box is in a user namespace of its own: that of a plain user's chroot is, whatever the switches say.
    pub(super) apart: bool,
    pub(super) place: &'a Place,
    /// The directory of the session, open: it is reached from any root.
    pub(super) asked: &'a OwnedFd,
    /// Free memory of the host before the box was made, in KiB.
    pub(super) free: u64,
}

impl Asker<'_> {
    /// Asks everything.
    pub(super) fn ask(&self) -> Vec<Answer> {
        let answers = [
            (Probe::HostProcesses, self.host_processes()),
            (Probe::HostPort, self.host_port()),
            (Probe::Hostname, self.hostname()),
            (Probe::HostRoot, self.host_root()),
            (Probe::Memory, self.memory()),
            (Probe::Forks, forks()),
            (Probe::Survives, self.leave_a_file()),
            // Last: whoever climbs out of a chroot is out.
            (Probe::HostFiles, self.host_files()),
        ];
        let mut answers: Vec<Answer> =
            answers.into_iter().map(|(probe, (yes, seen))| Answer { probe, yes, seen }).collect();
        answers.sort_by_key(|answer| answer.probe);
        answers
    }

    fn host_processes(&self) -> Seen {
        let marker = &self.dial.marker;
        let found = fs::read_to_string(format!("/proc/{}/comm", marker.pid))
            .is_ok_and(|name| name.trim_end() == marker.name);
        let listed = fs::read_dir("/proc").map(|entries| {
            entries
                .flatten()
                .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok()))
                .count()
        });
        (Some(found), listed.map_or_else(|error| said(&error), |count| count.to_string()))
    }

    /// By its path; and where that is not there, by the way out of a `chroot(2)`.
    fn host_files(&self) -> Seen {
        let path = self.place.asked.join(TOKEN);
        let Err(error) = File::open(&path) else { return (Some(true), "open(2)".to_owned()) };
        let climbed = open_dir("/").and_then(|root| walk_out(&root)).is_ok() && File::open(&path).is_ok();
        if climbed {
            (Some(true), "chroot(2), chdir(\"..\")".to_owned())
        } else {
            (Some(false), said(&error))
        }
    }

    fn host_port(&self) -> Seen {
        let Some(port) = self.dial.port else { return (None, "-".to_owned()) };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match TcpStream::connect_timeout(&address, PORT) {
            Ok(_) => (Some(true), "connect(2)".to_owned()),
            Err(error) => (Some(false), said(&error)),
        }
    }

    /// Where the kernel would let it set the host's, it is a throw-away child in a namespace of its own that does: the
    /// right to either lies in the same user namespace. In another one the kernel asks for a right over the host's,
    /// which nobody there has, `user_namespaces(7)`.
    fn hostname(&self) -> Seen {
        let name = gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let own = self.setting.has(Switch::Uts);
        let set = || Linux.call(&Call::SetHostname(name.clone())).map(drop);
        let done = if own || self.apart {
            set()
        } else {
            attempt(|| Linux.call(&Call::Unshare(vec![Namespace::Uts])).and_then(|_| set()))
        };
        match done {
            Ok(()) => (Some(!own), name),
            Err(errno) => (Some(false), format!("{errno:?}")),
        }
    }

    /// Whose the file is the stage sees from outside.
    fn host_root(&self) -> Seen {
        match self.create(OWNER) {
            Ok(()) => (None, String::new()),
            Err(errno) => (None, format!("{errno:?}")),
        }
    }

    fn memory(&self) -> Seen {
        let ample = if self.setting.has(Switch::Cgroup) { AMPLE_LIMITED } else { AMPLE };
        if self.free < ample {
            return (None, format!("MemAvailable {} KiB", self.free));
        }
        match attempt(take_memory) {
            Ok(()) => (Some(true), "200 MiB".to_owned()),
            Err(Errno::EINTR) => (Some(false), "SIGKILL".to_owned()),
            Err(errno) => (Some(false), format!("{errno:?}")),
        }
    }

    /// In its own root if it has one; else among the host's files, in the session's directory.
    fn leave_a_file(&self) -> Seen {
        let own_root = self.setting.has(Switch::Root) || self.setting.chroot;
        let made = if own_root {
            File::create(format!("/{LEFT}")).map(drop).map_err(|error| errno_of(&error))
        } else {
            self.create(LEFT)
        };
        (None, made.err().map(|errno| format!("{errno:?}")).unwrap_or_default())
    }

    fn create(&self, name: &str) -> Result<(), Errno> {
        let flags = OFlag::O_CREAT | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
        openat(self.asked, name, flags, Mode::from_bits_truncate(0o600)).map(drop)
    }
}

/// An answer without its question.
type Seen = (Option<bool>, String);

fn said(error: &std::io::Error) -> String {
    format!("{:?}", errno_of(error))
}

/// Every page is written to: memory that is only promised costs nothing.
fn take_memory() -> Result<(), Errno> {
    // Whoever is killed for want of memory, it shall be this process; without /proc it cannot say so.
    drop(File::options().write(true).open("/proc/self/oom_score_adj").and_then(|mut f| f.write_all(b"1000")));
    Vec::<u8>::new().try_reserve_exact(MEMORY).map_err(|_refused| Errno::ENOMEM)?;
    let mut memory = vec![0_u8; MEMORY];
    memory.chunks_mut(PAGE).filter_map(<[u8]>::first_mut).for_each(|byte| *byte = 1);
    std::hint::black_box(&memory);
    Ok(())
}

/// Processes that wait for the end of a pipe, all at once.
fn forks() -> Seen {
    let (wait, hold) = match pipe() {
        Ok(pipe) => pipe,
        Err(errno) => return (None, format!("{errno:?}")),
    };
    let parent = getpid().as_raw();
    let mut children = Vec::with_capacity(FORKS);
    let mut refused = None;
    while children.len() < FORKS && refused.is_none() {
        let forked = fork(&mut Linux, &[], |_| {
            let waited = die_with_parent(Signal::SIGKILL, parent)
                .and_then(|()| close(hold.as_raw_fd()))
                .and_then(|()| read(&wait, &mut [0]));
            i32::from(waited.is_err())
        });
        match forked {
            Ok(child) => children.push(child),
            Err(errno) => refused = Some(errno),
        }
    }
    drop(hold);
    for child in &children {
        while waitpid(Pid::from_raw(*child), None) == Err(Errno::EINTR) {}
    }
    let seen =
        refused.map_or_else(|| children.len().to_string(), |errno| format!("{} {errno:?}", children.len()));
    (Some(refused.is_none()), seen)
}

/// Settles what only the host can see, when the box is gone.
pub(super) fn finish(answers: &mut [Answer], setting: &Setting, place: &Place) {
    for answer in answers {
        match answer.probe {
            Probe::HostRoot if answer.seen.is_empty() => match fs::metadata(place.asked.join(OWNER)) {
                Ok(meta) => {
                    (answer.yes, answer.seen) = (Some(meta.uid() == 0), format!("uid {}", meta.uid()));
                }
                Err(error) => answer.seen = said(&error),
            },
            Probe::Survives if answer.seen.is_empty() => {
                let own_root = setting.has(Switch::Root) || setting.chroot;
                let path = if own_root { &place.root } else { &place.asked }.join(LEFT);
                answer.yes = Some(path.exists());
                answer.seen = fs::metadata(path).err().map_or_else(|| "stat(2)".to_owned(), |e| said(&e));
            }
            _ => {}
        }
    }
}

/// Memory that can be had without harm, in KiB, `proc_meminfo(5)`.
pub(super) fn free_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
