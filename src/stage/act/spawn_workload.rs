//! A small program below the subject: a fork that goes on as something else. The subject waits until it has begun, so
//! that whoever looks next sees it by its own name.

use std::{fs::File, io::Read, path::PathBuf};

use super::{Failure, Kernel, fork, local_failure};
use crate::{
    kernel::errno_of,
    lab::action::Workload,
    workload::{self, Beginning},
};

/// Starts one and returns its pid. One that is gated stops itself until the stage has put it into its cgroup.
pub fn act(kernel: &mut dyn Kernel, which: Workload, gated: bool, box_dir: &str) -> Result<i32, Failure> {
    let parent = nix::unistd::getpid().as_raw();
    let (begun, beginning) =
        nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|errno| local_failure("pipe", errno))?;
    let beginning = Beginning { parent, begun: beginning, gated, box_dir: PathBuf::from(box_dir) };
    let child = fork(kernel, move |_| workload::run(which, beginning))?;
    // End of file: it has closed its end, or it is gone already.
    File::from(begun)
        .read_to_end(&mut Vec::new())
        .map_err(|error| local_failure("read", errno_of(&error)))?;
    Ok(child)
}
