//! The caller's terminal, lent to the command: it begins as a group of its own in front, as a job of a shell does, and
//! when the whole of it is stopped the caller's shell must learn so, and the command when it may go on.
//!
//! Without a group of its own a shell in the box would find the caller's, which has no number there, and could neither
//! name it nor put it back in front when it ends.

use std::io::{IsTerminal, stdin};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill, killpg},
    unistd::{Pid, getpgid, getpgrp, tcgetpgrp, tcsetpgrp},
};

use super::{
    Line, Parent,
    init::{Signals, Watch},
};
use crate::kernel::descent;

/// What process 1 says when the command has been stopped.
const STOPPED: &[u8] = b"stopped";

/// Whether standard input is a terminal and we are in front of it.
pub(super) fn is_ours() -> bool {
    stdin().is_terminal() && tcgetpgrp(stdin()) == Ok(getpgrp())
}

/// Process 1: tells when the command has been stopped.
pub(super) struct Inside<'a>(pub(super) &'a Line);

impl Watch for Inside<'_> {
    fn stopped(&mut self) {
        let told = self.0.say(STOPPED);
        tracing::debug!(?told, "the command has been stopped");
    }
}

/// Whoever waits outside, in front of a terminal.
pub(super) struct Outside<'a> {
    child: &'a Parent,
    /// Whether standard input is a terminal that we were in front of.
    is_ours: bool,
    /// Whether the child is process 1 of the box, and not the command itself.
    own_init: bool,
    /// Whether anything is still to be heard of the child.
    open: bool,
    /// What it said that was not for us.
    said: Option<Vec<u8>>,
}

impl<'a> Outside<'a> {
    pub(super) const fn of(child: &'a Parent, is_ours: bool, own_init: bool) -> Self {
        Self { child, is_ours, own_init, open: is_ours && own_init, said: None }
    }

    /// The command's group, where it has one of its own. It is asked for anew each time: who is in front tells nothing,
    /// since a shell that stopped us has put itself there. Of the children of process 1 the command is the oldest.
    fn group(&self) -> Option<Pid> {
        if !self.is_ours {
            return None;
        }
        let init = self.child.pid();
        let command = if self.own_init { descent::children(init).first().copied()? } else { init };
        getpgid(Some(Pid::from_raw(command))).ok().filter(|group| *group != getpgrp())
    }

    /// Stops with the command, as a job of the caller's shell, until that lets us go on.
    fn suspend(&mut self) {
        let Some(group) = self.group() else { return };
        match tcgetpgrp(stdin()) {
            // A shell that took it for running has put us in front, and it wanted to read.
            Ok(now) if now == getpgrp() => return self.continued(),
            Ok(now) if now == group => give_back(),
            Ok(_) => {}
            Err(errno) => {
                tracing::debug!(%errno, "there is no terminal any more, and nobody to stop for");
                return;
            }
        }
        let stopped = killpg(Pid::from_raw(0), Signal::SIGSTOP);
        tracing::debug!(?stopped, "we go on");
    }

    /// What the child said last; it has ended, so nothing is waited for.
    pub(super) fn said(self) -> Option<Vec<u8>> {
        self.said.or_else(|| self.child.hear().ok().flatten()).filter(|said| said != STOPPED)
    }
}

impl Watch for Outside<'_> {
    /// The command itself, where it is our child; one in our group has been stopped with us.
    fn stopped(&mut self) {
        self.suspend();
    }

    /// The caller's shell has said `fg` or `bg`.
    fn continued(&mut self) {
        let Some(group) = self.group() else { return };
        if tcgetpgrp(stdin()) == Ok(getpgrp()) {
            let lent = tcsetpgrp(stdin(), group);
            tracing::debug!(?lent, "the command is in front again");
        }
        if let Err(errno) = killpg(group, Signal::SIGCONT) {
            tracing::debug!(%errno, "nobody is left to go on");
        }
    }

    /// So we are in front, where the command should be: a shell that says `fg` to a job that runs tells nobody. One that
    /// has not begun yet is told by its process 1.
    fn typed(&mut self, signal: Signal) {
        self.continued();
        let sent = match self.group() {
            Some(group) => killpg(group, signal),
            None if self.is_ours && self.own_init => kill(Pid::from_raw(self.child.pid()), signal),
            None => Ok(()),
        };
        tracing::debug!(?sent, %signal, "what was typed is for the command");
    }

    fn wait(&mut self, signals: &Signals) -> Result<(), Errno> {
        while self.open && signals.or_line(self.child)? {
            match self.child.hear()? {
                Some(said) if said == STOPPED => self.suspend(),
                Some(said) => self.said = Some(said),
                None => self.open = false,
            }
        }
        Ok(())
    }
}

/// Puts us in front again. SIGTTOU is blocked, and a terminal that has gone needs nobody in front.
pub(super) fn give_back() {
    if tcgetpgrp(stdin()) != Ok(getpgrp()) {
        let given = tcsetpgrp(stdin(), getpgrp());
        tracing::debug!(?given, "the terminal is ours again");
    }
}
