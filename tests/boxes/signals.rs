//! Signals that whoever starts a box has ignored or blocked: both are inherited.

use std::process::{Command, Output, Stdio};

use crate::{out, support::skip::skip};

/// Runs it under `env` of coreutils, which ignores and blocks; none where this machine has no such box.
fn under(env: &[&str], words: &[&str]) -> Option<Output> {
    let runtime = tempfile::tempdir().unwrap();
    let mut command = Command::new("env");
    command.args(env).args([env!("CARGO_BIN_EXE_korobka"), "box"]).args(words);
    command.env("XDG_RUNTIME_DIR", runtime.path()).env("LC_ALL", "C").stdin(Stdio::null());
    let ended = command.output().unwrap();
    if ended.status.code() == Some(3) {
        skip(&words.join(" "), &String::from_utf8_lossy(&ended.stderr));
        return None;
    }
    Some(ended)
}

#[test]
fn a_box_is_waited_for_even_where_the_end_of_children_is_ignored() {
    for words in
        [&["--", "sh", "-c", "true & wait; exit 7"][..], &["--preset", "plain", "--", "sh", "-c", "exit 7"]]
    {
        let Some(ended) = under(&["--ignore-signal=CHLD"], words) else { continue };
        assert_eq!(ended.status.code(), Some(7), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

/// Signals that the kernel's line names, by number from 1; without the two that glibc keeps to itself, and ignores in
/// what it starts.
fn numbers(status: &str, line: &str) -> Vec<u32> {
    let mask = status.lines().find_map(|text| text.strip_prefix(line)).expect("a line of /proc/PID/status");
    let mask = u64::from_str_radix(mask.trim(), 16).expect("a mask");
    (1..=64).filter(|number| ![32, 33].contains(number) && mask >> (number - 1) & 1 == 1).collect()
}

#[test]
fn the_command_ignores_nothing_and_its_mask_is_the_callers() {
    // whoever runs the tests may do so under nohup(1), which boxes heed: see below
    let plain = "--default-signal=HUP";
    let env = [plain, "--ignore-signal=CHLD,INT,TERM,TSTP,PIPE,USR1,RTMIN", "--block-signal=USR2,WINCH,CHLD"];
    for preset in [&["--"][..], &["--preset", "plain", "--"]] {
        let words = [preset, &["cat", "/proc/self/status"]].concat();
        let Some(ended) = under(&env, &words) else { continue };
        let status = out(&ended);
        assert_eq!(numbers(&status, "SigIgn:"), [0; 0], "{preset:?}");
        assert_eq!(numbers(&status, "SigBlk:"), [12, 17, 28], "USR2, CHLD and WINCH: {preset:?}");
        let Some(ended) = under(&[plain], &words) else { continue };
        assert_eq!(numbers(&out(&ended), "SigBlk:"), [0; 0], "{preset:?}");
    }
}

/// What `nohup(1)` asks for is for the command.
#[test]
fn under_nohup_a_box_lives_on() {
    let Some(ended) = under(&["--ignore-signal=HUP"], &["--", "cat", "/proc/self/status"]) else { return };
    assert_eq!(numbers(&out(&ended), "SigIgn:"), [1]);
}
