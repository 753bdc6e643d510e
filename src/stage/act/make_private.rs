//! A new mount namespace begins as a copy, and copies of shared mounts still tell each other of new mounts. Private
//! ones do not, `mount_namespaces(7)`.

use super::{Failure, Kernel, call};

pub(super) fn act(kernel: &mut dyn Kernel) -> Result<(), Failure> {
    call(kernel, &crate::kernel::call::make_private()).map(|_| ())
}
