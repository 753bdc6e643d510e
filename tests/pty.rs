//! Real programs in a real pseudo-terminal.

use std::{
    sync::mpsc::channel,
    time::{Duration, Instant},
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use korobka::pty::{Session, keys};

#[cfg(test)]
mod support {
    pub(crate) mod patience;
    pub(crate) mod skip;
    pub(crate) mod terminal;
}

use support::{
    skip::skip,
    terminal::{Terminal, start},
};

fn shell() -> Terminal {
    let terminal = Terminal::run(24, 80, "sh", &[], &[("PS1", "ready> "), ("ENV", "")]);
    terminal.wait_text("ready>");
    terminal
}

fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).exists()))
}

#[test]
fn a_shell_answers_and_ends() {
    let mut terminal = shell();
    terminal.keys("echo $((6*7)) коробка\r");
    terminal.wait_text("\n42 коробка\n");
    terminal.keys("exit 3\r");
    assert_eq!(terminal.wait_exit().code(), Some(3));
    assert!(terminal.session.ended());
}

#[test]
fn an_erased_cyrillic_letter_is_gone_whole() {
    let terminal = shell();
    terminal.keys("printf '<%s>\\n' 'ящик\u{7f}\u{7f}'\r");
    terminal.wait_text("\n<ящ>\n");
}

#[test]
fn the_program_sees_its_size_and_hears_of_another() {
    let terminal = shell();
    terminal.keys("stty size\r");
    terminal.wait_text("\n24 80\n");
    terminal.keys("trap 'echo chan''ged; stty size' WINCH; echo arm''ed\r");
    terminal.wait_text("armed");
    terminal.session.resize(10, 33).expect("a size");
    terminal.keys("\r");
    terminal.wait_text("changed");
    terminal.wait_text("10 33");
    terminal.session.resize(0, 0).expect("a size");
    assert_eq!(terminal.session.screen().size(), (1, 2));
}

#[test]
fn control_c_interrupts_the_foreground_program() {
    let terminal = shell();
    terminal.keys("sh -c 'echo running; exec sleep 1000'\r");
    terminal.wait_text("\nrunning");
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let bytes = keys::key(&interrupt, terminal.session.screen().modes());
    terminal.session.write(&bytes);
    // what is typed before the interrupt has been taken is thrown away with it, termios(3)
    terminal.wait_for("the prompt", |screen| screen.text().trim_end().ends_with("ready>"));
    terminal.keys("echo status=$?\r");
    terminal.wait_text("status=130");
}

#[test]
fn a_flood_does_not_block_and_history_is_kept() {
    let terminal = shell();
    terminal.keys("seq 1 200000; echo done\r");
    terminal.wait_text("\ndone\n");
    let mut screen = terminal.session.screen();
    screen.scroll(i32::MAX);
    let (offset, length) = screen.scrollback();
    assert_eq!((offset, length), (1000, 1000));
    assert!(!screen.text().contains("ready>"));
}

#[test]
fn wake_ups_are_not_repeated_until_somebody_looks() {
    let (sender, woken) = channel();
    let (session, slave) = Session::open(5, 20, move || {
        sender.send(()).ok();
    })
    .expect("a terminal");
    for _ in 0..50 {
        nix::unistd::write(&slave, b"again\r\n").expect("a write");
    }
    woken.recv_timeout(Duration::from_secs(5)).expect("a wake-up");
    while !session.screen().text().contains("again") {
        woken.recv_timeout(Duration::from_secs(5)).expect("a wake-up");
    }
    drop(slave);
    while !session.ended() {
        woken.recv_timeout(Duration::from_secs(5)).expect("the wake-up of the end");
    }
    assert!(woken.try_iter().count() < 10);
}

#[test]
fn a_program_that_reads_nothing_never_blocks_the_writer() {
    let (session, _slave) = Session::open(5, 20, || {}).expect("a terminal");
    let start = Instant::now();
    let taken = (0..1000).filter(|_| session.write(&[b'x'; 1024])).count();
    assert!(taken > 0 && taken < 1000, "{taken} writes were taken");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn hanging_up_ends_the_shell() {
    let (session, slave) = Session::open(24, 80, || {}).expect("a terminal");
    let mut child = start(slave, "sh", &[], &[]);
    drop(session);
    let end = Instant::now() + Duration::from_secs(10);
    while child.try_wait().expect("a child").is_none() {
        assert!(Instant::now() < end, "the shell lives on");
        std::thread::yield_now();
    }
}

#[test]
fn vi_works_full_screen() {
    if !installed("vi") {
        return skip("vi_works_full_screen", "vi is not installed");
    }
    let mut terminal = Terminal::run(24, 80, "vi", &["-u", "NONE"], &[]);
    terminal.wait_for("the other screen", |screen| screen.modes().alternate);
    terminal.keys("ihello, world\x1b");
    terminal.wait_text("hello, world");
    terminal.keys(":q!\r");
    assert!(terminal.wait_exit().success());
    assert!(!terminal.session.screen().modes().alternate);
}

#[test]
fn top_works_full_screen_and_follows_the_size() {
    if !installed("top") {
        return skip("top_works_full_screen_and_follows_the_size", "top is not installed");
    }
    let mut terminal = Terminal::run(24, 80, "top", &["-d", "1"], &[]);
    terminal.wait_text("PID");
    terminal.session.resize(40, 120).expect("a size");
    terminal.wait_for("rows below the 24th", |screen| screen.text().lines().count() > 24);
    terminal.keys("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_process_is_followed_on_the_screen_until_it_ends() {
    let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("sleep(1)");
    let pid = child.id().to_string();
    let program = env!("CARGO_BIN_EXE_korobka");
    let arguments = ["inspect", &pid, "--lang", "en"];
    let mut terminal = Terminal::run(24, 80, program, &arguments, &[]);
    terminal.wait_text(&format!("Process {pid} (sleep)"));
    terminal.wait_text("LIVE");
    terminal.wait_text("docker");
    terminal.keys("\t");
    terminal.wait_text("[Witness]");
    child.kill().expect("a signal");
    child.wait().expect("a status");
    terminal.wait_text("The process has ended");
    terminal.wait_text("ENDED");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit().code(), Some(0));
    // written once where that is asked for
    let mut plain = Terminal::run(24, 80, program, &["inspect", "1", "--plain", "--lang", "en"], &[]);
    assert_eq!(plain.wait_exit().code(), Some(0));
}
