//! A box as a job of the caller's shell, on a real terminal.

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use crate::{run, support::terminal::Terminal, until};

/// A process below the shell of a terminal, `proc_pid_stat(5)`.
#[derive(Debug)]
struct Process {
    pid: i32,
    name: String,
    state: char,
    group: i32,
    /// The group in front of its terminal.
    front: i32,
}

fn process(pid: i32) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, rest) = stat.rsplit_once(") ")?;
    let rest: Vec<&str> = rest.split(' ').collect();
    let number = |at: usize| rest.get(at)?.parse().ok();
    Some(Process {
        pid,
        name: name.split_once('(')?.1.to_owned(),
        state: rest.first()?.chars().next()?,
        group: number(2)?,
        front: number(5)?,
    })
}

/// The process of this name below the shell; the one nearest to it, if there are several.
fn find(terminal: &Terminal, name: &str) -> Option<Process> {
    let below = korobka::kernel::descent::below(terminal.child.id().cast_signed());
    below.into_iter().filter_map(process).find(|process| process.name == name)
}

/// Whether the group in front of the terminal is that of this process, and it has not been stopped.
fn in_front(terminal: &Terminal, name: &str) -> bool {
    find(terminal, name).is_some_and(|process| process.state == 'S' && process.group == process.front)
}

/// Whether the shell is in front of its terminal.
fn shell_in_front(terminal: &Terminal) -> bool {
    process(terminal.child.id().cast_signed()).is_some_and(|shell| shell.group == shell.front)
}

fn is_in(terminal: &Terminal, name: &str, state: char) -> bool {
    find(terminal, name).is_some_and(|process| process.state == state)
}

/// A line of the screen that ends so.
fn line(terminal: &Terminal, wanted: &str) {
    terminal.wait_for(wanted, |screen| screen.text().lines().any(|line| line.trim_end().ends_with(wanted)));
}

fn have_boxes() -> bool {
    run(&["--without", "cgroup", "--", "true"]).is_some()
}

fn shell(program: &str, words: &[&str], runtime: &tempfile::TempDir) -> Terminal {
    let env = [("XDG_RUNTIME_DIR", runtime.path().to_str().unwrap()), ("PS1", "outside> ")];
    let terminal = Terminal::run(24, 120, program, words, &env);
    terminal.wait_text("outside>");
    terminal
}

/// Types the line that starts a box with a command in it, and waits until that is in front.
fn start(terminal: &Terminal) {
    let program = env!("CARGO_BIN_EXE_korobka");
    terminal.keys(&format!("clear; {program} box --without cgroup -- sleep 1000\r"));
    until("the box never began", || in_front(terminal, "sleep"));
}

/// How a whole box comes to be stopped.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// By a key, in the command's group.
    Key,
    /// By a signal, sent to whoever the shell has started.
    Sent(Signal),
    /// By one, sent to the whole job as the shell knows it.
    SentToTheJob(Signal),
}

fn stop(terminal: &Terminal, how: Stop) {
    let program = find(terminal, "korobka").unwrap().pid;
    match how {
        Stop::Key => terminal.keys("\x1a"),
        Stop::Sent(signal) => kill(Pid::from_raw(program), signal).unwrap(),
        Stop::SentToTheJob(signal) => killpg(Pid::from_raw(program), signal).unwrap(),
    }
    until(&format!("{how:?}: the box was not stopped"), || is_in(terminal, "korobka", 'T'));
    until(&format!("{how:?}: the shell is not back in front"), || shell_in_front(terminal));
    if matches!(how, Stop::Key | Stop::Sent(Signal::SIGTSTP)) {
        until(&format!("{how:?}: the command goes on"), || is_in(terminal, "sleep", 'T'));
    }
}

