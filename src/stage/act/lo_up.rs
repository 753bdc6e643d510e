//! A new network namespace has a loopback interface of its own, and it is down.

use super::{Call, Failure, Kernel, call};

pub(super) fn act(kernel: &mut dyn Kernel) -> Result<(), Failure> {
    call(kernel, &Call::LinkUp("lo".to_owned())).map(|_| ())
}
