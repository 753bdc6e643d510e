//! A file of /proc that stays open and is read again and again from its start: half the price of opening it each time.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// The bytes of the last read; one buffer serves all files.
pub(super) type Buffer = Vec<u8>;

/// No file of /proc that we read is longer, in bytes; in a box, anything may stand in its place.
const MOST: usize = 16 * 1024 * 1024;

/// An open file that answers for the process as it is *now*. Not for `mountinfo`, `uid_map`, `gid_map` and `sysvipc/*`:
/// those answer for the namespace of the moment they were opened.
#[derive(Debug)]
pub(super) struct Kept(File);

impl Kept {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::open(path).map(Self)
    }

    /// The whole file as it is now. ESRCH when the process is gone, even if its number was given to another; EFBIG for
    /// one that does not end.
    pub(super) fn read<'a>(&self, buffer: &'a mut Buffer) -> io::Result<&'a [u8]> {
        let mut len = 0;
        loop {
            if len > MOST {
                return Err(nix::errno::Errno::EFBIG.into());
            }
            if buffer.len() < len + 4096 {
                buffer.resize(len + 8192, 0);
            }
            let Some(free) = buffer.get_mut(len..) else { break };
            match self.0.read_at(free, len as u64) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(buffer.get(..len).unwrap_or_default())
    }
}

/// The text of a file that answers for the moment it is opened.
pub(super) fn read_now<'a>(path: &Path, buffer: &'a mut Buffer) -> io::Result<&'a [u8]> {
    Kept::open(path)?.read(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_longer_than_the_buffer_is_read_whole_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("long");
        let long = "x".repeat(50_000);
        std::fs::write(&path, &long).unwrap();
        let (kept, mut buffer) = (Kept::open(&path).unwrap(), Buffer::new());
        assert_eq!(kept.read(&mut buffer).unwrap(), long.as_bytes());
        std::fs::write(&path, "short").unwrap();
        assert_eq!(kept.read(&mut buffer).unwrap(), b"short");
    }

    #[test]
    fn a_file_that_does_not_end_is_an_error() {
        let error = read_now(Path::new("/dev/zero"), &mut Buffer::new()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(nix::libc::EFBIG));
    }
}
