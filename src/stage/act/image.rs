//! A disk in a file: a sparse file with an empty ext4 in it, a loop device that stands for it, a mount of that, and a
//! project quota on it. The device clears itself when nobody has it open, `LO_FLAGS_AUTOCLEAR` of `loop(4)`: until it is
//! mounted the subject holds it, then the mount does, and the mount goes with the subject's mount namespace.

use nix::{errno::Errno, mount::MsFlags};

use super::{Call, Failure, Kernel, call, local_failure};
use crate::{
    kernel::{
        call::disk::{DiskCall, device_path},
        disk::{self, IMAGE, IMAGE_BYTES},
    },
    lab::limit::Amount,
};

/// The project that the box directory belongs to.
const PROJECT: u32 = 7;

/// How often another program may take a loop device that was free a moment ago.
const TRIES: u32 = 10;

/// Makes the image beside the box directory and attaches it to a loop device.
pub(super) fn attach(kernel: &mut dyn Kernel, box_dir: &str, quota: bool) -> Result<(), Failure> {
    let session = box_dir.rsplit_once('/').map_or("", |(parent, _)| parent);
    let path = format!("{session}/{IMAGE}");
    call(kernel, &disk(DiskCall::Sparse { path: path.clone(), bytes: IMAGE_BYTES }))?;
    call(kernel, &disk(DiskCall::Format { path: path.clone(), quota }))?;
    let mut tries = 1;
    loop {
        let device = call(kernel, &disk(DiskCall::FreeLoop))?;
        match call(kernel, &disk(DiskCall::Attach { device, file: path.clone() })) {
            Err(failure) if failure.errno == "EBUSY" && tries < TRIES => tries += 1,
            other => return other.map(drop),
        }
    }
}

/// Mounts it on the box directory.
pub(super) fn mount(kernel: &mut dyn Kernel, box_dir: &str, quota: bool) -> Result<(), Failure> {
    let device = disk::held().ok_or_else(|| local_failure("loop", Errno::ENXIO))?;
    let mount = Call::Mount {
        source: device_path(device),
        target: box_dir.to_owned(),
        fstype: "ext4".to_owned(),
        flags: MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        data: if quota { "prjquota".to_owned() } else { String::new() },
    };
    call(kernel, &mount).map_err(|failure| match failure.errno.as_str() {
        // A kernel without the format of quota files says so in its log only: EINVAL, or ESRCH where it is a module.
        "EINVAL" | "ESRCH" if quota => Failure {
            operation: "quota".to_owned(),
            arguments: vec![format!("mount(ext4, prjquota) = -1 {}", failure.errno)],
            ..failure
        },
        _ => failure,
    })?;
    disk::let_go();
    Ok(())
}

/// Puts the box directory into a project, and limits the project.
pub(super) fn set_quota(kernel: &mut dyn Kernel, box_dir: &str, to: &Amount) -> Result<(), Failure> {
    let dir = box_dir.to_owned();
    call(kernel, &disk(DiskCall::Project { dir: dir.clone(), project: PROJECT }))?;
    call(kernel, &disk(DiskCall::Quota { dir, project: PROJECT, bytes: to.number() })).map(drop)
}

const fn disk(call: DiskCall) -> Call {
    Call::Disk(call)
}
