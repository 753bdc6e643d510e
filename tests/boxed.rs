//! `korobka box` on the real program and the real kernel.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test fails as the test does")]

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

#[cfg(test)]
mod support {
    pub(crate) mod machine;
    pub(crate) mod patience;
    pub(crate) mod skip;
    pub(crate) mod terminal;
}

#[cfg(test)]
mod boxes {
    mod disk;
    mod jobs;
    mod keys;
    mod signals;
    mod sys;
}

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use support::{machine::kind, patience::patience, skip::skip};

fn boxed(runtime: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_korobka"));
    command.arg("box").args(words).env("XDG_RUNTIME_DIR", runtime).env_remove("LC_ALL").env("LANG", "C");
    command.stdin(Stdio::null());
    command
}

/// Runs it to its end; none where this machine has no such box.
fn run(words: &[&str]) -> Option<Output> {
    let runtime = tempfile::tempdir().unwrap();
    let ended = boxed(runtime.path(), words).output().unwrap();
    assert_eq!(std::fs::read_dir(runtime.path()).unwrap().count(), 0, "{words:?} left something");
    if ended.status.code() != Some(3) {
        return Some(ended);
    }
    let reason = String::from_utf8_lossy(&ended.stderr);
    if is_beyond(words) {
        not_here(&words.join(" "), &reason);
    } else {
        skip(&words.join(" "), &reason);
    }
    None
}

/// Says what this kind of machine is known not to do. It is done elsewhere: nothing has been skipped.
fn not_here(name: &str, reason: &str) {
    writeln!(std::io::stderr(), "not here ({}): {name}: {reason}", kind()).expect("stderr");
}

/// Whether this kind of machine is known to have no such box: only root makes namespaces without one of users, and limits
/// where no cgroup is delegated.
fn is_beyond(words: &[&str]) -> bool {
    let limited = words.iter().any(|word| ["--memory", "--cpus", "--pids"].contains(word));
    match kind() {
        "user v1" | "user v2 not delegated" => limited || words.contains(&"docker"),
        "user v2" => words.contains(&"docker"),
        _ => false,
    }
}

