//! `chroot(2)`: from now on this process starts its paths at the box directory. Nothing else changes, which is why a
//! process with `CAP_SYS_CHROOT` can walk out again.

use super::{Call, Failure, Kernel, call};

pub(super) fn act(kernel: &mut dyn Kernel, box_dir: &str) -> Result<(), Failure> {
    call(kernel, &Call::Chroot(box_dir.to_owned()))?;
    call(kernel, &Call::Chdir("/".to_owned())).map(|_| ())
}
