//! A small program below the subject: a fork that goes on as something else. The subject waits until it has begun, so
//! that whoever looks next sees it by its own name.

use std::{fs::File, io::Read};

use super::{Call, Failure, Kernel, call, local_failure};
use crate::{
    kernel::{errno_of, process},
    lab::action::Workload,
    workload,
};

pub(super) fn act(kernel: &mut dyn Kernel, which: Workload) -> Result<(), Failure> {
    let parent = nix::unistd::getpid().as_raw();
    let (begun, beginning) =
        nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|errno| local_failure("pipe", errno))?;
    if call(kernel, &Call::Clone(Vec::new()))? == 0 {
        drop(begun);
        process::leave(workload::run(which, parent, beginning));
    }
    drop(beginning);
    // End of file: it has closed its end, or it is gone already.
    File::from(begun)
        .read_to_end(&mut Vec::new())
        .map(|_| ())
        .map_err(|error| local_failure("read", errno_of(&error)))
}
