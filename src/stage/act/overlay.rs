//! Mounting, committing and throwing away an overlay in the box directory.
//!
//! The options are relative to the box directory, which keeps them short. `userxattr` because in a user namespace overlay
//! may not use `trusted.*` attributes; `index=off` as Docker has it, whatever the kernel's default.

use std::path::Path;

use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags},
};

use super::{Call, Failure, Kernel, call, file, file::on, local_failure};
use crate::{kernel::call::file::Deed, lab::action::file::Tree};

/// The layers that a box directory may hold, from the bottom.
const LAYERS: std::ops::RangeInclusive<u32> = 1..=9;

pub(super) fn mount(kernel: &mut dyn Kernel, root: &str, tree: Tree) -> Result<(), Failure> {
    let suffix = if tree == Tree::Second { "2" } else { "" };
    if tree == Tree::Second {
        for name in ["upper2", "work2", "merged2"] {
            call(kernel, &Call::Mkdir(format!("{root}/{name}")))?;
        }
    }
    call(kernel, &Call::Chdir(root.to_owned()))?;
    let lowers: Vec<String> = LAYERS.rev().map(layer).filter(|name| there(root, name)).collect();
    let lowers = lowers.join(":");
    let data = format!("lowerdir={lowers},upperdir=upper{suffix},workdir=work{suffix},userxattr,index=off");
    let [source, fstype] = ["overlay", "overlay"].map(str::to_owned);
    let target = format!("merged{suffix}");
    call(kernel, &Call::Mount { source, target, fstype, flags: MsFlags::empty(), data }).map(|_| ())
}

/// What was changed becomes a layer; the box goes on with an empty upper directory.
pub(super) fn commit(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    let new = LAYERS.map(layer).find(|name| !there(root, name));
    let new = new.ok_or_else(|| local_failure("commit", Errno::ENOSPC))?;
    call(kernel, &Call::Umount { target: format!("{root}/merged"), flags: MntFlags::empty() })?;
    call(kernel, &on(root, format!("{root}/upper"), Deed::Rename(format!("{root}/{new}"))))?;
    call(kernel, &Call::Mkdir(format!("{root}/upper")))?;
    mount(kernel, root, Tree::Merged)
}

/// The box goes, and with it what it had changed. A volume that is mounted in it goes with the mount, and stays on disk.
pub(super) fn remove(kernel: &mut dyn Kernel, root: &str) -> Result<(), Failure> {
    call(kernel, &Call::Umount { target: format!("{root}/merged"), flags: MntFlags::MNT_DETACH })?;
    file::delete(kernel, root, &format!("{root}/upper"))?;
    file::delete(kernel, root, &format!("{root}/work"))
}

/// A directory beside the layers, over one inside: whatever is written there goes past the overlay.
pub(super) fn volume(kernel: &mut dyn Kernel, root: &str, read_only: bool) -> Result<(), Failure> {
    let source = format!("{root}/volume");
    let target = format!("{root}/merged/data");
    if !Path::new(&source).exists() {
        call(kernel, &Call::Mkdir(source.clone()))?;
    }
    let mount = |flags| Call::Mount {
        source: source.clone(),
        target: target.clone(),
        fstype: String::new(),
        flags,
        data: String::new(),
    };
    call(kernel, &mount(MsFlags::MS_BIND))?;
    if read_only {
        let kept = crate::kernel::linux::mount_flags(&source).unwrap_or(MsFlags::empty());
        call(kernel, &mount(MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | kept))?;
    }
    Ok(())
}

fn layer(number: u32) -> String {
    format!("lower{number}")
}

fn there(root: &str, name: &str) -> bool {
    Path::new(root).join(name).is_dir()
}
