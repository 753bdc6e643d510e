//! Terminals: the two requests that have no safe wrapper, `ioctl_tty(2)`.
#![expect(unsafe_code, reason = "ioctl takes its argument by a number whose meaning the compiler cannot see")]

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    libc::{TIOCGPTPEER, TIOCSWINSZ, ioctl},
    pty::Winsize,
};

/// Tells a terminal its size in characters. The kernel sends `SIGWINCH` to its foreground group when it changed.
pub fn set_size(terminal: impl AsFd, rows: u16, cols: u16) -> Result<(), Errno> {
    let size = Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is open while it is borrowed, and `size` outlives the call, which only reads it.
    let result = unsafe { ioctl(terminal.as_fd().as_raw_fd(), TIOCSWINSZ, &raw const size) };
    Errno::result(result).map(drop)
}

/// Opens the other end of a pseudo-terminal from its master. No path is involved, so it does not matter which devpts
/// is mounted where (Linux 4.13). It does not become anyone's controlling terminal, and no program inherits it.
pub fn peer(master: impl AsFd) -> Result<OwnedFd, Errno> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    // SAFETY: the descriptor is open while it is borrowed; this request takes a plain number, no pointer.
    let fd = unsafe { ioctl(master.as_fd().as_raw_fd(), TIOCGPTPEER, flags.bits()) };
    let fd = Errno::result(fd)?;
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
