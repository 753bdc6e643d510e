//! The rights of a box: Docker's fourteen capabilities, `no_new_privs`, a filter of system calls, and of /proc what
//! would tell about the machine or change it.

use nix::mount::MsFlags;

use super::{Host, root::Steps};
use crate::{
    kernel::Call,
    lab::{
        capability::{Capability, DOCKER, mask},
        dial::Switch,
        seccomp::{Arch, Denied, Filter},
    },
};

/// What Docker's filter denies as well; the rest of its list is denied by the capabilities that are gone.
const DENIED: [Denied; 5] =
    [Denied::Mount, Denied::Umount, Denied::Unshare, Denied::Keyctl, Denied::TypeForOthers];

/// What Docker mounts of the kernel's own is mounted so.
pub(super) const KERNELS: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV).union(MsFlags::MS_NOEXEC);

/// Hides parts of what the kernel tells in a file system of the box's own: `/proc/` or `/sys/`.
pub(super) fn hide(steps: &mut Steps, host: &Host, tree: &str) {
    steps.of(Switch::Rights);
    for (path, directory) in host.masked.iter().filter(|(path, _)| path.starts_with(tree)) {
        if *directory {
            steps.mount(("tmpfs", "tmpfs"), path, KERNELS | MsFlags::MS_RDONLY, "size=0");
        } else {
            steps.mount(("/dev/null", ""), path, MsFlags::MS_BIND, "");
        }
    }
}

/// Hides and protects parts of the box's own /proc.
pub(super) fn mask_proc(steps: &mut Steps, host: &Host) {
    hide(steps, host, "/proc/");
    for path in &host.read_only {
        steps.mount((path, ""), path, MsFlags::MS_BIND, "");
        let flags = KERNELS | MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        steps.mount(("none", ""), path, flags, "");
    }
}

/// Gives up the rest, for good. In a user namespace of its own a box begins with every capability over it.
pub(super) fn give_up(steps: &mut Steps, host: &Host, in_user_namespace: bool) {
    steps.of(Switch::Rights);
    let known = Capability::ALL.iter().filter(|one| one.number() <= host.last_capability);
    for one in known.filter(|one| !DOCKER.contains(one)) {
        steps.push(Call::DropBounding(*one));
    }
    let had = if in_user_namespace { u64::MAX } else { host.permitted };
    steps.push(Call::SetCapabilities(mask(&DOCKER) & had));
    steps.push(Call::NoNewPrivs);
    if let Some(arch) = Arch::own() {
        steps.push(Call::SeccompFilter(Filter::denying(&DENIED, &arch)));
    }
}
