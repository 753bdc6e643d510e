//! A promise for ever, inherited by children: no `execve(2)` gives more rights than there were before it,
//! `PR_SET_NO_NEW_PRIVS(2const)`.

use super::{Call, Failure, Kernel, call};

pub(super) fn act(kernel: &mut dyn Kernel) -> Result<(), Failure> {
    call(kernel, &Call::NoNewPrivs).map(|_| ())
}
