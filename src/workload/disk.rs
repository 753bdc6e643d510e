//! Workloads that use a disk. Their files have no name, `O_TMPFILE` of `open(2)`: whatever ends them, nothing is left.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use nix::{errno::Errno, libc, sys::statvfs::statvfs};

use super::MOST_BYTES;
use crate::{
    cgroup::device,
    kernel::{Call, Kernel, Linux, errno_of, rights},
    lab::capability::{Capability, mask},
};

/// One write, in bytes: what every disk takes at once.
const PIECE: usize = 64 << 10;

/// The file of the writer and the reader: written from its start again when it is so long, in bytes.
const FILE: u64 = 96 << 20;

/// How much must be free before that, in bytes.
const AMPLE: u64 = 1 << 30;

/// Writes past the cache, `O_DIRECT`: what the kernel lets through is what the disk gets.
pub(super) fn writer() -> Result<(), Errno> {
    let file = nameless(libc::O_DIRECT)?;
    // The file system wants memory on the boundary of a block.
    let room = vec![1_u8; PIECE + 4096];
    let start = room.as_ptr().align_offset(4096);
    let piece = room.get(start..start + PIECE).ok_or(Errno::EINVAL)?;
    let mut written = 0;
    while written < MOST_BYTES {
        file.write_all_at(piece, written % (8 << 20)).map_err(failed)?;
        written += PIECE as u64;
    }
    super::hold();
    Ok(())
}

/// Writes and reads a file by the cache: the kernel keeps its pages, on the account of this cgroup.
pub(super) fn reader() -> Result<(), Errno> {
    let file = nameless(0)?;
    let mut piece = vec![1_u8; PIECE];
    for at in (0..FILE).step_by(PIECE) {
        file.write_all_at(&piece, at).map_err(failed)?;
    }
    for at in (0..FILE).step_by(PIECE) {
        file.read_exact_at(&mut piece, at).map_err(failed)?;
    }
    super::hold();
    Ok(())
}

/// Fills the file system of the box directory, which must be a small one of its own.
pub(super) fn filler(dir: &Path) -> Result<(), Errno> {
    let (own, above) = (statvfs(dir)?, statvfs(&dir.join(".."))?);
    let size = own.blocks() * own.fragment_size();
    if own.filesystem_id() == above.filesystem_id() || size == 0 || size > MOST_BYTES {
        return Err(Errno::EPERM);
    }
    // Who has it passes every quota: the kernel counts and refuses nothing.
    let rights = rights::permitted()? & !mask(&[Capability::SysResource]);
    Linux.call(&Call::SetCapabilities(rights))?;
    let path = dir.join("fill");
    // A link of this name would lead out of the small file system.
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).custom_flags(libc::O_NOFOLLOW);
    let mut file = options.open(&path).map_err(failed)?;
    let piece = vec![1_u8; PIECE];
    let mut filled = Ok(());
    for _ in 0..=size / PIECE as u64 {
        filled = file.write_all(&piece).map_err(failed);
        if filled.is_err() {
            break;
        }
    }
    // What it wrote shall be on the disk, not in the cache, before anybody looks there.
    file.sync_data().ok();
    filled
}

fn nameless(flags: i32) -> Result<File, Errno> {
    let scratch = device::scratch().ok_or(Errno::ENODEV)?;
    let disk = statvfs(&scratch.dir)?;
    ample(disk.blocks_available().saturating_mul(disk.fragment_size()))?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_TMPFILE | flags).mode(0o600);
    options.open(scratch.dir).map_err(failed)
}

/// Whether so many free bytes are enough for the machine not to notice: others write to this disk too. `ENOSPC`, as if
/// it were full.
const fn ample(free: u64) -> Result<(), Errno> {
    if free < AMPLE { Err(Errno::ENOSPC) } else { Ok(()) }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(error: io::Error) -> Errno {
    errno_of(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_nearly_full_is_left_alone() {
        assert_eq!(ample(FILE), Err(Errno::ENOSPC));
        assert_eq!(ample(4 * MOST_BYTES), Ok(()));
    }
}