fn out(ended: &Output) -> String {
    String::from_utf8_lossy(&ended.stdout).trim().to_owned()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + patience();
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn the_exit_status_is_the_commands() {
    for (words, status) in [
        (&["--", "true"][..], 0),
        (&["--", "sh", "-c", "exit 7"], 7),
        (&["--", "sh", "-c", "kill -9 $$"], 137),
        (&["--", "nosuchcommand"], 127),
        (&["--", "/etc"], 126),
        (&["--preset", "plain", "--", "sh", "-c", "exit 7"], 7),
        (&["--preset", "plain", "--", "nosuchcommand"], 127),
        (&["--preset", "chroot", "--", "/bin/sh", "-c", "exit 9"], 9),
        (&["--without", "cgroup", "--preset", "rootless", "--", "sh", "-c", "exit 5"], 5),
        (&["--without", "overlay", "--", "true"], 0),
        (&["--without", "proc", "--", "true"], 0),
        (&["--without", "net", "--", "true"], 0),
        (&["--without", "rights", "--", "true"], 0),
        (&["--preset", "plain", "--memory", "10M", "--", "true"], 2),
        (&["--pids", "0.5", "--", "true"], 2),
    ] {
        let Some(ended) = run(words) else { continue };
        assert_eq!(
            ended.status.code(),
            Some(status),
            "{words:?}: {}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}

#[test]
fn in_the_box_all_is_its_own() {
    let script =
        "hostname; id -u; echo $$; ls /proc | grep -c '^[0-9]'; grep -c : /proc/net/dev; ls /home 2>&1";
    let Some(ended) = run(&["--hostname", "glass", "--", "sh", "-c", script]) else { return };
    let said = out(&ended);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(&lines[..3], ["glass", "0", "2"], "{said}");
    assert!(lines[3].parse::<u32>().unwrap() <= 6, "{said}");
    assert_eq!(lines[4], "1", "lo alone: {said}");
    assert!(lines[5].contains("No such file"), "{said}");
}

#[test]
fn input_and_output_are_the_callers() {
    let runtime = tempfile::tempdir().unwrap();
    let mut child = boxed(runtime.path(), &["--without", "cgroup", "--", "tr", "a-z", "A-Z"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"through\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    if ended.status.code() != Some(3) {
        assert_eq!(out(&ended), "THROUGH");
    }
}

/// A box that says when its command runs.
fn waiting(runtime: &Path, script: &str) -> Option<(Child, BufReader<std::process::ChildStdout>)> {
    let script = format!("{script} echo ready; while :; do sleep 0.05; done");
    let mut child = boxed(runtime, &["--", "sh", "-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    if line.is_empty() {
        assert_eq!(child.wait().unwrap().code(), Some(3));
        return None;
    }
    Some((child, reader))
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

#[test]
fn a_signal_is_handed_on() {
    let runtime = tempfile::tempdir().unwrap();
    let Some((mut child, _)) = waiting(runtime.path(), "") else { return };
    kill(pid(&child), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let Some((mut child, _)) = waiting(runtime.path(), "trap 'exit 3' USR1;") else { return };
    kill(pid(&child), Signal::SIGUSR1).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn killed_it_takes_everyone_with_it_and_the_janitor_takes_the_rest() {
    let runtime = tempfile::tempdir().unwrap();
    let Some((mut child, reader)) = waiting(runtime.path(), "sleep 1000 &") else { return };
    let below = korobka::kernel::descent::below(child.id().cast_signed());
    assert!(below.len() >= 2, "{below:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    drop(reader);
    until("somebody lives on", || !below.iter().any(|pid| is_alive(*pid)));
    let clean = Command::new(env!("CARGO_BIN_EXE_korobka"))
        .arg("clean")
        .env("XDG_RUNTIME_DIR", runtime.path())
        .output()
        .unwrap();
    assert!(clean.status.success(), "{}", String::from_utf8_lossy(&clean.stderr));
    assert_eq!(std::fs::read_dir(runtime.path()).unwrap().count(), 0);
}

/// Whoever it is and wherever it is in its work: nobody lives on, and `korobka clean` takes what the kernel does not.
#[test]
fn killed_at_any_moment_nothing_is_left() {
    let mut random = std::fs::File::open("/dev/urandom").unwrap();
    for (preset, words) in [
        ("rootless", &["--preset", "rootless", "--without", "cgroup"][..]),
        ("whole", &["--memory", "64M"]),
        ("docker", &["--preset", "docker"]),
    ] {
        if run(&[words, &["--", "true"]].concat()).is_none() {
            continue;
        }
        for _ in 0..15 {
            let runtime = tempfile::tempdir().unwrap();
            let mut child =
                boxed(runtime.path(), &[words, &["--", "sh", "-c", "sleep 1000 & wait"]].concat())
                    .spawn()
                    .unwrap();
            let mut byte = [0];
            std::io::Read::read_exact(&mut random, &mut byte).unwrap();
            // Any moment of the start, which takes some milliseconds, or after it.
            std::thread::sleep(Duration::from_micros(u64::from(byte[0]) * 80));
            let mark = format!("korobka-{}-", child.id());
            let below = korobka::kernel::descent::below(child.id().cast_signed());
            child.kill().unwrap();
            child.wait().unwrap();
            until(&format!("{preset}: somebody lives on"), || !below.iter().any(|pid| is_alive(*pid)));
            // Whoever was being born when the box was killed dies as well, a moment later.
            until(&format!("{preset}: something is left in {}", runtime.path().display()), || {
                let clean = Command::new(env!("CARGO_BIN_EXE_korobka"))
                    .arg("clean")
                    .env("XDG_RUNTIME_DIR", runtime.path())
                    .output()
                    .unwrap();
                assert!(clean.status.success(), "{preset}: {}", String::from_utf8_lossy(&clean.stderr));
                std::fs::read_dir(runtime.path()).unwrap().count() == 0
            });
            let left = cgroups(Path::new("/sys/fs/cgroup"), &mark);
            assert!(left.is_empty(), "{preset}: {left:?}");
        }
    }
}

fn is_alive(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The directories whose names begin so, in every hierarchy.
fn cgroups(below: &Path, mark: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(below).into_iter().flatten().flatten();
    let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let found = dirs.flat_map(|entry| {
        let own = entry.file_name().to_string_lossy().starts_with(mark).then(|| entry.path());
        own.into_iter().chain(cgroups(&entry.path(), mark)).collect::<Vec<_>>()
    });
    found.collect()
}

#[test]
fn a_limit_is_kept() {
    let eat = "head -c 200m /dev/zero | tail | wc -c";
    let Some(ended) = run(&["--memory", "20M", "--", "sh", "-c", eat]) else { return };
    assert_eq!(out(&ended), "0", "tail should have been killed");
    let fork = "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.2 & done; wait";
    let Some(ended) = run(&["--pids", "5", "--", "sh", "-c", fork]) else { return };
    assert!(String::from_utf8_lossy(&ended.stderr).contains("fork"), "{ended:?}");
}

#[test]
fn it_explains_itself_in_both_languages() {
    for (lang, shell) in [("C", "In the shell: "), ("ru_RU.UTF-8", "В оболочке: ")] {
        let runtime = tempfile::tempdir().unwrap();
        let words = ["--without", "cgroup", "--explain", "--", "true"];
        let ended = boxed(runtime.path(), &words).env("LANG", lang).output().unwrap();
        if ended.status.code() == Some(3) {
            return;
        }
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        for part in [shell, "pivot_root(\".\", \".\") = 0", "docker run --hostname box", "clone3({flags="] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn what_the_machine_forbids_is_3_and_explained() {
    if nix::unistd::geteuid().is_root() {
        return;
    }
    let runtime = tempfile::tempdir().unwrap();
    let ended = boxed(runtime.path(), &["--preset", "docker", "--", "true"]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("EPERM") && said.contains("user namespace"), "{said}");
}

/// What whoever started it has left open would be a way out.
#[test]
fn a_box_has_nothing_open_but_input_and_output() {
    let runtime = tempfile::tempdir().unwrap();
    let script = "exec 9</; exec \"$0\" box --without cgroup -- ls /proc/self/fd";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_korobka")]).env("XDG_RUNTIME_DIR", runtime.path());
    let ended = command.stdin(Stdio::null()).output().unwrap();
    if ended.status.code() != Some(3) {
        assert_eq!(out(&ended).split_whitespace().collect::<Vec<_>>(), ["0", "1", "2", "3"], "3 is its own");
    }
}

/// A read-only bind mount leaves those below it as they were.
#[test]
fn a_file_system_below_the_programs_cannot_be_written_either() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let runtime = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs none /usr/local && \"$0\" box --without cgroup -- touch /usr/local/x; \
                  ls /usr/local";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, env!("CARGO_BIN_EXE_korobka")]);
    let ended = command.env("XDG_RUNTIME_DIR", runtime.path()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("Read-only file system"), "{said}");
    assert_eq!(out(&ended), "", "the host's file system was written to");
}
