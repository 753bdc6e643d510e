//! A filter before every system call of the subject and of its future children.

use nix::errno::Errno;

use super::{Call, Failure, Kernel, call, local_failure};
use crate::lab::seccomp::{Arch, Denied, Filter};

pub(super) fn act(kernel: &mut dyn Kernel, deny: &[Denied]) -> Result<(), Failure> {
    call(kernel, &denying(deny)?).map(|_| ())
}

/// The call that puts a filter in place. `ENOSYS` on a processor whose numbers we do not know.
pub(super) fn denying(deny: &[Denied]) -> Result<Call, Failure> {
    let arch = Arch::own().ok_or_else(|| local_failure("seccomp", Errno::ENOSYS))?;
    Ok(Call::SeccompFilter(Filter::denying(deny, &arch)))
}
