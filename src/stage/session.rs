//! A session's directory: the only thing that a stage makes outside namespaces. A lock file in it says that its stage
//! lives; the janitor ([`super::janitor`]) removes those whose stage does not.
//!
//! ```text
//! <runtime directory>/korobka/session-4242/lock    held with flock(2) while the stage lives
//!                                          cgroups where it made cgroups, see [`crate::cgroup::notes`]
//!                                          dial    while the dial measures: the root of a box
//!                                          asked   while the dial measures: files that the box is asked about
//!                                          image   a disk of the box's own, as a file, where a lab makes one
//!                                          box     an empty directory, $BOX: what a lab mounts its new root on
//! ```

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
    libc,
    unistd::geteuid,
};

/// What the directories of sessions begin with.
pub const PREFIX: &str = "session-";

/// How many sessions may be called by the same number.
const NAMES: u32 = 10;

/// How long whoever sweeps may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks whether it has been swept.
const POLL: Duration = Duration::from_micros(500);

/// How often the parent may vanish while a session begins.
const TRIES: usize = 100;

/// Why a session's directory could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A directory could not be made or read.
    #[error("cannot make {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else's directory stands where ours should.
    #[error("{path} does not belong to user {uid}, or others may write to it")]
    NotOurs {
        /// Which.
        path: PathBuf,
        /// Who we are.
        uid: u32,
    },
}

/// The directory of a living session.
#[derive(Debug)]
pub struct Session {
    dir: PathBuf,
    lock: Flock<File>,
}

impl Session {
    /// Makes and locks a directory below `parent` (made with mode 0700 if need be), and `$BOX` in it.
    pub fn create(parent: &Path) -> Result<Self, SessionError> {
        let session = Self::bare(parent)?;
        let path = session.box_dir();
        fs::create_dir(&path).map_err(|source| SessionError::Io { path, source })?;
        Ok(session)
    }

    /// The same without `$BOX`, for whoever only keeps notes in it.
    pub fn bare(parent: &Path) -> Result<Self, SessionError> {
        let (dir, _nobody_sweeps) = make_one(parent)?;
        let path = dir.join("lock");
        let lock = File::create_new(&path)
            .and_then(|file| Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, e)| e.into()))
            .map_err(|source| SessionError::Io { path, source })?;
        Ok(Self { dir, lock })
    }

    /// `$BOX`.
    pub fn box_dir(&self) -> PathBuf {
        self.dir.join("box")
    }

    /// The directory itself, where what the session makes elsewhere is noted.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes the directory; nothing is mounted on it in this namespace.
    pub fn remove(self) -> io::Result<()> {
        let _nobody_begins = alone(self.dir.parent().unwrap_or(&self.dir))?;
        remove(&self.dir)?;
        drop(self.lock);
        Ok(())
    }
}

/// Removes a session's directory by the names that a stage makes, never by what happens to be there. For whoever is
/// [`alone`].
pub(super) fn remove(dir: &Path) -> io::Result<()> {
    absent_is_fine(fs::remove_file(dir.join(crate::cgroup::notes::NAME)))?;
    absent_is_fine(fs::remove_file(dir.join("lock")))?;
    // Of many a session that is all.
    if let Err(error) = absent_is_fine(fs::remove_dir(dir)) {
        if error.kind() != io::ErrorKind::DirectoryNotEmpty {
            return Err(error);
        }
        super::dial::directory::remove(dir)?;
        remove_image(dir)?;
        absent_is_fine(fs::remove_dir(dir.join("box")))?;
        absent_is_fine(fs::remove_dir(dir))?;
    }
    // the last session takes the parent with it; where there are others, it is not empty and stays
    dir.parent().and_then(|parent| fs::remove_dir(parent).ok());
    Ok(())
}

/// Makes a directory under our number. In another PID namespace somebody else has it too, and one that died may have had
/// it: there are other names.
fn make_one(parent: &Path) -> Result<(PathBuf, Flock<File>), SessionError> {
    let name = format!("{PREFIX}{}", std::process::id());
    let others = (1..NAMES).map(|n| format!("{name}-{n}"));
    let mut taken = None;
    for name in std::iter::once(name.clone()).chain(others) {
        let dir = parent.join(name);
        match make(parent, &dir) {
            Ok(alone) => return Ok((dir, alone)),
            Err(SessionError::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {
                taken = Some(source);
            }
            Err(other) => return Err(other),
        }
    }
    let source = taken.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into());
    Err(SessionError::Io { path: parent.join(name), source })
}

