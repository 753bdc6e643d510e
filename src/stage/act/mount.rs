//! `mount(2)`: puts a file system on a directory, in the subject's mount namespace.
//!
//! The directories of an overlay are made in the directory that it covers and named relative to it: a path in its options
//! could not hold a comma or a colon. `userxattr`, because in a user namespace overlay may not use `trusted.*`.

use nix::mount::MsFlags;

use super::{Call, Failure, Kernel, call};
use crate::lab::action::MountKind;

pub(super) fn act(kernel: &mut dyn Kernel, what: MountKind, target: &str) -> Result<(), Failure> {
    let quiet = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    if what == MountKind::Overlay {
        for name in ["lower", "upper", "work"] {
            call(kernel, &Call::Mkdir(format!("{target}/{name}")))?;
        }
        call(kernel, &Call::Chdir(target.to_owned()))?;
    }
    let (source, fstype, flags, data) = match what {
        MountKind::Proc => ("proc", "proc", quiet | MsFlags::MS_NOEXEC, ""),
        MountKind::Tmpfs => ("tmpfs", "tmpfs", quiet, "mode=0755,size=16m"),
        MountKind::LargeTmpfs => ("tmpfs", "tmpfs", quiet, "mode=0755,size=256m"),
        MountKind::Overlay => (
            "overlay",
            "overlay",
            MsFlags::empty(),
            "lowerdir=lower,upperdir=upper,workdir=work,userxattr,index=off",
        ),
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
