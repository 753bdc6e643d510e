//! A small program below the subject: a fork that goes on as something else.

use super::{Call, Failure, Kernel, call};
use crate::{kernel::process, lab::action::Workload, workload};

pub(super) fn act(kernel: &mut dyn Kernel, which: Workload) -> Result<(), Failure> {
    let parent = nix::unistd::getpid().as_raw();
    if call(kernel, &Call::Clone(Vec::new()))? == 0 {
        process::leave(workload::run(which, parent));
    }
    Ok(())
}