/// Removes the image of a box: the space is given back when no loop device stands for it any more.
pub(super) fn remove_image(dir: &Path) -> io::Result<()> {
    absent_is_fine(fs::remove_file(dir.join(crate::kernel::disk::IMAGE)))
}

/// Makes the directory of a session; until what it returns is dropped, nobody sweeps. A session that ends at this moment
/// may take the parent with it: it is made again then.
fn make(parent: &Path, dir: &Path) -> Result<Flock<File>, SessionError> {
    let failed = |source| SessionError::Io { path: dir.to_owned(), source };
    let made = || {
        private_dir(parent)?;
        let alone = alone(parent).map_err(failed)?;
        fs::DirBuilder::new().mode(0o700).create(dir).map(|()| alone).map_err(failed)
    };
    // Whether it is there, and then not, or the other way about: what was not made may be made now.
    let vanished = |error: &SessionError| {
        matches!(error, SessionError::Io { source, .. }
        if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists))
    };
    let mut tried = made();
    for _ in 1..TRIES {
        if !tried.as_ref().is_err_and(vanished) {
            break;
        }
        tried = made();
    }
    tried
}

/// Locks the directory of sessions itself: between the making of a session's directory and of the lock in it, a session
/// looks as if it were dead.
pub(super) fn alone(parent: &Path) -> io::Result<Flock<File>> {
    let until = Instant::now() + PATIENCE;
    let mut file = File::open(parent)?;
    let locked = loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => break locked,
            // Whoever has stopped a janitor must not keep everybody from beginning: it is said instead.
            Err((again, Errno::EWOULDBLOCK)) if Instant::now() < until => file = again,
            Err((_, errno)) => return Err(errno.into()),
        }
        std::thread::sleep(POLL);
    };
    // While we waited for it, it may have been removed and another one made.
    let (ours, now) = (locked.metadata()?, fs::metadata(parent)?);
    if ours.ino() == now.ino() { Ok(locked) } else { Err(io::ErrorKind::NotFound.into()) }
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes a directory that only its owner may enter, or checks that it is one.
fn private_dir(path: &Path) -> Result<(), SessionError> {
    let io_error = |source| SessionError::Io { path: path.to_owned(), source };
    fs::DirBuilder::new().mode(0o700).recursive(true).create(path).map_err(io_error)?;
    let ours = is_ours(path).map_err(io_error)?;
    if ours { Ok(()) } else { Err(SessionError::NotOurs { path: path.to_owned(), uid: geteuid().as_raw() }) }
}

/// Whether it is a directory of ours, no link, that nobody else may write to.
pub(super) fn is_ours(path: &Path) -> io::Result<bool> {
    let meta = fs::symlink_metadata(path)?;
    Ok(meta.is_dir() && meta.uid() == geteuid().as_raw() && meta.mode() & 0o022 == 0)
}

/// Where sessions live: below the given state directory, else in `$XDG_RUNTIME_DIR`, else in /tmp under the user's number.
pub fn parent_dir(root_dir: Option<&Path>, runtime_dir: Option<&Path>) -> PathBuf {
    match (root_dir, runtime_dir) {
        (Some(root), _) => root.join("sessions"),
        (None, Some(runtime)) if runtime.is_dir() => runtime.join("korobka"),
        _ => PathBuf::from(format!("/tmp/korobka-{}", geteuid())),
    }
}

/// The process whose session a directory is.
pub(super) fn pid_of(dir: &Path) -> Option<u32> {
    dir.file_name()?.to_str()?.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

/// Whether nobody holds a session's lock: its stage is gone. `None` where that cannot be told.
pub(super) fn abandoned(dir: &Path) -> Option<bool> {
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = match options.open(dir.join("lock")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(true),
        Err(_) => return None,
    };
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(_) => Some(true),
        Err((_, Errno::EWOULDBLOCK)) => Some(false),
        Err(_) => None,
    }
}