/// After `bg` a shell takes the job for running, and its `fg` puts that in front without a word.
fn through_background_and_back(program: &str, words: &[&str]) {
    for how in [
        Stop::Key,
        Stop::Sent(Signal::SIGTSTP),
        Stop::Sent(Signal::SIGSTOP),
        Stop::SentToTheJob(Signal::SIGSTOP),
    ] {
        let runtime = tempfile::tempdir().unwrap();
        let mut terminal = shell(program, words, &runtime);
        start(&terminal);
        stop(&terminal, how);
        terminal.keys("bg\r");
        until(&format!("{how:?}: the box does not go on"), || {
            is_in(&terminal, "korobka", 'S') && is_in(&terminal, "sleep", 'S')
        });
        terminal.keys("fg\r");
        until(&format!("{how:?}: the box is not in front"), || !shell_in_front(&terminal));
        // Whoever is in front by then, the key is for the command.
        stop(&terminal, Stop::Key);
        terminal.keys("fg\r");
        until(&format!("{how:?}: the command is not in front"), || in_front(&terminal, "sleep"));
        stop(&terminal, Stop::Key);
        terminal.keys("bg\r");
        until(&format!("{how:?}: the box does not go on again"), || {
            is_in(&terminal, "korobka", 'S') && is_in(&terminal, "sleep", 'S')
        });
        terminal.keys("fg\r");
        until(&format!("{how:?}: the box is not in front again"), || !shell_in_front(&terminal));
        terminal.keys("\x03");
        until(&format!("{how:?}: Ctrl-C was not heard"), || find(&terminal, "korobka").is_none());
        terminal.keys("echo ended=$?\r");
        line(&terminal, "ended=130");
        terminal.keys("exit\r");
        terminal.wait_exit();
        assert_eq!(std::fs::read_dir(runtime.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_whole_box_is_a_job_of_bash() {
    if have_boxes() {
        through_background_and_back("bash", &["--norc", "--noprofile"]);
    }
}

/// Another shell with another way: its `fg` tells a job that runs to go on.
#[test]
fn a_whole_box_is_a_job_of_sh() {
    if have_boxes() {
        through_background_and_back("sh", &["-i"]);
    }
}

/// Started in the background it has no terminal to lend, and its command shares its group.
#[test]
fn a_box_that_began_in_the_background_hears_the_keys_too() {
    if !have_boxes() {
        return;
    }
    let runtime = tempfile::tempdir().unwrap();
    let mut terminal = shell("bash", &["--norc", "--noprofile"], &runtime);
    terminal
        .keys(&format!("clear; {} box --without cgroup -- sleep 1000 &\r", env!("CARGO_BIN_EXE_korobka")));
    until("the box never began", || is_in(&terminal, "sleep", 'S'));
    terminal.keys("fg\r");
    until("the box is not in front", || in_front(&terminal, "sleep"));
    stop(&terminal, Stop::Key);
    terminal.keys("fg\r");
    until("the box is not in front again", || in_front(&terminal, "sleep"));
    terminal.keys("\x03");
    until("Ctrl-C was not heard", || find(&terminal, "korobka").is_none());
    terminal.keys("exit\r");
    terminal.wait_exit();
}

/// A box without processes of its own: the shell in it is the program's child, with a group of its own.
#[test]
fn a_shell_in_a_plain_box_can_be_suspended() {
    let runtime = tempfile::tempdir().unwrap();
    let mut terminal = shell("sh", &["-i"], &runtime);
    let program = env!("CARGO_BIN_EXE_korobka");
    terminal.keys(&format!("clear; {program} box --preset plain -- bash --norc --noprofile\r"));
    until("the shell in the box never began", || in_front(&terminal, "bash"));
    terminal.keys("suspend\r");
    until("the box was not stopped", || is_in(&terminal, "korobka", 'T') && shell_in_front(&terminal));
    terminal.keys("fg\r");
    until("the shell in the box is not in front", || in_front(&terminal, "bash"));
    terminal.keys("exit 6\r");
    until("the box never ended", || find(&terminal, "korobka").is_none());
    terminal.keys("echo ended=$?\r");
    line(&terminal, "ended=6");
    terminal.keys("exit\r");
    terminal.wait_exit();
}

#[test]
fn on_a_terminal_it_is_a_shell_like_any_other() {
    if !have_boxes() {
        return;
    }
    let runtime = tempfile::tempdir().unwrap();
    let mut terminal = shell("bash", &["--norc", "--noprofile"], &runtime);
    terminal.keys(&format!("clear; {} box --without cgroup -- sh\r", env!("CARGO_BIN_EXE_korobka")));
    line(&terminal, "#");
    terminal.keys("echo in:$$; tty; stty size\r");
    for wanted in ["in:2", "/dev/console", "24 120"] {
        line(&terminal, wanted);
    }
    // A job in the box, stopped, brought back and interrupted.
    terminal.keys("sh -c 'echo be''gan; exec sleep 1000'\r");
    line(&terminal, "began");
    terminal.keys("\x1a");
    terminal.wait_text("Stopped");
    terminal.keys("echo job=$?; fg; echo st=$?\r");
    line(&terminal, "job=148");
    until("the job never went on", || in_front(&terminal, "sleep"));
    terminal.keys("\x03");
    terminal.keys("exit 4\r");
    terminal.wait_text("outside>");
    terminal.keys("echo left=$?\r");
    line(&terminal, "left=4");
    terminal.keys("exit\r");
    terminal.wait_exit();
}
