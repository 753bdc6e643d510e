//! What a box writes lies in memory, and there is an end to it.

use crate::{out, run};

#[test]
fn a_box_cannot_write_more_than_its_root_holds() {
    let script =
        "fallocate -l 1M /small && echo small; fallocate -l 300M /large; df -k --output=size / | tail -1";
    let Some(ended) = run(&["--without", "cgroup", "--", "sh", "-c", script]) else { return };
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("No space left on device"), "{said}");
    let lines = out(&ended);
    let lines: Vec<&str> = lines.lines().map(str::trim).collect();
    assert_eq!(lines, ["small", "262144"], "in KiB: {said}");
}

/// Whoever only writes files is told so (ENOSPC) before the kernel ends the box for its memory.
#[test]
fn with_a_limit_of_memory_half_of_it_is_for_files() {
    let script = "head -c 15m /dev/zero > /file; echo $?; stat -c %s /file";
    let Some(ended) = run(&["--memory", "20M", "--", "sh", "-c", script]) else { return };
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("No space left on device"), "{said}");
    let lines = out(&ended);
    let (status, bytes) = lines.split_once('\n').unwrap_or_default();
    assert_eq!(status, "1", "{said}");
    // The files of the skeleton lie there too.
    let bytes: u64 = bytes.trim().parse().expect("a number");
    assert!((9 << 20..=10 << 20).contains(&bytes), "{bytes}");
}
