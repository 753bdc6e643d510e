//! `mount(2)`: puts a file system on a directory, in the subject's mount namespace.

use nix::mount::MsFlags;

use super::{Call, Failure, Kernel, call};
use crate::lab::action::MountKind;

pub(super) fn act(kernel: &mut dyn Kernel, what: MountKind, target: &str) -> Result<(), Failure> {
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let (source, fstype, flags, data) = match what {
        MountKind::Proc => ("proc", "proc", quiet | MsFlags::MS_NOEXEC, ""),
        MountKind::Tmpfs => ("tmpfs", "tmpfs", quiet, "mode=0755,size=16m"),
        MountKind::LargeTmpfs => ("tmpfs", "tmpfs", quiet, "mode=0755,size=256m"),
        MountKind::Devpts => (
            "devpts",
            "devpts",
            MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC,
            "newinstance,ptmxmode=0666,mode=0620",
        ),
        MountKind::Bind => (target, "", MsFlags::MS_BIND, ""),
    };
    call(
        kernel,
        &Call::Mount {
            source: source.to_owned(),
            target: target.to_owned(),
            fstype: fstype.to_owned(),
            flags,
            data: data.to_owned(),
        },
    )
    .map(|_| ())
}
