//! What subjects run: small programs in the same binary, for a student to watch. Each has a ceiling of its own, whatever
//! the cgroup says: [`ceiling`].

use std::{
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::{
        resource::{Resource, setrlimit},
        signal::{Signal, raise},
    },
};

use crate::{kernel::process, lab::action::Workload};

mod disk;
mod greedy;

/// The most memory that a workload may map, and the most that it writes, in bytes.
pub const MOST_BYTES: u64 = 256 << 20;
/// The most processor time, in seconds.
const MOST_SECONDS: u64 = 30;
/// The longest life.
const LONGEST: Duration = Duration::from_hours(24);
/// The most processes.
const MOST_PROCESSES: usize = 64;

/// Where and how a workload begins.
#[derive(Debug)]
pub struct Beginning {
    /// Who it dies with.
    pub parent: i32,
    /// Closed when it has begun.
    pub begun: OwnedFd,
    /// Whether it stops itself first, until somebody has put it where it belongs and lets it go on.
    pub gated: bool,
    /// The box directory.
    pub box_dir: PathBuf,
}

/// Runs a workload in this (forked) process until its parent dies or it is killed; the exit code is 0 or the number of
/// the error that ended it.
pub fn run(which: Workload, beginning: Beginning) -> i32 {
    let Beginning { parent, begun, gated, box_dir } = beginning;
    let ready =
        process::die_with_parent(Signal::SIGKILL, parent).and_then(|()| name(which)).and_then(|()| ceiling());
    drop(begun);
    // Who is frozen does not die in v1: it would keep the dead subject's socket open, and nobody would hear of the death.
    process::close_inherited();
    let ready = if gated { ready.and_then(|()| raise(Signal::SIGSTOP)) } else { ready };
    let done = ready.and_then(|()| match which {
        Workload::Heartbeat => {
            hold();
            Ok(())
        }
        Workload::Clock => clock(),
        Workload::Burner => greedy::burner(),
        Workload::Eater => greedy::eater(),
        Workload::Forker => greedy::forker(),
        Workload::Reader => disk::reader(),
        Workload::Writer => disk::writer(),
        Workload::Filler => disk::filler(Path::new(&box_dir)),
    });
    done.map_or_else(|errno| errno as i32, |()| 0)
}

fn name(which: Workload) -> Result<(), Errno> {
    process::rename(match which {
        Workload::Heartbeat => c"heartbeat",
        Workload::Burner => c"burner",
        Workload::Eater => c"eater",
        Workload::Reader => c"reader",
        Workload::Writer => c"writer",
        Workload::Filler => c"filler",
        Workload::Forker => c"forker",
        Workload::Clock => c"clock",
    })
}

/// Even where a limit fails, a workload cannot harm the machine.
fn ceiling() -> Result<(), Errno> {
    setrlimit(Resource::RLIMIT_AS, MOST_BYTES, MOST_BYTES)?;
    setrlimit(Resource::RLIMIT_CPU, MOST_SECONDS, MOST_SECONDS)?;
    setrlimit(Resource::RLIMIT_FSIZE, MOST_BYTES, MOST_BYTES)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)
}

/// Does nothing for as long as a workload may live.
fn hold() {
    std::thread::sleep(LONGEST);
}

/// Tells in its name how many tenths of a second it has lived through: `clock 17`.
fn clock() -> Result<(), Errno> {
    for tick in 1_u32.. {
        let name = std::ffi::CString::new(format!("clock {tick}")).unwrap_or_default();
        process::rename(&name)?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
