//! The offset of the boot-time clock in the time namespace that the subject's children will be in. It can be written
//! only before the first of them is there, `time_namespaces(7)`.

use super::{Call, Failure, Kernel, call};

pub(super) fn act(kernel: &mut dyn Kernel, boottime: i64) -> Result<(), Failure> {
    let path = "/proc/self/timens_offsets".to_owned();
    call(kernel, &Call::Write { path, text: format!("boottime {boottime} 0") }).map(|_| ())
}
