//! What the stage does when somebody disturbs it: stops or kills a process at a bad moment, leaves a daemon behind.

use std::{
    fs,
    os::fd::{AsFd, OwnedFd},
    process::Command,
    time::{Duration, Instant},
};

use korobka::{
    kernel::{Call, Kernel, Linux, attempt::attempt, descent},
    lab::{
        action::{Action, IdMap, MountKind, Place},
        namespace::Namespace,
    },
    pty::Session,
    stage::protocol::{Event, Request, ShellPlace},
};
use nix::{
    errno::Errno,
    fcntl::{OFlag, open},
    mount::MsFlags,
    sys::{
        signal::{Signal, kill},
        stat::Mode,
    },
    unistd::Pid,
};

use super::engine::Stage;
use crate::patience::patience;

fn signal(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap();
}

fn stage_pid(stage: &Stage) -> i32 {
    stage.client.pid().try_into().unwrap()
}

/// A field of `/proc/PID/status`; none where the process is gone.
fn status(pid: i32, field: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1).map(str::to_owned)
}

fn until(what: &str, mut met: impl FnMut() -> bool) {
    let until = Instant::now() + patience();
    while !met() {
        assert!(Instant::now() < until, "{what}: not in time");
        std::thread::yield_now();
    }
}

fn dead(pid: i32) -> bool {
    status(pid, "State:").is_none_or(|state| state == "Z")
}

fn shell(stage: &Stage, place: ShellPlace) -> (Session, i32) {
    let (session, slave) = Session::open(24, 80, || {}).unwrap();
    stage.client.request(&Request::Shell { place }, Some(slave.as_fd())).unwrap();
    drop(slave);
    match stage.next() {
        Event::ShellStarted { pid, .. } => (session, pid),
        other => panic!("no shell: {other:?}"),
    }
}

/// Types a line and waits, listening to the stage, until its output is there.
fn type_until(stage: &Stage, session: &Session, line: &str, output: &str) {
    assert!(session.write(line.as_bytes()));
    until(output, || {
        stage.client.next(Some(Duration::from_millis(5))).unwrap();
        session.screen().text().contains(output)
    });
}

fn hear(stage: &Stage, wanted: impl Fn(&Event) -> bool) {
    until("an event", || wanted(&stage.next()));
}

fn descriptors(pid: i32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    entries
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .map(|link| link.to_string_lossy().into_owned())
        .collect()
}

fn boxed(ns: &[Namespace]) -> Vec<Action> {
    vec![
        Action::Unshare { ns: vec![Namespace::User] },
        Action::MapIds { map: IdMap::Single },
        Action::Unshare { ns: ns.to_vec() },
    ]
}

pub(crate) fn processes_that_have_ended_are_forgotten() {
    let stage = Stage::start();
    stage.open(&[]);
    let (session, _) = shell(&stage, ShellPlace::Beside);
    stage.client.request(&Request::Watch { hz: 20 }, None).unwrap();
    type_until(&stage, &session, "echo rea''dy\n", "ready");
    let before = descriptors(stage_pid(&stage)).len();
    let line = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do sleep 0.1; done; echo fini''shed\n";
    type_until(&stage, &session, line, "finished");
    let after = descriptors(stage_pid(&stage)).len();
    assert!(after < before + 16, "{before} descriptors, then {after}");
}

pub(crate) fn a_shell_that_ends_during_a_look_is_said() {
    let stage = Stage::start();
    let subject = stage.open(&[]).pid;
    let (session, pid) = shell(&stage, ShellPlace::Inside);
    signal(subject, Signal::SIGSTOP);
    assert!(session.write(b"exit\n"));
    until("the end of the shell", || dead(pid));
    let switches = || status(stage_pid(&stage), "voluntary_ctxt_switches:");
    let asleep = switches();
    stage.client.request(&Request::Act { actions: Vec::new() }, None).unwrap();
    until("a look", || switches() != asleep);
    signal(subject, Signal::SIGCONT);
    hear(&stage, |event| matches!(event, Event::ShellEnded { .. }));
}

pub(crate) fn the_end_of_one_shell_is_not_taken_for_the_next() {
    let stage = Stage::start();
    stage.open(&[]);
    for _ in 0..10 {
        let (_first, _) = shell(&stage, ShellPlace::Inside);
        let (session, slave) = Session::open(24, 80, || {}).unwrap();
        stage.client.request(&Request::Shell { place: ShellPlace::Inside }, Some(slave.as_fd())).unwrap();
        drop(slave);
        assert!(matches!(stage.next(), Event::ShellEnded { .. }), "of the first");
        assert!(matches!(stage.next(), Event::ShellStarted { .. }), "the second");
        // Orders and a status that comes late cross here.
        stage.act(&[]);
        type_until(&stage, &session, "echo ali''ve\n", "alive");
        stage.client.request(&Request::EndShell, None).unwrap();
        hear(&stage, |event| matches!(event, Event::ShellEnded { .. }));
    }
}

pub(crate) fn a_stopped_subject_does_not_hold_the_stage() {
    let stage = Stage::start();
    let subject = stage.open(&[]).pid;
    stage.client.request(&Request::Watch { hz: 20 }, None).unwrap();
    signal(subject, Signal::SIGSTOP);
    hear(&stage, |event| matches!(event, Event::SubjectGone { .. }));
    stage.client.request(&Request::Watch { hz: 0 }, None).unwrap();
    stage.open(&[]);
}

