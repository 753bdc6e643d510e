//! Capabilities given up for ever. The bounding set comes first, since that takes `CAP_SETPCAP`: what is not in it, no
//! `execve(2)` gives back. Then what is permitted and effective now.

use super::{Call, Failure, Kernel, call, local_failure};
use crate::{
    kernel::rights,
    lab::capability::{Capability, mask},
};

pub(super) fn act(kernel: &mut dyn Kernel, keep: &[Capability]) -> Result<(), Failure> {
    for one in Capability::ALL.iter().filter(|one| !keep.contains(one) && rights::in_bounding(**one)) {
        call(kernel, &Call::DropBounding(*one))?;
    }
    let permitted = rights::permitted().map_err(|errno| local_failure("capget", errno))?;
    call(kernel, &Call::SetCapabilities(mask(keep) & permitted)).map(|_| ())
}
