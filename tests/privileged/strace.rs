//! The traces are the truth: strace, which watches from outside, sees the same calls in the same order.

use std::process::Command;

use super::lesson::run_of;
use crate::skip::skip;

/// The calls that change namespaces and mounts.
const WATCHED: &str = "unshare,clone3,mount,umount2,pivot_root,chroot,sethostname,msgget";

pub(crate) fn strace_sees_the_same_calls_in_the_same_order() {
    if Command::new("strace").arg("-V").output().is_err() {
        return skip("strace_sees_the_same_calls_in_the_same_order", "strace is not installed");
    }
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("strace");
    let run = Command::new("strace")
        .args(["-f", "-qq", "-s", "256", "-e", &format!("trace={WATCHED}"), "-e", "signal=none", "-o"])
        .arg(&log)
        .arg(env!("CARGO_BIN_EXE_korobka"))
        .args(["lab", "namespaces", "--auto", "--format", "json", "--root-dir"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let told = told(&String::from_utf8(run.stdout).unwrap());
    let seen = seen(&std::fs::read_to_string(&log).unwrap());
    assert!(told.len() > run_of("namespaces", false).lab().steps.len(), "too few calls: {told:?}");
    let mut rest = seen.iter();
    for call in &told {
        assert!(
            rest.any(|line| line == call),
            "strace did not see {call} here; it saw:\n{}",
            seen.join("\n")
        );
    }
    let extra = seen.iter().filter(|line| !told.contains(line)).collect::<Vec<_>>();
    assert!(extra.iter().all(|line| housekeeping(line)), "calls that no trace tells of: {extra:?}");
}

/// What is not an action of the lab: the try to walk out of the root ([`korobka::stage::escape`]), and the doctor's tries
/// before the lab begins.
fn housekeeping(line: &str) -> bool {
    line.starts_with("chroot(")
        || line.starts_with("unshare(")
        || line.starts_with("clone3(")
        || line.starts_with("mount(")
}

/// The calls of the `trace` events, as `name(first argument`.
fn told(lines: &str) -> Vec<String> {
    lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|event| event["event"] == "trace" && WATCHED.split(',').any(|name| event["call"] == name))
        .map(|event| {
            let args: Vec<&str> =
                event["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
            shape(event["call"].as_str().unwrap(), &args.join(", "))
        })
        .collect()
}

/// The calls that strace saw, likewise. Lines that were cut in two by another process are put together by their start.
fn seen(log: &str) -> Vec<String> {
    log.lines()
        .filter_map(|line| line.split_once(' ').map(|(_, call)| call.trim()))
        .filter(|call| !call.starts_with("<..."))
        .filter_map(|call| call.split_once('('))
        .map(|(name, rest)| shape(name, rest))
        .collect()
}

/// A call by its name and the part of its arguments that both write alike.
fn shape(name: &str, args: &str) -> String {
    let part = match name {
        "unshare" => args.split([')', ' ']).next().unwrap_or_default().to_owned(),
        "mount" | "umount2" | "pivot_root" | "chroot" | "sethostname" => {
            args.split('"').skip(1).step_by(2).take(2).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    };
    format!("{name}({part}")
}
