//! `sethostname(2)`: changes the name in the subject's UTS namespace, and only there.

use super::{Call, Failure, Kernel, call};

pub(super) fn act(kernel: &mut dyn Kernel, name: &str) -> Result<(), Failure> {
    call(kernel, &Call::SetHostname(name.to_owned())).map(|_| ())
}
