//! What a box is told of the machine: a /sys of its own network, read-only, and where there is one hierarchy of cgroups, its
//! own cgroup.

use std::process::{Command, Stdio};

use korobka::container::Host;

use crate::{not_here, out, run, support::skip::skip};

/// Where the kernel lets it have one.
fn has_sys() -> bool {
    nix::unistd::geteuid().is_root() || Host::look().sys.is_some()
}

#[test]
fn a_box_has_a_sys_that_it_cannot_write() {
    if !has_sys() {
        skip("/sys in a box", "a part of this machine's /sys is hidden");
        return;
    }
    let flags =
        "while read -r _ _ _ _ at options _; do [ $at = /sys ] && echo $options; done < /proc/self/mountinfo";
    let script =
        format!("{flags}; ls /sys/class/net; ls -A /sys/firmware; echo none > /sys/power/state; echo $?");
    let Some(ended) = run(&["--without", "cgroup", "--", "sh", "-c", &script]) else { return };
    let said = out(&ended);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[1..], ["lo", "2"], "of links its own alone, of the firmware nothing: {said}");
    assert!(lines[0].starts_with("ro,nosuid,nodev,noexec"), "{said}");
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(error.contains("Read-only file system") || error.contains("cannot create"), "{error}");
    let kept = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let host = kept.lines().find(|line| line.contains(" /sys ")).unwrap();
    assert!(!host.contains(" - sysfs sysfs ro"), "the host's own became read-only: {host}");
}

#[test]
fn a_box_that_shares_the_network_of_a_plain_user_has_none() {
    let Some(ended) = run(&["--preset", "rootless", "--without", "net", "--", "ls", "/sys"]) else { return };
    assert_eq!(out(&ended), "", "it is the host's links that it would tell of");
}

/// On a machine that has another hierarchy, in a list of mounts where it is the only one.
#[test]
fn a_box_sees_its_own_cgroup_and_cannot_change_it() {
    if !nix::unistd::geteuid().is_root() && !Host::look().unified {
        not_here("the cgroup in a box", "only root can make a hierarchy of v2 the only one in sight");
        return;
    }
    let runtime = tempfile::tempdir().unwrap();
    let inside = "cat /proc/self/cgroup | tail -1; cat /sys/fs/cgroup/cgroup.procs | wc -l; \
                  mkdir /sys/fs/cgroup/more 2>&1; ls -d /sys/fs/cgroup/*/";
    let boxed = format!("exec {} box -- sh -c '{inside}'", env!("CARGO_BIN_EXE_korobka"));
    let mut command = if Host::look().unified {
        let mut command = Command::new("sh");
        command.args(["-c", &boxed]);
        command
    } else {
        let alone = "umount --recursive /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && ";
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-c", &format!("{alone}{boxed}")]);
        command
    };
    command.env("XDG_RUNTIME_DIR", runtime.path()).env("LC_ALL", "C").stdin(Stdio::null());
    let ended = command.output().unwrap();
    let said = out(&ended);
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.first(), Some(&"0::/"), "{said} {error}");
    assert!(lines.iter().any(|line| line.contains("Read-only file system")), "{said} {error}");
    assert!(lines[1].trim().parse::<u32>().unwrap() >= 2, "its own processes: {said} {error}");
}
