//! The last service: where the user interface was killed in a way that it could not help (`kill -9`), the stage gives the
//! student's terminal back.

use std::{fs::File, io::Write, os::fd::OwnedFd};

use nix::{
    errno::Errno,
    sys::termios::{InputFlags, LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr},
};

use crate::kernel::errno_of;

/// Mouse reports and bracketed paste off, the main screen, the cursor, plain colours: `ctlseqs`.
const RESTORE: &[u8] = b"\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?2026l\x1b[?1049l\x1b[?25h\x1b[0m";

/// Puts a terminal into the state in which a shell expects it. The caller must block `SIGTTOU`, since by now the
/// terminal belongs to whoever started the program, `termios(3)`.
pub fn give_back(terminal: OwnedFd) -> Result<(), Errno> {
    let mut modes = tcgetattr(&terminal)?;
    modes.input_flags |= InputFlags::BRKINT | InputFlags::ICRNL | InputFlags::IXON;
    modes.output_flags |= OutputFlags::OPOST;
    modes.local_flags |= LocalFlags::ISIG | LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::IEXTEN;
    tcsetattr(&terminal, SetArg::TCSANOW, &modes)?;
    let written = File::from(terminal).write_all(RESTORE);
    written.map_err(|error| errno_of(&error))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use nix::{pty::openpty, sys::termios::cfmakeraw};

    use super::*;

    #[test]
    fn a_raw_terminal_is_itself_again() {
        let pair = openpty(None, None).unwrap();
        let before = tcgetattr(&pair.slave).unwrap();
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &raw).unwrap();
        give_back(pair.slave.try_clone().unwrap()).unwrap();
        let after = tcgetattr(&pair.slave).unwrap();
        assert_eq!(after.local_flags & LocalFlags::ICANON, LocalFlags::ICANON);
        assert_eq!(after.local_flags & LocalFlags::ECHO, before.local_flags & LocalFlags::ECHO);
        assert_eq!(after.output_flags & OutputFlags::OPOST, before.output_flags & OutputFlags::OPOST);
        let mut told = vec![0; RESTORE.len()];
        File::from(pair.master).read_exact(&mut told).unwrap();
        assert!(String::from_utf8(told).unwrap().contains("\x1b[?1049l"));
    }
}
