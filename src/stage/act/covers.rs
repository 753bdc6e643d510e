//! Covers over files: a read-only root, masked and read-only files of /proc; and how to take them off again. A container
//! runtime puts them on before it gives up the right to mount.

use std::path::Path;

use nix::mount::{MntFlags, MsFlags};

use super::{Call, Failure, Kernel, call};
use crate::{
    kernel::linux::mount_flags,
    probe::{
        mountinfo,
        rights::{MASKED, READ_ONLY},
    },
};

/// The root mount becomes read-only; the file system below it stays as it is.
pub(super) fn read_only_root(kernel: &mut dyn Kernel) -> Result<(), Failure> {
    call(kernel, &remount("/", true)).map(|_| ())
}

/// Files are covered with /dev/null, which is always empty, directories with an empty file system; what only may not be
/// written is bound to itself first, since a mount is what can be made read-only.
pub(super) fn mask(kernel: &mut dyn Kernel) -> Result<(), Failure> {
    for path in there(&MASKED) {
        let flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        let cover = if Path::new(path).is_dir() {
            mount("tmpfs", path, "tmpfs", flags, "size=4k")
        } else {
            mount("/dev/null", path, "", MsFlags::MS_BIND, "")
        };
        call(kernel, &cover)?;
    }
    for path in there(&READ_ONLY) {
        call(kernel, &mount(path, path, "", MsFlags::MS_BIND | MsFlags::MS_REC, ""))?;
        call(kernel, &remount(path, true))?;
    }
    Ok(())
}

/// Every cover comes off and the root becomes writable.
pub(super) fn uncover(kernel: &mut dyn Kernel) -> Result<(), Failure> {
    for path in mounted(&MASKED).into_iter().chain(mounted(&READ_ONLY)) {
        call(kernel, &umount(path))?;
    }
    call(kernel, &remount("/", false)).map(|_| ())
}

/// A mount, read-only or not; the flags that it has are kept, since some may be locked, `mount_namespaces(7)`.
pub(super) fn remount(path: &str, read_only: bool) -> Call {
    let mut flags = mount_flags(path).unwrap_or(MsFlags::empty());
    flags.set(MsFlags::MS_RDONLY, read_only);
    mount("none", path, "", MsFlags::MS_BIND | MsFlags::MS_REMOUNT | flags, "")
}

/// Takes one mount off a path.
pub(super) fn umount(path: &str) -> Call {
    Call::Umount { target: path.to_owned(), flags: MntFlags::MNT_DETACH }
}

fn mount(source: &str, target: &str, fstype: &str, flags: MsFlags, data: &str) -> Call {
    let [source, target, fstype, data] = [source, target, fstype, data].map(str::to_owned);
    Call::Mount { source, target, fstype, flags, data }
}

fn there(paths: &[&'static str]) -> Vec<&'static str> {
    paths.iter().copied().filter(|path| Path::new(path).exists()).collect()
}

/// Those on which something is mounted.
fn mounted(paths: &[&'static str]) -> Vec<&'static str> {
    let mounts = mountinfo::parse(&std::fs::read("/proc/self/mountinfo").unwrap_or_default());
    let on = |path: &&str| mounts.iter().any(|mount| mount.point == Path::new(path));
    paths.iter().copied().filter(on).collect()
}
