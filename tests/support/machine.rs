//! What kind of machine this is.

use std::path::Path;

use korobka::{
    cgroup::Layout,
    lab::limit::{Controller, Hierarchy},
};
use nix::unistd::{AccessFlags, access, geteuid};

/// The kind of machine that the suites run on, by what may be done with its cgroups.
pub(crate) fn kind() -> &'static str {
    let layout = Layout::read(Path::new("/")).unwrap();
    let v1 = layout.seats().iter().any(|seat| seat.hierarchy == Hierarchy::V1);
    let may_write = |dir: &Path| access(&dir.join("cgroup.procs"), AccessFlags::W_OK).is_ok();
    match (geteuid().is_root(), v1) {
        (true, true) => "root v1",
        (true, false) => "root v2",
        (false, true) => "user v1",
        (false, false) => match layout.seat(Controller::Memory) {
            Some(seat) if may_write(&seat.own) => "user v2",
            _ => "user v2 not delegated",
        },
    }
}
