//! Overlay, really mounted: on a tmpfs in a mount namespace of a child's own.

use std::{fs, io};

use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
};

use super::{
    Check, Verdict,
    namespaces::{Trials, Way, enter_user, errno_of, leave_for},
};
use crate::{kernel::attempt::attempt, lab::namespace::Namespace};

/// Covered by a tmpfs, in the child's eyes only.
const PLACE: &str = "/tmp";

const NOTHING: Option<&str> = None;

/// A mount that succeeds proves little: without `userxattr`, and on the tmpfs of old kernels with it, a directory of
/// the lower layer cannot be removed and made anew (EIO). So that is tried too.
pub(super) fn check(trials: &Trials) -> Check {
    let (verdict, found, cure) = match (trials.shut_out(), trials.cause()) {
        (Some(call), Some(cause)) => (Verdict::Warn, call, Some(cause.keys().1)),
        _ => really(trials.way()),
    };
    Check { id: "overlay", verdict, found, meaning: "doctor.meaning.overlay", cure }
}

fn really(way: Way) -> (Verdict, String, Option<&'static str>) {
    if let Err(errno) = attempt(|| mount_layers(way)) {
        return (Verdict::Warn, format!("mount(overlay) = -1 {errno:?}"), Some("doctor.cure.overlay"));
    }
    match attempt(|| mount_layers(way).and_then(|()| replace_layer())) {
        Ok(()) => (Verdict::Ok, "mount(overlay) = 0 · rmdir + mkdir = 0".to_owned(), None),
        Err(errno) => {
            let found = format!("mount(overlay) = 0 · rmdir + mkdir = -1 {errno:?}");
            (Verdict::Warn, found, Some("doctor.cure.overlay_tmpfs"))
        }
    }
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
