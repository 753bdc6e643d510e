//! Overlay, really mounted: on a tmpfs in a mount namespace of a child's own.

use std::{fs, io};

use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
};

use super::{
    Check, Verdict,
    namespaces::{Way, enter_user, errno_of, leave_for},
};
use crate::{kernel::attempt::attempt, lab::namespace::Namespace};

/// Covered by a tmpfs, in the child's eyes only.
const PLACE: &str = "/tmp";

const NOTHING: Option<&str> = None;

/// A mount that succeeds proves little: without `userxattr`, and on the tmpfs of old kernels with it, a directory of
/// the lower layer cannot be removed and made anew (EIO). So that is tried too.
pub(super) fn check(way: Way) -> Check {
    let mounted = attempt(|| mount_layers(way));
    let replaced = mounted.and_then(|()| attempt(|| mount_layers(way).and_then(|()| replace_layer())));
    let (verdict, found, cure) = match (mounted, replaced) {
        (Err(errno), _) => {
            (Verdict::Warn, format!("mount(overlay) = -1 {errno:?}"), Some("doctor.cure.overlay"))
        }
        (Ok(()), Err(errno)) => (
            Verdict::Warn,
            format!("mount(overlay) = 0 · rmdir + mkdir = -1 {errno:?}"),
            Some("doctor.cure.overlay_tmpfs"),
        ),
        (Ok(()), Ok(())) => (Verdict::Ok, "mount(overlay) = 0 · rmdir + mkdir = 0".to_owned(), None),
    };
    Check { id: "overlay", verdict, found, meaning: "doctor.meaning.overlay", cure }
}

fn mount_layers(way: Way) -> Result<(), Errno> {
    let option = match way {
        Way::User => {
            enter_user()?;
            ",userxattr"
        }
        Way::Direct => "",
    };
    leave_for(Namespace::Mnt)?;
    mount(NOTHING, "/", NOTHING, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NOTHING)?;
    mount(Some("tmpfs"), PLACE, Some("tmpfs"), MsFlags::empty(), Some("mode=700"))?;
    for dir in ["lower", "lower/layer", "upper", "work", "merged"] {
        file(fs::create_dir(format!("{PLACE}/{dir}")))?;
    }
    let layers = format!("lowerdir={PLACE}/lower,upperdir={PLACE}/upper,workdir={PLACE}/work{option}");
    let merged = format!("{PLACE}/merged");
    mount(Some("overlay"), merged.as_str(), Some("overlay"), MsFlags::empty(), Some(layers.as_str()))
}

fn replace_layer() -> Result<(), Errno> {
    let layer = format!("{PLACE}/merged/layer");
    file(fs::remove_dir(&layer))?;
    file(fs::create_dir(&layer))
}

fn file(result: io::Result<()>) -> Result<(), Errno> {
    result.map_err(|error| errno_of(&error))
}
