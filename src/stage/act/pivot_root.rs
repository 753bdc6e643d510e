//! `pivot_root(2)`: the box directory becomes the root mount of the mount namespace and the old root is let go. With
//! nothing mounted behind the root there is no way out.
//!
//! Old and new root may be the same directory: the old one then lies on top of the new one and is unmounted from there.

use nix::mount::MntFlags;

use super::{Call, Failure, Kernel, call};

pub(super) fn act(kernel: &mut dyn Kernel, box_dir: &str) -> Result<(), Failure> {
    let here = || ".".to_owned();
    call(kernel, &Call::Chdir(box_dir.to_owned()))?;
    call(kernel, &Call::PivotRoot { new_root: here(), put_old: here() })?;
    call(kernel, &Call::Umount { target: here(), flags: MntFlags::MNT_DETACH })?;
    call(kernel, &Call::Chdir("/".to_owned())).map(|_| ())
}
