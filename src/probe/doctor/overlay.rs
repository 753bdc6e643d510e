//! Overlay, really mounted: on a tmpfs in a mount namespace of a child's own.

use nix::{errno::Errno, mount::MsFlags};

use super::{
    Check, Verdict,
    namespaces::{Trials, Way, enter_user, leave_for},
};
use crate::{
    kernel::{Call, Kernel, Linux, attempt::attempt, call::make_private},
    lab::namespace::Namespace,
};

/// Covered by a tmpfs, in the child's eyes only.
const PLACE: &str = "/tmp";

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
    Linux.call(&make_private())?;
    mount("tmpfs", PLACE, "mode=700")?;
    for dir in ["lower", "lower/layer", "upper", "work", "merged"] {
        Linux.call(&Call::Mkdir(format!("{PLACE}/{dir}")))?;
    }
    let layers = format!("lowerdir={PLACE}/lower,upperdir={PLACE}/upper,workdir={PLACE}/work{option}");
    mount("overlay", &format!("{PLACE}/merged"), &layers)
}

fn replace_layer() -> Result<(), Errno> {
    let layer = format!("{PLACE}/merged/layer");
    std::fs::remove_dir(&layer).map_err(|error| crate::kernel::errno_of(&error))?;
    Linux.call(&Call::Mkdir(layer)).map(|_| ())
}

fn mount(fstype: &str, target: &str, data: &str) -> Result<(), Errno> {
    let [source, fstype, target, data] = [fstype, fstype, target, data].map(str::to_owned);
    Linux.call(&Call::Mount { source, target, fstype, flags: MsFlags::empty(), data }).map(|_| ())
}