pub(crate) fn a_death_is_said_once() {
    let stage = Stage::start();
    let mut actions = boxed(&[Namespace::Uts]);
    actions.push(Action::Clone { ns: vec![Namespace::Pid] });
    let subject = stage.open(&actions).pid;
    let first = status(subject, "PPid:").unwrap().parse().unwrap();
    signal(stage_pid(&stage), Signal::SIGSTOP);
    signal(first, Signal::SIGKILL);
    until("both are dead", || dead(first) && dead(subject));
    signal(stage_pid(&stage), Signal::SIGCONT);
    assert!(matches!(stage.next(), Event::SubjectGone { .. }));
    stage.open(&[]);
}

pub(crate) fn a_daemon_of_a_killed_subject_ends() {
    let stage = Stage::start();
    let subject = stage.open(&[]).pid;
    let (session, _) = shell(&stage, ShellPlace::Inside);
    type_until(&stage, &session, "setsid sh -c 'echo da''emon; exec sleep 1000' &\n", "daemon");
    signal(subject, Signal::SIGKILL);
    hear(&stage, |event| matches!(event, Event::SubjectGone { .. }));
    until("the end of the daemon", || descent::below(stage_pid(&stage)).into_iter().all(dead));
}

pub(crate) fn a_shell_that_ends_with_its_subject_is_said() {
    let stage = Stage::start();
    stage.open(&[]);
    let (_session, _) = shell(&stage, ShellPlace::Inside);
    stage.client.request(&Request::Act { actions: vec![Action::Fresh {}] }, None).unwrap();
    hear(&stage, |event| matches!(event, Event::ShellEnded { .. }));
}

pub(crate) fn a_child_that_is_not_the_stages_lives_on() {
    let mut stranger = Command::new("sleep").arg("1000").spawn().unwrap();
    drop(Stage::start());
    let ended = stranger.try_wait();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(matches!(ended, Ok(None)), "{ended:?}");
}

/// A fork of a process that has unshared its PID namespace is process 1 of the new one, and when that ends no other can
/// be started there. Only the student's actions may fork then.
pub(crate) fn a_look_does_not_fork_in_the_subject() {
    let stage = Stage::start();
    stage.open(&[]);
    let mut actions = boxed(&[Namespace::Mnt, Namespace::Pid]);
    actions.extend([
        Action::MakePrivate {},
        Action::Mount { what: MountKind::Tmpfs, at: Place::Box },
        Action::Chroot {},
    ]);
    assert_eq!(stage.act(&actions).failure, None);
    assert_eq!(stage.act(&[Action::Clone { ns: Vec::new() }]).failure, None);
}

pub(crate) fn a_shell_has_nothing_open_but_its_terminal() {
    // Without CLOEXEC, as a careless parent of ours may have left it.
    let left: OwnedFd = open("/", OFlag::O_PATH | OFlag::O_DIRECTORY, Mode::empty()).unwrap();
    let stage = Stage::start();
    let mut actions = boxed(&[Namespace::Uts]);
    actions.push(Action::Clone { ns: Vec::new() });
    let subject = stage.open(&actions).pid;
    drop(left);
    let sockets = descriptors(subject).iter().filter(|link| link.starts_with("socket:")).count();
    assert_eq!(sockets, 1, "its own only: {:?}", descriptors(subject));
    let (_session, pid) = shell(&stage, ShellPlace::Inside);
    let open = descriptors(pid);
    assert!(open.iter().all(|link| link.starts_with("/dev/pts/") || link == "/dev/tty"), "{open:?}");
}

/// As root, where every mount of the host tells the others: a new mount namespace alone does not keep a mount in.
pub(crate) fn a_mount_does_not_spread_to_the_host() {
    if !nix::unistd::geteuid().is_root() {
        // A plain user's mounts belong to another user namespace, and those never spread to the host.
        return;
    }
    let seen = attempt(|| {
        Linux.call(&Call::Unshare(vec![Namespace::Mnt]))?;
        Linux.call(&Call::Mount {
            source: "none".to_owned(),
            target: "/".to_owned(),
            fstype: String::new(),
            flags: MsFlags::MS_REC | MsFlags::MS_SHARED,
            data: String::new(),
        })?;
        let mounts = || fs::read_to_string("/proc/self/mountinfo").unwrap().lines().count();
        let before = mounts();
        let stage = Stage::start();
        stage.open(&[]);
        let mount = Action::Mount { what: MountKind::Tmpfs, at: Place::Box };
        let act = stage.act(&[Action::Unshare { ns: vec![Namespace::Mnt] }, mount.clone()]);
        let refused = act.failure.is_some_and(|failure| failure.operation == "guard");
        let apart = [Action::Unshare { ns: vec![Namespace::Mnt] }, Action::MakePrivate {}, mount];
        let private = stage.act(&apart).failure.is_none();
        if refused && private && mounts() == before { Ok(()) } else { Err(Errno::EXDEV) }
    });
    assert_eq!(seen, Ok(()));
}
