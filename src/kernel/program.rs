//! A program that is started in our stead or as our child.

use std::{ffi::CString, io::stdin};

use nix::{
    errno::Errno,
    libc,
    sched::{CloneFlags, clone},
    sys::{
        signal::{SigHandler, SigSet, Signal, signal},
        wait::waitpid,
    },
    unistd::{Pid, execvpe, getpid, setpgid, tcsetpgrp},
};

/// What a child takes of a stack until it is another program, in bytes, and for each of its words.
const STACK: usize = 16 * 1024;
const STACK_PER_WORD: usize = 2 * size_of::<usize>();

/// A program as `execve(2)` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The file.
    pub path: CString,
    /// Its name for itself, and its arguments.
    pub words: Vec<CString>,
    /// `NAME=value`.
    pub environment: Vec<CString>,
}

impl Program {
    /// Starts it as a child, with a mask of signals of its own: a mask is inherited. `in_front` lets it begin as a group
    /// of its own in front of the terminal that is its standard input, as a shell starts a job. Its pid.
    ///
    /// The child shares our memory, and we stand still, until it is the other program: to copy the memory first, as
    /// `fork(2)` does, takes longer than all the rest.
    pub fn spawn(&self, in_front: bool, mask: SigSet) -> Result<i32, Errno> {
        let mut failed = None;
        let mut stack = vec![0; STACK + STACK_PER_WORD * self.words.len()];
        let be_it = || {
            let errno = if in_front { take_front() } else { Ok(()) }.err();
            failed = Some(errno.unwrap_or_else(|| self.exec(mask)));
            1
        };
        let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
        // SAFETY: the program has one thread, which the kernel lets go on when the child has left this memory; the stack
        // lives until then and is as large as whatever `exec` calls needs.
        #[expect(unsafe_code, reason = "a child in our own memory")]
        let child = unsafe { clone(Box::new(be_it), &mut stack, flags, Some(libc::SIGCHLD)) }?;
        match failed {
            None => Ok(child.as_raw()),
            Some(errno) => {
                while waitpid(child, None) == Err(Errno::EINTR) {}
                Err(errno)
            }
        }
    }

    /// Becomes it, with this mask of signals, and heeding broken pipes, which Rust ignores. Returns only where that
    /// fails.
    pub fn exec(&self, mask: SigSet) -> Errno {
        // SAFETY: no handler of ours is installed, only the default.
        #[expect(unsafe_code, reason = "signal is unsafe because of handlers")]
        let ready =
            unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }.and_then(|_| mask.thread_set_mask());
        match ready.and_then(|()| execvpe(&self.path, &self.words, &self.environment)) {
            Ok(never) => match never {},
            Err(errno) => errno,
        }
    }
}

/// SIGTTOU is blocked still: it would stop whoever takes the terminal from behind.
fn take_front() -> Result<(), Errno> {
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    tcsetpgrp(stdin(), getpid())
}

#[cfg(test)]
mod tests {
    use nix::sys::wait::WaitStatus;

    use super::*;

    fn program(path: &str, words: &[&str]) -> Program {
        let c_string = |word: &str| CString::new(word).unwrap();
        Program {
            path: c_string(path),
            words: words.iter().map(|word| c_string(word)).collect(),
            environment: vec![c_string("GREETING=hello")],
        }
    }

    #[test]
    fn a_child_has_its_words_its_environment_and_its_mask() {
        // The shell itself reads it: those that it starts get an empty one.
        let script = "test \"$1$GREETING\" = ahello || exit 1; while read -r name mask; do \
            test \"$name$mask\" = SigBlk:0000000000000200 && exit 0; done < /proc/self/status; exit 2";
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGUSR1);
        let child = program("/bin/sh", &["sh", "-c", script, "sh", "a"]).spawn(false, mask).unwrap();
        let child = Pid::from_raw(child);
        assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 0)));
    }

    #[test]
    fn what_cannot_be_started_leaves_no_child_and_says_why() {
        let many = vec!["word"; 10_000];
        assert_eq!(program("/none", &many).spawn(false, SigSet::empty()), Err(Errno::ENOENT));
        assert_eq!(program("/etc/passwd", &many).spawn(false, SigSet::empty()), Err(Errno::EACCES));
    }

    #[test]
    fn a_file_without_a_magic_number_is_a_script_of_the_shell() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("script");
        std::fs::write(&path, "exit 7\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut words = vec!["script"];
        words.extend(std::iter::repeat_n("word", 5000));
        let child = program(path.to_str().unwrap(), &words).spawn(false, SigSet::empty()).unwrap();
        let child = Pid::from_raw(child);
        assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 7)));
    }
}
