//! Packets between processes: a `SOCK_SEQPACKET` pair, with file descriptors (`SCM_RIGHTS`) and the sender's pid as the
//! receiver numbers it (`SCM_CREDENTIALS`), `unix(7)`.

use std::{
    io::{IoSlice, IoSliceMut},
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    time::Duration,
};

use nix::{
    cmsg_space,
    errno::Errno,
    sys::{
        socket::{
            AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType,
            UnixCredentials, getsockopt, recv, recvmsg, sendmsg, setsockopt, socketpair, sockopt,
        },
        time::TimeVal,
    },
    unistd::Pid,
};

/// One received packet.
#[derive(Debug, Default)]
pub struct Packet {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The file descriptor that came with it.
    pub fd: Option<OwnedFd>,
    /// The sender, where the receiver asked for credentials.
    pub sender: Option<Pid>,
}

/// A connected pair. Each end tells its reader who sent a packet.
pub fn pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (one, other) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    setsockopt(&one, sockopt::PassCred, &true)?;
    setsockopt(&other, sockopt::PassCred, &true)?;
    Ok((one, other))
}

/// Lets a sender wait no longer than this for a reader that takes nothing in: `EAGAIN` then.
pub fn limit_sending(socket: impl AsFd, time: Duration) -> Result<(), Errno> {
    let time = TimeVal::new(time.as_secs().try_into().unwrap_or(i64::MAX), time.subsec_micros().into());
    setsockopt(&socket, sockopt::SendTimeout, &time)
}

/// The process that made the pair this end belongs to.
pub fn peer(socket: impl AsFd) -> Result<Pid, Errno> {
    let credentials: UnixCredentials = getsockopt(&socket, sockopt::PeerCredentials)?;
    Ok(Pid::from_raw(credentials.pid()))
}

/// Sends one packet, with a file descriptor if one is given. `EMSGSIZE` where it is larger than the socket takes.
pub fn send(socket: impl AsFd, bytes: &[u8], fd: Option<BorrowedFd<'_>>) -> Result<(), Errno> {
    let raw = fd.map(|fd| [fd.as_raw_fd()]);
    let control: Vec<_> = raw.iter().map(|fds| ControlMessage::ScmRights(fds)).collect();
    let data = [IoSlice::new(bytes)];
    sendmsg::<()>(socket.as_fd().as_raw_fd(), &data, &control, MsgFlags::MSG_NOSIGNAL, None).map(|_| ())
}

/// Receives one packet of at most `max` bytes; `None` at end of file. `EMSGSIZE` where it was longer.
pub fn receive(socket: impl AsFd, max: usize) -> Result<Option<Packet>, Errno> {
    // Only as much room as the next one takes: to clear all of it would cost more than to ask.
    let next = recv(socket.as_fd().as_raw_fd(), &mut [], MsgFlags::MSG_PEEK | MsgFlags::MSG_TRUNC)?;
    let mut bytes = vec![0; next.min(max)];
    let mut space = cmsg_space!([i32; 1], UnixCredentials);
    let (length, flags, fds, sender) = {
        let mut data = [IoSliceMut::new(&mut bytes)];
        let message = recvmsg::<()>(
            socket.as_fd().as_raw_fd(),
            &mut data,
            Some(&mut space),
            MsgFlags::MSG_CMSG_CLOEXEC,
        )?;
        let (mut fds, mut sender) = (Vec::new(), None);
        for part in message.cmsgs()? {
            match part {
                ControlMessageOwned::ScmRights(raw) => fds.extend(raw),
                ControlMessageOwned::ScmCredentials(who) => sender = Some(Pid::from_raw(who.pid())),
                _ => {}
            }
        }
        (message.bytes, message.flags, fds, sender)
    };
    // SAFETY: the kernel has just installed these descriptors in this process for this message; nobody else owns them.
    #[expect(unsafe_code, reason = "a received descriptor is a bare number until it is owned")]
    let mut owned = fds.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
    let fd = owned.next();
    drop(owned.collect::<Vec<_>>());
    if length == 0 {
        return Ok(None);
    }
    if flags.contains(MsgFlags::MSG_TRUNC) {
        return Err(Errno::EMSGSIZE);
    }
    bytes.truncate(length);
    Ok(Some(Packet { bytes, fd, sender }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_arrives_whole_with_its_descriptor_and_sender() {
        let (one, other) = pair().unwrap();
        let (read, write) = nix::unistd::pipe().unwrap();
        send(&one, b"hello", Some(write.as_fd())).unwrap();
        drop(write);
        let packet = receive(&other, 64).unwrap().unwrap();
        assert_eq!(packet.bytes, b"hello");
        assert_eq!(packet.sender, Some(Pid::this()));
        nix::unistd::write(packet.fd.as_ref().unwrap(), b"through").unwrap();
        let mut buffer = [0; 16];
        assert_eq!(nix::unistd::read(&read, &mut buffer), Ok(7));
        assert_eq!(peer(&one), Ok(Pid::this()));
        drop(one);
        assert!(receive(&other, 64).unwrap().is_none());
    }

    #[test]
    fn a_packet_that_is_too_long_is_an_error_not_a_part() {
        let (one, other) = pair().unwrap();
        send(&one, &[1; 100], None).unwrap();
        assert_eq!(receive(&other, 10).unwrap_err(), Errno::EMSGSIZE);
    }
}
