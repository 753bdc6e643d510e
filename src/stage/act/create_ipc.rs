//! An object of inter-process communication; it lives as long as the IPC namespace, not as long as the process.

use super::{Call, Failure, Kernel, call};
use crate::lab::action::IpcKind;

pub(super) fn act(kernel: &mut dyn Kernel, kind: IpcKind) -> Result<(), Failure> {
    let create = match kind {
        IpcKind::Queue => Call::MsgGet,
        IpcKind::Segment => Call::ShmGet(4096),
        IpcKind::PosixQueue => Call::MqOpen("/korobka".to_owned()),
    };
    call(kernel, &create).map(|_| ())
}
