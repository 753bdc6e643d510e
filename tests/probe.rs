//! The readers in real namespaces. Where user namespaces are forbidden the tests say so and pass.

use std::{
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
};

use korobka::{
    kernel::attempt::attempt,
    lab::{
        fact::{FactId, Side},
        observation::{Observation, Value},
        sight::Sight,
    },
    probe::{
        Facts,
        doctor::{Ability, overall},
        host::HostReader,
        inside::{self, Inside, Marker, boottime_ns},
        process::ProcessReader,
        rights,
    },
};
use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
    unistd::{getegid, geteuid, sethostname},
};

fn forbidden() -> Option<Ability> {
    Some(overall()).filter(|ability| matches!(ability, Ability::No { .. }))
}

fn short(facts: &Facts, id: &str) -> Option<String> {
    facts.get(&id.parse::<FactId>().ok()?).map(Value::short)
}

/// All that can be seen is seen by somebody: only the way out of the root, what an execve gives, the clock's offset and the
/// dial are the stage's to find out.
#[test]
fn the_readers_together_know_every_fact() {
    let pid = std::process::id().cast_signed();
    let nowhere = Path::new("/nowhere");
    let mut facts = ProcessReader::open(Path::new("/proc"), pid)
        .expect("ourselves")
        .read(nowhere)
        .expect("ourselves")
        .facts;
    facts.extend(HostReader::new(Path::new("/proc"), Some(1)).read(nowhere));
    let marker = Marker { pid, name: String::new() };
    let sights = vec![Sight::Layers];
    let nothing = "/nowhere".to_owned();
    let ask = Inside { marker, port: Some(1), witness: false, box_dir: nothing, sights };
    facts.extend(inside::read(&ask).facts);
    // Of layers there is nothing to be seen from outside, and other sights have readers of their own.
    let asked = |id: &FactId| match id.fact.sight() {
        Sight::Walls | Sight::Rights => true,
        Sight::Layers => id.side == Side::Subject,
        Sight::Limits | Sight::Dial => false,
    };
    facts.extend(rights::read(Path::new("/proc/self"), FactId::host));
    facts.extend(rights::read(Path::new("/proc/self"), FactId::subject));
    let unseen: Vec<_> =
        FactId::rows().filter(|id| !facts.contains_key(id) && asked(id)).map(|id| id.to_string()).collect();
    assert_eq!(unseen, ["host.escape", "subject.escape", "host.rights.exec", "subject.rights.exec"]);
}

/// The trap: a kept `uid_map` or `mountinfo` would go on telling of the namespaces from before.
#[test]
fn a_reader_kept_open_follows_a_process_into_its_namespaces() {
    if let Some(ability) = forbidden() {
        println!("not run, no namespaces here: {ability:?}");
        return;
    }
    let script = "read go; exec unshare --user --map-root-user --mount --uts --ipc sh -c \
                  'mount -t tmpfs none /tmp && echo moved && read end'";
    let mut subject = Command::new("sh")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let pid = subject.id().cast_signed();
    let mut reader = ProcessReader::open(Path::new("/proc"), pid).expect("its directory in /proc");
    let mut look = || reader.read(Path::new("/tmp")).expect("a living process").facts;
    let before = look();
    assert_eq!(short(&before, "subject.uid"), short(&before, "host.uid"), "no namespace yet");

    let mut input = subject.stdin.take().expect("a pipe");
    writeln!(input).expect("a reader of the pipe");
    let mut line = String::new();
    io::BufRead::read_line(&mut io::BufReader::new(subject.stdout.take().expect("a pipe")), &mut line)
        .expect("a line");
    assert_eq!(line, "moved\n");
    let after = look();
    writeln!(input).expect("a reader of the pipe");
    subject.wait().expect("the shell's end");

    let changed = Observation { pid, facts: before }.changed(&Observation { pid, facts: after.clone() });
    let changed: Vec<_> = changed.iter().map(ToString::to_string).collect();
    for id in ["subject.ns.user", "subject.ns.mnt", "subject.ns.uts", "subject.ns.ipc", "subject.mounts"] {
        assert!(changed.iter().any(|c| c == id), "{id} in {changed:?}");
    }
    for id in
        ["subject.ns.net", "subject.ns.pid", "host.uid", "host.pid", "host.cgroup", "subject.boot_offset"]
    {
        assert!(!changed.iter().any(|c| c == id), "{id} in {changed:?}");
    }
    assert_eq!(short(&after, "subject.uid").as_deref(), Some("0"));
    assert_eq!(short(&after, "host.uid_map"), Some(format!("0 {} 1", geteuid())));
    assert_eq!(short(&after, "subject.box_mount").as_deref(), Some("tmpfs"));
    assert_eq!(short(&after, "subject.propagation").as_deref(), Some("private"));
}

#[test]
fn inside_is_another_place() {
    if let Some(ability) = forbidden() {
        println!("not run, no namespaces here: {ability:?}");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let name = std::fs::read_to_string("/proc/self/comm").expect("own name").trim_end().to_owned();
    let marker = Marker { pid: std::process::id().cast_signed(), name };
    let ask = Inside { marker, port: Some(port), witness: false, box_dir: String::new(), sights: Vec::new() };
    let outside = inside::read(&ask);
    assert_eq!(short(&outside.facts, "subject.host_port").as_deref(), Some("open"));

    let boxed = attempt(|| {
        enter(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC)?;
        sethostname("box")?;
        let facts = inside::read(&ask).facts;
        let expected = [
            ("subject.uid", "0"),
            ("subject.hostname", "box"),
            ("subject.interfaces", "lo DOWN"),
            ("subject.addresses", ""),
            ("subject.host_port", "ENETUNREACH"),
            ("subject.ipc", ""),
            ("subject.sees_host", "yes"),
        ];
        let wrong: Vec<_> =
            expected.iter().filter(|(id, value)| short(&facts, id).as_deref() != Some(*value)).collect();
        assert!(wrong.is_empty(), "{wrong:?} in {facts:?}");
        Ok(())
    });
    assert_eq!(boxed, Ok(()));
}

#[test]
fn another_time_has_another_boot() {
    if let Some(ability) = forbidden() {
        println!("not run, no namespaces here: {ability:?}");
        return;
    }
    let time = CloneFlags::from_bits_retain(0x80);
    if attempt(|| enter(time)) == Err(Errno::EINVAL) {
        println!("not run: this kernel has no time namespaces");
        return;
    }
    let day_ns = 86_400 * 1_000_000_000;
    let shifted = attempt(|| {
        enter(time)?;
        std::fs::write("/proc/self/timens_offsets", "boottime 86400 0").map_err(|e| errno(&e))?;
        let mine = boottime_ns();
        attempt(move || if boottime_ns() >= mine + day_ns { Ok(()) } else { Err(Errno::ERANGE) })
    });
    assert_eq!(shifted, Ok(()), "the child's clock is a day ahead");
}

fn enter(flags: CloneFlags) -> Result<(), Errno> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    for (file, text) in [
        ("setgroups", "deny".to_owned()),
        ("gid_map", format!("0 {gid} 1")),
        ("uid_map", format!("0 {uid} 1")),
    ] {
        std::fs::write(format!("/proc/self/{file}"), text).map_err(|e| errno(&e))?;
    }
    unshare(flags)
}

fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
