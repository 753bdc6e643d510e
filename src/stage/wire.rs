//! Messages as packets: JSON, one message a packet.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::{errno::Errno, unistd::Pid};
use serde::{Serialize, de::DeserializeOwned};

use super::protocol::MAX_PACKET;
use crate::kernel::socket;

/// Why a message did not come or go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The other side is gone.
    #[error("the other process has gone")]
    Gone,
    /// The socket failed.
    #[error("the socket between the processes failed: {0}")]
    Socket(#[from] Errno),
    /// A packet that is not a message: the two sides are of different versions, or the peer is not ours.
    #[error("not a message: {0}")]
    Malformed(String),
}

/// A received message.
#[derive(Debug)]
pub struct Received<T> {
    /// The message.
    pub message: T,
    /// The file descriptor that came with it.
    pub fd: Option<OwnedFd>,
    /// Who sent it, as the receiver numbers processes.
    pub sender: Option<Pid>,
}

/// Sends one message.
pub fn send<T: Serialize>(
    socket: impl AsFd,
    message: &T,
    fd: Option<BorrowedFd<'_>>,
) -> Result<(), WireError> {
    let bytes = serde_json::to_vec(message).map_err(|e| WireError::Malformed(e.to_string()))?;
    match socket::send(socket, &bytes, fd) {
        Err(Errno::EPIPE | Errno::ECONNRESET) => Err(WireError::Gone),
        other => other.map_err(WireError::from),
    }
}

/// Receives one message; [`WireError::Gone`] at end of file.
pub fn receive<T: DeserializeOwned>(socket: impl AsFd) -> Result<Received<T>, WireError> {
    let packet = match socket::receive(socket, MAX_PACKET) {
        Err(Errno::ECONNRESET) | Ok(None) => return Err(WireError::Gone),
        Err(errno) => return Err(errno.into()),
        Ok(Some(packet)) => packet,
    };
    let message = decode(&packet.bytes)?;
    Ok(Received { message, fd: packet.fd, sender: packet.sender })
}

/// Decodes one packet.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    serde_json::from_slice(bytes).map_err(|e| WireError::Malformed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stage::{
        order::{Answer, Order},
        protocol::{Event, Request},
    };

    proptest! {
        #[test]
        fn arbitrary_packets_are_errors_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            drop(decode::<Request>(&bytes));
            drop(decode::<Event>(&bytes));
            drop(decode::<Order>(&bytes));
            prop_assert!(decode::<Answer>(&bytes).is_err());
        }

        #[test]
        fn nearly_right_packets_are_errors_never_panics(cut in 0usize..40, flip in any::<u8>()) {
            let mut bytes = serde_json::to_vec(&Request::Hello { version: 1 }).unwrap();
            let at = cut % bytes.len();
            bytes[at] ^= flip;
            drop(decode::<Request>(&bytes));
            bytes.truncate(at);
            prop_assert!(decode::<Request>(&bytes).is_err());
        }
    }
}
