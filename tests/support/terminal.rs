//! A program in a real terminal, watched through the screen that a student would see.

use std::{
    os::fd::OwnedFd,
    process::{Child, Command, ExitStatus},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use korobka::pty::{Screen, Session};

use super::patience::patience;

/// A terminal with a program on it.
pub(crate) struct Terminal {
    /// The terminal.
    pub(crate) session: Session,
    /// The program.
    pub(crate) child: Child,
    woken: Receiver<()>,
}

impl Terminal {
    /// Runs a program on a terminal of its own.
    pub(crate) fn run(rows: u16, cols: u16, program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let (sender, woken) = channel();
        let (session, slave) = Session::open(rows, cols, move || {
            sender.send(()).ok();
        })
        .expect("a terminal");
        let child = start(slave, program, arguments, env);
        Self { session, child, woken }
    }

    /// Types.
    pub(crate) fn keys(&self, keys: &str) {
        assert!(self.session.write(keys.as_bytes()), "the program reads no keys");
    }

    /// Waits until the screen is as wanted.
    pub(crate) fn wait_for(&self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        let end = Instant::now() + patience();
        while !wanted(&self.session.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            let woken = !left.is_zero() && self.woken.recv_timeout(left).is_ok();
            assert!(
                woken || wanted(&self.session.screen()),
                "never saw {what}:\n{}",
                self.session.screen().text()
            );
        }
    }

    /// Waits until the screen shows a text.
    pub(crate) fn wait_text(&self, text: &str) {
        self.wait_for(&format!("{text:?}"), |screen| screen.text().contains(text));
    }

    /// Waits for the program's end, and for the last of what it wrote.
    pub(crate) fn wait_exit(&mut self) -> ExitStatus {
        let end = Instant::now() + patience();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                self.wait_for("the end", |_| self.session.ended());
                return status;
            }
            assert!(Instant::now() < end, "the program does not end:\n{}", self.session.screen().text());
            self.woken.recv_timeout(Duration::from_millis(10)).ok();
        }
    }
}

/// Starts a program on a terminal. `setsid` makes that its controlling terminal; `env` sees to it that the keys of the
/// terminal are heeded, whoever runs the tests; then it becomes the program.
pub(crate) fn start(slave: OwnedFd, program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Child {
    Command::new("setsid")
        .args(["--ctty", "env", "--default-signal=INT,QUIT,TSTP"])
        .arg(program)
        .args(arguments)
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8")
        .envs(env.iter().copied())
        .stdin(slave.try_clone().expect("a copy"))
        .stdout(slave.try_clone().expect("a copy"))
        .stderr(slave)
        .spawn()
        .expect("setsid of util-linux")
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
