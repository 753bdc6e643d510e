//! Looking at processes that somebody else made: on fixture trees, and on real ones that `unshare(1)` makes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use korobka::{
    inspect::{Inspection, look},
    lab::{dial::Switch, namespace::Namespace},
    probe::process::ProcessReader,
};
use nix::errno::Errno;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

#[cfg(test)]
mod support {
    pub(crate) mod skip;
}

use support::skip::skip;

fn fixture(machine: &str, pid: i32) -> Inspection {
    let root = Path::new("tests/fixtures/proc").join(machine);
    let outside = ProcessReader::open(&root, pid).unwrap().read(Path::new("/")).unwrap();
    look(&root, Path::new("/nonexistent"), pid, outside.facts, &Err(Errno::EPERM)).unwrap()
}

fn switch(seen: &Inspection, which: Switch) -> Option<bool> {
    seen.switches.iter().find(|verdict| verdict.switch == which).unwrap().on
}

#[test]
fn a_process_of_a_fixture_tree_is_told_apart_from_its_host() {
    let seen = fixture("v2", 6974);
    let own: Vec<_> = seen.namespaces.iter().filter(|p| p.own == Some(true)).map(|p| p.namespace).collect();
    assert!(own.contains(&Namespace::Uts) && !own.contains(&Namespace::Net), "{own:?}");
    assert_eq!(switch(&seen, Switch::Uts), Some(true));
    assert_eq!(switch(&seen, Switch::Net), Some(false));
    assert_eq!(switch(&seen, Switch::Root), Some(false), "its root is the host's");
    assert_eq!(switch(&seen, Switch::Overlay), Some(false));
    assert_eq!(seen.inside.as_deref(), Some("EPERM"));
    assert_eq!(seen.cgroups[0].path, "/user.slice/user-1000.slice/session-2.scope");
    assert_eq!(seen.root.as_ref().map(|root| (root.fstype.as_str(), root.same)), Some(("ext4", true)));
}

#[test]
fn every_kind_of_machine_can_be_read() {
    for (machine, pid) in [("v1", 420), ("hybrid", 77), ("delegated", 12)] {
        let seen = fixture(machine, pid);
        assert_eq!(seen.namespaces.len(), 8, "{machine}");
        assert!(!seen.cgroups.is_empty(), "{machine}");
        assert!(
            seen.switches.iter().all(|verdict| !verdict.evidence.is_empty()),
            "{machine}: {:?}",
            seen.switches
        );
    }
    assert_eq!(fixture("hybrid", 77).root, None, "a chroot has no mount on its root");
}

/// The program's answer.
fn korobka(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_korobka"));
    let ended = command.args(arguments).env_remove("LC_ALL").env("LANG", "C").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

/// A process in namespaces of its own, which ends with the test.
struct Boxed(Child);

impl Boxed {
    fn start(arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new("unshare");
        command.args(arguments).args(["sh", "-c", "echo ready; read _"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut said = [0; 6];
        if std::io::Read::read_exact(child.stdout.as_mut()?, &mut said).is_err() {
            child.wait().unwrap();
            return None;
        }
        Some(Self(child))
    }

    /// The shell: the child of `unshare --fork`.
    fn pid(&self) -> String {
        let pid = self.0.id();
        let children = format!("/proc/{pid}/task/{pid}/children");
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            let text = fs::read_to_string(&children).unwrap_or_default();
            if let Some(child) = text.split_whitespace().next() {
                return child.to_owned();
            }
        }
        pid.to_string()
    }
}

impl Drop for Boxed {
    fn drop(&mut self) {
        // the end of its input ends it
        drop(self.0.stdin.take());
        drop(self.0.wait());
    }
}

fn on(seen: &Value) -> Vec<String> {
    let verdicts = seen["switches"].as_array().unwrap().iter();
    verdicts.filter(|v| v["on"] == true).map(|v| v["switch"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_real_process_is_seen_from_both_sides() {
    let name = "a_real_process_is_seen_from_both_sides";
    let options = ["--user", "--map-root-user", "--uts", "--pid", "--fork", "--mount-proc", "--net"];
    let Some(boxed) = Boxed::start(&options) else {
        return skip(name, "no user namespaces, or no unshare(1)");
    };
    let pid = boxed.pid();
    let (code, out, err) = korobka(&["inspect", &pid, "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let seen: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(on(&seen), ["uts", "pid", "proc", "user", "net"]);
    assert_eq!(seen["inside"], Value::Null, "a witness was there");
    assert_eq!(seen["facts"]["subject.interfaces"], serde_json::json!(["lo DOWN"]));
    assert_eq!(seen["facts"]["subject.pid"], 1);
    assert_eq!(seen["facts"]["subject.sees_host"], "no");
    for lang in ["en", "ru"] {
        let (code, text, err) = korobka(&["inspect", &pid, "--lang", lang]);
        assert_eq!(code, Some(0), "{err}");
        for line in text.lines() {
            assert!(line.width() <= 80, "{}: {line}", line.width());
        }
        assert!(text.contains('≠') && text.contains("OpenVZ") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn the_hosts_proc_left_in_place_is_seen() {
    let options = ["--user", "--map-root-user", "--pid", "--fork"];
    let Some(boxed) = Boxed::start(&options) else {
        return skip("the_hosts_proc_left_in_place_is_seen", "no user namespaces, or no unshare(1)");
    };
    let (_, out, _) = korobka(&["inspect", &boxed.pid(), "--format", "json"]);
    let seen: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(on(&seen), ["pid", "user"], "ps inside still shows the host");
}

#[test]
fn a_process_of_our_own_has_no_switch_and_every_field_is_promised() {
    let own = std::process::id().to_string();
    let (code, out, err) = korobka(&["inspect", &own, "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let seen: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(on(&seen), Vec::<String>::new());
    let promised = fs::read_to_string("docs/inspect-json.md").unwrap();
    for field in seen.as_object().unwrap().keys().chain(seen["cgroups"][0].as_object().unwrap().keys()) {
        assert!(promised.contains(&format!("`{field}`")), "{field} is not in docs/inspect-json.md");
    }
    assert_eq!(seen["compared"][0]["preset"], "docker");
}

#[test]
fn who_is_not_there_is_said_system_by_system() {
    for (lang, wanted) in [("en", "no running container is called"), ("ru", "работающего контейнера")]
    {
        let (code, out, err) = korobka(&["inspect", "no-such-container-here", "--lang", lang]);
        assert_eq!((code, out.as_str()), (Some(1), ""));
        for word in [wanted, "no-such-container-here", "Docker: ", "Podman: ", "LXC: ", "systemd-nspawn: "] {
            assert!(err.contains(word), "{word} in {err}");
        }
    }
    assert_eq!(korobka(&["inspect", "a b"]).0, Some(2));
    let (code, _, err) = korobka(&["inspect", "2147483647"]);
    assert!(code == Some(1) && err.contains("2147483647"), "{err}");
}
