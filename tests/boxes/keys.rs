//! Keys typed for others: a box shares the caller's terminal, and what it could type there the caller's shell would run.

use std::process::{Command, Stdio};

use crate::support::{skip::skip, terminal::Terminal};

/// `TIOCSTI` types a character; `TIOCLINUX` (2) would tell of the console, and a pseudo-terminal is none.
const TYPE: &str = r#"$x = "x"; $y = pack("C", 2);
for ([0x5412, $x], [0x541c, $y]) { print ioctl(STDIN, $_->[0], $_->[1]) ? "made " : "errno=" . ($! + 0) . " " }
print "end\n""#;

/// What a program hears that types on a terminal of its own.
fn said(words: &[&str]) -> (String, String) {
    let runtime = tempfile::tempdir().unwrap();
    let env = [("XDG_RUNTIME_DIR", runtime.path().to_str().unwrap())];
    let (program, words) = words.split_first().unwrap();
    let mut terminal = Terminal::run(24, 100, program, &[words, &["perl", "-e", TYPE]].concat(), &env);
    terminal.wait_text(" end");
    let text = terminal.session.screen().text();
    terminal.wait_exit();
    let line = text.lines().find(|line| line.contains(" end")).unwrap();
    // What was typed is echoed before or after.
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_start_matches('x')).collect();
    (words[0].to_owned(), words[1].to_owned())
}

#[test]
fn nobody_types_for_others_out_of_a_box() {
    let perl = Command::new("perl").args(["-e", "1"]).stdin(Stdio::null()).status();
    if !perl.is_ok_and(|status| status.success()) {
        skip("keys typed for others", "there is no perl(1) to ask the terminal with");
        return;
    }
    if crate::run(&["--without", "cgroup", "--", "true"]).is_none() {
        return;
    }
    let program = env!("CARGO_BIN_EXE_korobka");
    let outside = said(&["env"]);
    let unfiltered = said(&[program, "box", "--without", "cgroup", "--without", "rights", "--"]);
    let inside = said(&[program, "box", "--without", "cgroup", "--"]);
    let eperm = || "errno=1".to_owned();
    assert_eq!(inside, (eperm(), eperm()), "the filter says EPERM");
    assert_eq!(outside.1, "errno=25", "ENOTTY: the kernel's own answer");
    assert_eq!(unfiltered.1, outside.1, "without the filter the kernel itself answers");
    assert_eq!(unfiltered.0, outside.0, "without the filter the kernel itself answers");
    if outside.0 == "made" {
        return;
    }
    assert_eq!(outside.0, "errno=5", "dev.tty.legacy_tiocsti=0");
    skip("a key typed without the filter", "this kernel lets nobody type (EIO); the filter's EPERM was seen");
}
