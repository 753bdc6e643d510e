//! Notes of the cgroups that a session makes, one path a line, each written before its directory is made: what the
//! kernel does not take away when whoever made it dies.

use std::{
    fs::{self, File},
    hash::{BuildHasher, Hasher, RandomState},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::libc;

use super::directory;
use crate::kernel::Linux;

/// The file in a session's directory.
pub const NAME: &str = "cgroups";

/// What the directories are called that a process makes, whoever has that number.
fn prefix(pid: u32) -> String {
    format!("korobka-{pid}-")
}

/// What directories made by this process are called from now on. Its number alone is not enough: in another PID namespace
/// somebody else has the same, and two containers may share their cgroups.
pub(super) fn mark() -> String {
    // The standard library asks the kernel for these keys.
    let random = RandomState::new().build_hasher().finish() & 0xffff_ffff;
    format!("{}{random:08x}-", prefix(std::process::id()))
}

/// The notes of one session.
#[derive(Clone, Debug)]
pub struct Notes {
    path: PathBuf,
}

impl Notes {
    /// In a session's directory; nothing is written yet.
    pub fn of(session: &Path) -> Self {
        Self { path: session.join(NAME) }
    }

    /// Notes directories that are about to be made, all in one write.
    pub fn add<'a>(&self, dirs: impl IntoIterator<Item = &'a Path>) -> io::Result<()> {
        let mut lines = String::new();
        for dir in dirs {
            lines.push_str(&dir.to_string_lossy());
            lines.push('\n');
        }
        let mut file = File::options().append(true).create(true).mode(0o600).open(&self.path)?;
        file.write_all(lines.as_bytes())
    }
}

/// Ends whoever is in the cgroups that a dead session noted, and removes them. A path that does not name a directory
/// as the process `pid` makes them, in a file system of cgroups, is passed over.
pub fn sweep(session: &Path, pid: u32) -> io::Result<Vec<PathBuf>> {
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let text = match options.open(session.join(NAME)).and_then(io::read_to_string) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut removed = Vec::new();
    let ours = prefix(pid);
    let dirs: Vec<&Path> = text.lines().map(Path::new).filter(|dir| is_ours(dir, &ours)).collect();
    // In v1 nobody who is frozen dies, whichever of his directories he is met in.
    for dir in &dirs {
        directory::thaw(&mut Linux, dir).map_err(|(_, errno)| io::Error::from(errno))?;
    }
    for dir in dirs {
        let gone = directory::empty(&mut Linux, dir).and_then(|()| directory::remove(&mut Linux, dir));
        gone.map_err(|(_, errno)| io::Error::from(errno))?;
        removed.push(dir.to_owned());
    }
    fs::remove_file(session.join(NAME))?;
    Ok(removed)
}

fn is_ours(dir: &Path, prefix: &str) -> bool {
    let named = dir.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(prefix));
    let plain = dir.is_absolute() && !dir.components().any(|part| part == std::path::Component::ParentDir);
    let real = fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_dir());
    named && plain && real && directory::is_cgroup(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_marks_are_the_same_and_each_names_its_process() {
        let (one, other) = (mark(), mark());
        assert_ne!(one, other);
        let ours = prefix(std::process::id());
        assert!(one.starts_with(&ours) && other.starts_with(&ours), "{one} {other}");
        assert_eq!(one.len(), ours.len() + 9);
    }

    #[test]
    fn only_cgroups_named_as_ours_are_taken() {
        let home = tempfile::tempdir().unwrap();
        let mine = home.path().join("korobka-7-box");
        fs::create_dir(&mine).unwrap();
        let notes = Notes::of(home.path());
        notes.add([mine.as_path(), Path::new("/sys/fs/cgroup")]).unwrap();
        notes.add([Path::new("korobka-7-x"), Path::new("/nowhere/korobka-7-y")]).unwrap();
        assert_eq!(sweep(home.path(), 7).unwrap(), Vec::<PathBuf>::new());
        assert!(mine.exists(), "it is called so, but is no cgroup");
        assert!(!home.path().join(NAME).exists());
        assert_eq!(sweep(home.path(), 7).unwrap(), Vec::<PathBuf>::new(), "no notes, nothing to do");
    }
}
