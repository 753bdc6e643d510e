//! The program in a real terminal: it starts, it follows the size, and however it ends the terminal is as before.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

#[cfg(test)]
mod support {
    pub(crate) mod patience;
    pub(crate) mod terminal;
}

use support::terminal::Terminal;

const KOROBKA: &str = env!("CARGO_BIN_EXE_korobka");

/// Prints the terminal's settings, runs the program, prints how it ended and the settings again.
const AROUND: &str =
    r#"stty -g; "$0" --lang "$2" --root-dir "$1" $3; echo "status=$?"; stty -g; echo over; read wait"#;

/// The program on its first screen, under a shell.
#[cfg(test)]
struct Started {
    terminal: Terminal,
    /// Where it keeps its state.
    _state: tempfile::TempDir,
}

#[cfg(test)]
impl Started {
    fn home(rows: u16, cols: u16, lang: &str) -> Self {
        Self::with(rows, cols, lang, "")
    }

    fn with(rows: u16, cols: u16, lang: &str, command: &str) -> Self {
        let state = tempfile::tempdir().expect("a directory");
        let dir = state.path().to_str().expect("utf-8");
        let terminal = Terminal::run(rows, cols, "sh", &["-c", AROUND, KOROBKA, dir, lang, command], &[]);
        terminal.wait_for("the program's own screen", |screen| screen.modes().alternate);
        Self { terminal, _state: state }
    }

    /// The program's process: the shell's only child.
    fn pid(&self) -> Pid {
        let shell = self.terminal.child.id();
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("children");
        Pid::from_raw(children.trim().parse().expect("one child"))
    }

    /// Waits for the end and checks that the terminal is as it was; the exit status as the shell tells it.
    fn ended(mut self) -> i32 {
        self.terminal.wait_text("over");
        self.terminal.keys("\r");
        assert!(self.terminal.wait_exit().success());
        let screen = self.terminal.session.screen();
        assert_eq!(screen.modes(), korobka::pty::Modes::default(), "modes are left on");
        assert!(screen.cursor().is_some(), "the cursor is hidden");
        let text = screen.text();
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let at = lines.iter().position(|line| line.starts_with("status=")).expect("a status");
        assert_eq!(lines.first(), lines.get(at + 1), "the settings of the terminal:\n{text}");
        let status = lines.get(at).and_then(|line| line.strip_prefix("status="));
        status.and_then(|status| status.parse().ok()).expect("a number")
    }
}

fn gone(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with(['Z', 'X']))
}

#[test]
fn it_shows_home_and_q_quits() {
    let started = Started::home(24, 120, "en");
    started.terminal.wait_text("Korobka");
    started.terminal.wait_text("Namespaces");
    started.terminal.keys("q");
    assert_eq!(started.ended(), 0);
}

#[test]
fn it_speaks_russian() {
    let started = Started::home(24, 120, "ru");
    started.terminal.wait_text("Пространства имён");
    started.terminal.keys("й");
    assert_eq!(started.ended(), 0);
}

#[test]
fn control_c_quits() {
    let started = Started::home(24, 120, "en");
    started.terminal.keys("\x03");
    assert_eq!(started.ended(), 0);
}

#[test]
fn signals_end_it_and_the_terminal_is_restored() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let started = Started::home(24, 120, "en");
        kill(started.pid(), signal).expect("a signal");
        started.ended();
    }
}

#[test]
fn a_live_lab_acts_and_leaves_the_terminal_as_it_was() {
    let started = Started::with(40, 120, "en", "lab namespaces");
    started.terminal.wait_text("LIVE");
    started.terminal.wait_text("= UTS namespace");
    started.terminal.keys("\r");
    started.terminal.wait_text("EPERM");
    started.terminal.keys("\x03");
    assert_eq!(started.ended(), 0);
}

/// Nobody can help a program that is killed with its first screen; a lab has a stage, and the stage gives the terminal back.
#[test]
fn the_stage_of_a_killed_program_gives_the_terminal_back() {
    let mut started = Started::with(40, 120, "en", "lab namespaces");
    started.terminal.wait_text("LIVE");
    started.terminal.wait_text("= UTS namespace");
    kill(started.pid(), Signal::SIGKILL).expect("a signal");
    let modes = korobka::pty::Modes::default();
    started
        .terminal
        .wait_for("its modes back", |screen| screen.modes() == modes && screen.cursor().is_some());
    // What the shell wrote may have gone with the program's screen, so that is not waited for.
    // Where the terminal were still raw, a return would not end the line that the shell reads.
    started.terminal.keys("\r");
    assert!(started.terminal.wait_exit().success());
}

/// Whether a process has not taken a `SIGTERM` yet.
#[cfg(test)]
fn pending(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let signals = status.lines().find_map(|line| line.strip_prefix("ShdPnd:\t"));
    signals.is_some_and(|mask| u64::from_str_radix(mask, 16).is_ok_and(|mask| mask & 1 << 14 != 0))
}

/// The signal of a dying thread may come before the end of the program.
#[test]
fn a_stage_that_is_told_of_the_end_before_it_comes_gives_the_terminal_back_too() {
    let started = Started::with(40, 120, "en", "lab namespaces");
    started.terminal.wait_text("= UTS namespace");
    let tasks = fs::read_dir(format!("/proc/{}/task", started.pid())).expect("threads");
    let mut children =
        tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let stage = children.find_map(|line| line.split_whitespace().next().map(str::to_owned));
    let stage = Pid::from_raw(stage.expect("a stage").parse().expect("a pid"));
    kill(started.pid(), Signal::SIGSTOP).expect("a signal");
    kill(stage, Signal::SIGTERM).expect("a signal");
    while pending(stage) {
        std::thread::yield_now();
    }
    kill(started.pid(), Signal::SIGKILL).expect("a signal");
    let modes = korobka::pty::Modes::default();
    started
        .terminal
        .wait_for("its modes back", |screen| screen.modes() == modes && screen.cursor().is_some());
}

#[test]
fn a_terminal_that_closes_ends_it() {
    let started = Started::home(24, 120, "en");
    let pid = started.pid();
    drop(started);
    let end = Instant::now() + Duration::from_secs(10);
    while !gone(pid) {
        assert!(Instant::now() < end, "{pid} lives on without a terminal");
        std::thread::yield_now();
    }
}

#[test]
fn it_follows_the_size_and_says_when_that_is_too_small() {
    let started = Started::home(24, 80, "en");
    let terminal = &started.terminal;
    terminal.wait_text("Namespaces");
    terminal.session.resize(40, 120).expect("a size");
    terminal.wait_for("the last row in use", |screen| {
        (0..120).any(|col| screen.cell(39, col).is_some_and(|cell| !cell.text.trim().is_empty()))
    });
    terminal.session.resize(8, 30).expect("a size");
    terminal.wait_text("30×8");
    terminal.session.resize(24, 80).expect("a size");
    terminal.wait_text("Namespaces");
    terminal.keys("q");
    terminal.wait_text("status=0");
}

#[test]
fn without_a_terminal_it_says_what_works_without_one() {
    let done = Command::new(KOROBKA).args(["--lang", "en"]).stdin(Stdio::null()).output().expect("a program");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("--auto"), "{said}");
    assert_eq!(done.status.code(), Some(2));
    assert!(done.stdout.is_empty());
}
