//! Calls on files below the box directory, resolved without symbolic links.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::OwnedFd,
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2, renameat},
    sys::stat::{FchmodatFlags, Mode, SFlag, fchmodat, fstatat, mkdirat},
    unistd::{LinkatFlags, UnlinkatFlags, linkat, unlinkat},
};

use super::open_dir;
use crate::kernel::{
    call::file::{Deed, FileCall, How},
    errno_of,
};

/// The most that is read of a file, in bytes.
const MOST: u64 = 64 * 1024 * 1024;
const CHUNK: usize = 1024 * 1024;

/// A directory without links on the way to it, and a name in it.
struct Spot<'a> {
    dir: OwnedFd,
    name: &'a str,
}

impl<'a> Spot<'a> {
    fn find(root: &str, path: &'a str) -> Result<Self, Errno> {
        let below = path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')).ok_or(Errno::EXDEV)?;
        let (parent, name) = below.rsplit_once('/').unwrap_or((".", below));
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
        Ok(Self { dir: openat2(open_dir(root)?, parent, how)?, name })
    }

    fn open(&self, flags: OFlag) -> Result<File, Errno> {
        let flags = flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(&self.dir, self.name, flags, Mode::from_bits_truncate(0o644)).map(File::from)
    }
}

/// Carries one out.
pub(super) fn call(call: &FileCall) -> Result<i64, Errno> {
    let spot = Spot::find(&call.root, &call.path)?;
    match &call.deed {
        Deed::Open(how) => spot.open(OFlag::O_WRONLY | flags(*how)).map(|_closed| 0),
        Deed::Append(text) => {
            let mut file = spot.open(OFlag::O_WRONLY | OFlag::O_APPEND)?;
            file.write_all(text.as_bytes()).map_err(|error| errno_of(&error))?;
            length(text.len() as u64)
        }
        Deed::Fill(bytes) => fill(&spot, *bytes),
        Deed::Read => read(&spot),
        Deed::Mkdir => mkdirat(&spot.dir, spot.name, Mode::from_bits_truncate(0o755)).map(|()| 0),
        Deed::Unlink => unlinkat(&spot.dir, spot.name, UnlinkatFlags::NoRemoveDir).map(|()| 0),
        Deed::Rmdir => unlinkat(&spot.dir, spot.name, UnlinkatFlags::RemoveDir).map(|()| 0),
        Deed::Chmod(mode) => chmod(&spot, *mode),
        Deed::Rename(to) => {
            let to = Spot::find(&call.root, to)?;
            renameat(&spot.dir, spot.name, &to.dir, to.name).map(|()| 0)
        }
        Deed::Link(to) => {
            let to = Spot::find(&call.root, to)?;
            linkat(&spot.dir, spot.name, &to.dir, to.name, LinkatFlags::empty()).map(|()| 0)
        }
    }
}

fn flags(how: How) -> OFlag {
    match how {
        How::Create => OFlag::O_CREAT | OFlag::O_EXCL,
        How::Truncate => OFlag::O_TRUNC,
        How::Append => OFlag::O_APPEND,
    }
}

fn length(bytes: u64) -> Result<i64, Errno> {
    i64::try_from(bytes).map_err(|_too_large| Errno::EOVERFLOW)
}

fn fill(spot: &Spot<'_>, bytes: u64) -> Result<i64, Errno> {
    let mut file = spot.open(OFlag::O_WRONLY | flags(How::Create))?;
    let chunk = vec![b'x'; CHUNK];
    let mut left = usize::try_from(bytes).map_err(|_too_large| Errno::EFBIG)?;
    while left > 0 {
        let part = chunk.get(..left.min(CHUNK)).unwrap_or_default();
        file.write_all(part).map_err(|error| errno_of(&error))?;
        left -= part.len();
    }
    length(bytes)
}

fn read(spot: &Spot<'_>) -> Result<i64, Errno> {
    let mut file = spot.open(OFlag::O_RDONLY)?.take(MOST);
    let mut buffer = vec![0; CHUNK];
    let mut sum = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return length(sum),
            Ok(n) => sum += n as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(errno_of(&error)),
        }
    }
}

/// `fchmodat(2)` follows a link at the end of the path, so a link is refused first.
fn chmod(spot: &Spot<'_>, mode: u32) -> Result<i64, Errno> {
    let stat = fstatat(&spot.dir, spot.name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
    if stat.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFLNK.bits() {
        return Err(Errno::ELOOP);
    }
    fchmodat(&spot.dir, spot.name, Mode::from_bits_truncate(mode), FchmodatFlags::FollowSymlink).map(|()| 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(root: &str, path: &str, deed: Deed) -> Result<i64, Errno> {
        call(&FileCall { root: root.to_owned(), path: format!("{root}/{path}"), deed })
    }

    #[test]
    fn files_are_made_changed_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_str().unwrap();
        assert_eq!(made(root, "d", Deed::Mkdir), Ok(0));
        assert_eq!(made(root, "d/f", Deed::Fill(3_000_000)), Ok(3_000_000));
        assert_eq!(made(root, "d/f", Deed::Open(How::Create)), Err(Errno::EEXIST));
        assert_eq!(made(root, "d/f", Deed::Append("y".to_owned())), Ok(1));
        assert_eq!(made(root, "d/f", Deed::Read), Ok(3_000_001));
        assert_eq!(made(root, "d/f", Deed::Open(How::Truncate)), Ok(0));
        assert_eq!(made(root, "d/f", Deed::Link(format!("{root}/g"))), Ok(0));
        assert_eq!(made(root, "g", Deed::Rename(format!("{root}/d/h"))), Ok(0));
        assert_eq!(made(root, "d", Deed::Rmdir), Err(Errno::ENOTEMPTY));
        for name in ["d/f", "d/h"] {
            assert_eq!(made(root, name, Deed::Unlink), Ok(0));
        }
        assert_eq!(made(root, "d", Deed::Rmdir), Ok(0));
    }

    #[test]
    fn no_link_leads_out() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = dir.path().to_str().unwrap();
        std::fs::write(outside.path().join("f"), "mine").unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("d")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("f"), dir.path().join("f")).unwrap();
        for deed in [Deed::Append("x".to_owned()), Deed::Unlink, Deed::Chmod(0o600), Deed::Read] {
            assert_eq!(made(root, "d/f", deed.clone()), Err(Errno::ELOOP), "{deed:?}");
        }
        for deed in [Deed::Append("x".to_owned()), Deed::Open(How::Truncate), Deed::Chmod(0), Deed::Read] {
            assert_eq!(made(root, "f", deed.clone()), Err(Errno::ELOOP), "{deed:?}");
        }
        assert_eq!(made(root, "../x", Deed::Mkdir), Err(Errno::EXDEV));
        let elsewhere = FileCall { root: root.to_owned(), path: "/tmp/x".to_owned(), deed: Deed::Mkdir };
        assert_eq!(call(&elsewhere), Err(Errno::EXDEV));
        assert_eq!(std::fs::read_to_string(outside.path().join("f")).unwrap(), "mine");
    }
}
