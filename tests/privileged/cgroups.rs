//! Cgroups of our own on the real kernel; a plain user without a delegated subtree is told so.

use std::{path::Path, process::Command};

use korobka::{
    cgroup::{Groups, Layout, notes},
    kernel::{Linux, Recording},
    lab::{
        action::{Action, Workload},
        ledger::Ledger,
        limit::{Amount, Controller, Group, Limit},
        trace::Failure,
    },
    stage::{client::sessions_dir, janitor},
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::engine::Stage;
use crate::patience::patience;

const WANTED: [Controller; 5] =
    [Controller::Cpu, Controller::Cpuacct, Controller::Memory, Controller::Pids, Controller::Freezer];

fn groups(session: &Path) -> Groups {
    Groups::new(Layout::read(Path::new("/")).unwrap(), session)
}

fn amount(text: &str) -> Amount {
    text.to_owned().try_into().unwrap()
}

/// Makes a group, or says that this user may not.
fn make(groups: &mut Groups, name: &str) -> bool {
    match groups.make(&mut Linux, name, &WANTED) {
        Ok(()) => true,
        Err(Failure { operation, errno, .. }) => {
            assert!(!nix::unistd::geteuid().is_root(), "{operation} {errno}");
            assert_eq!(operation, "delegate", "{errno}");
            println!("  not delegated: {errno}");
            false
        }
    }
}

pub(crate) fn a_group_is_limited_joined_emptied_and_removed() {
    let session = tempfile::tempdir().unwrap();
    let mut groups = groups(session.path());
    if !make(&mut groups, "box") {
        return;
    }
    groups.set(&mut Linux, "box", Limit::PidsMax, &amount("7")).unwrap();
    let pids = groups.directory("box", Controller::Pids).unwrap().path.join("pids.max");
    assert_eq!(std::fs::read_to_string(pids).unwrap().trim(), "7");
    if let Some(dir) = groups.directory("box", Controller::Memory) {
        groups.set(&mut Linux, "box", Limit::MemoryMax, &amount("64M")).unwrap();
        // Else the rest would be held in swap.
        for file in ["memory.swap.max", "memory.swappiness"].map(|file| dir.path.join(file)) {
            assert!(
                std::fs::read_to_string(&file).map_or(true, |text| text.trim() == "0"),
                "{}",
                file.display()
            );
        }
    }
    let mut sleeper = Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = i32::try_from(sleeper.id()).unwrap();
    groups.attach(&mut Linux, "box", pid).unwrap();
    assert_eq!(groups.members("box"), [pid]);
    let paths: Vec<_> = groups.directories("box").iter().map(|dir| dir.path.clone()).collect();
    assert!(groups.write(&mut Linux, Path::new("/sys/fs/cgroup"), "cgroup.procs", "1".to_owned()).is_err());
    groups.kill(&mut Linux, "box").unwrap();
    assert!(!sleeper.wait().unwrap().success());
    groups.remove(&mut Linux, "box").unwrap();
    assert!(!paths.is_empty() && paths.iter().all(|path| !path.exists()));
}

pub(crate) fn a_group_goes_when_it_is_dropped() {
    let session = tempfile::tempdir().unwrap();
    let mut groups = groups(session.path());
    if !make(&mut groups, "box") {
        return;
    }
    let mut sleeper = Command::new("sleep").arg("1000").spawn().unwrap();
    groups.attach(&mut Linux, "box", sleeper.id().try_into().unwrap()).unwrap();
    let paths: Vec<_> = groups.directories("box").iter().map(|dir| dir.path.clone()).collect();
    drop(groups);
    assert!(!sleeper.wait().unwrap().success());
    assert!(paths.iter().all(|path| !path.exists()), "{paths:?}");
}

/// What a killed stage leaves: directories with a process in them, and the notes.
pub(crate) fn the_janitor_removes_the_cgroups_of_the_dead() {
    let home = tempfile::tempdir().unwrap();
    let parent = home.path().join("sessions");
    let session = parent.join(format!("session-{}", std::process::id()));
    std::fs::create_dir_all(session.join("box")).unwrap();
    std::fs::write(session.join("lock"), "").unwrap();
    let mut groups = groups(&session);
    if !make(&mut groups, "box") {
        return;
    }
    let mut sleeper = Command::new("sleep").arg("1000").spawn().unwrap();
    groups.attach(&mut Linux, "box", sleeper.id().try_into().unwrap()).unwrap();
    let paths: Vec<_> = groups.directories("box").iter().map(|dir| dir.path.clone()).collect();
    assert!(session.join(notes::NAME).exists());
    // Whoever dies does not tidy up; the sleeper is reaped by this thread's end only.
    let _dead = std::mem::ManuallyDrop::new(groups);
    let report = std::thread::scope(|scope| {
        let reaper = scope.spawn(|| sleeper.wait());
        let report = janitor::sweep(&parent);
        assert!(!reaper.join().unwrap().unwrap().success());
        report
    });
    assert_eq!((report.removed.len(), report.kept.len()), (1, 0), "{report:?}");
    assert!(paths.iter().all(|path| !path.exists()), "{paths:?}");
}

/// Every directory is in the notes before the kernel is asked for it, and is made below a cgroup of ours.
pub(crate) fn a_directory_is_noted_before_it_is_made() {
    let session = tempfile::tempdir().unwrap();
    let mut groups = groups(session.path());
    let mut kernel = Recording::default();
    drop(groups.make(&mut kernel, "box", &WANTED));
    let noted = std::fs::read_to_string(session.path().join(notes::NAME)).unwrap();
    let made = kernel.calls.iter().filter(|call| call.name() == "mkdir").filter_map(|call| call.path());
    for path in made {
        assert!(noted.lines().any(|line| line == path), "{path} in {noted}");
    }
}

/// Who is frozen does not die in v1: whoever leaves a frozen clock behind must let it go first.
pub(crate) fn a_frozen_group_does_not_hold_the_stage() {
    let stage = Stage::start();
    let frozen = [
        Action::MakeCgroup { group: Group::Left },
        Action::SpawnWorkload { workload: Workload::Clock, at: Some(Group::Left) },
        Action::Freeze { group: Group::Left },
    ];
    for _ in 0..2 {
        if let Err(failure) = stage.open_or_fail(&frozen) {
            assert!(!nix::unistd::geteuid().is_root(), "{failure:?}");
            return;
        }
    }
    stage.open(&[]);
}

/// A stage killed while a frozen clock, and a greedy program, are in its cgroups.
pub(crate) fn a_killed_stage_leaves_its_cgroups_to_the_janitor() {
    let stage = Stage::start();
    let spawn = |workload, at| Action::SpawnWorkload { workload, at };
    let ledger: Ledger = [
        Action::MakeCgroup { group: Group::Box },
        Action::JoinCgroup { group: Group::Box },
        Action::SetLimit { group: Group::Box, limit: Limit::CpuMax, to: amount("0.1") },
        spawn(Workload::Burner, None),
        Action::MakeCgroup { group: Group::Left },
        spawn(Workload::Clock, Some(Group::Left)),
        Action::Freeze { group: Group::Left },
    ]
    .iter()
    .collect();
    let act = stage.open_or_fail(&ledger.replay());
    if let Err(failure) = act {
        assert!(!nix::unistd::geteuid().is_root(), "{failure:?}");
        return;
    }
    kill(Pid::from_raw(stage.client.pid().try_into().unwrap()), Signal::SIGKILL).unwrap();
    assert!(stage.client.next(Some(patience())).is_err(), "the socket must end");
    let (client, dir) = stage.into_parts();
    drop(client);
    let swept = janitor::sweep(&sessions_dir(Some(dir.path())));
    assert_eq!((swept.removed.len(), swept.kept.len()), (1, 0), "{swept:?}");
}

/// Nothing greedy begins before its limit is in force, and the subject is not frozen.
pub(crate) fn the_guard_holds_greedy_programs_back() {
    let stage = Stage::start();
    stage.open(&[]);
    for workload in [Workload::Burner, Workload::Eater, Workload::Reader, Workload::Writer, Workload::Forker]
    {
        let act = stage.act(&[Action::SpawnWorkload { workload, at: None }]);
        let failure = act.failure.unwrap_or_else(|| panic!("{workload:?} was started"));
        assert_eq!(failure.operation, "guard", "{workload:?}");
        assert!(act.traces.is_empty(), "{:?}", act.traces);
    }
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let act = stage.act(&[
        Action::MakeCgroup { group: Group::Box },
        Action::JoinCgroup { group: Group::Box },
        Action::Freeze { group: Group::Box },
    ]);
    assert_eq!(act.failure.map(|failure| failure.operation).as_deref(), Some("guard"));
}

/// Whoever is greedy stays under a limit for as long as it lives, whatever a student asks for.
pub(crate) fn no_control_frees_a_greedy_program() {
    let stage = Stage::start();
    let set = |limit, to| Action::SetLimit { group: Group::Box, limit, to: amount(to) };
    let begin = [
        Action::MakeCgroup { group: Group::Box },
        Action::MakeCgroup { group: Group::Left },
        Action::JoinCgroup { group: Group::Box },
        set(Limit::CpuMax, "0.5"),
        set(Limit::MemoryMax, "255M"),
        Action::SpawnWorkload { workload: Workload::Burner, at: None },
        Action::SpawnWorkload { workload: Workload::Eater, at: None },
    ];
    if let Err(failure) = stage.open_or_fail(&begin) {
        assert!(!nix::unistd::geteuid().is_root(), "{failure:?}");
        return;
    }
    for (lifts, whom) in [
        (set(Limit::CpuMax, "max"), "burner"),
        (set(Limit::MemoryMax, "max"), "eater"),
        (set(Limit::MemoryMax, "257M"), "eater"),
        (Action::JoinCgroup { group: Group::Left }, "burner"),
    ] {
        let act = stage.act(std::slice::from_ref(&lifts));
        let failure = act.failure.unwrap_or_else(|| panic!("{lifts:?} was done"));
        assert_eq!(
            (failure.operation.as_str(), failure.path.as_deref()),
            ("guard", Some("lift")),
            "{lifts:?}"
        );
        assert_eq!(failure.arguments, [whom], "{lifts:?}");
        assert!(act.traces.is_empty(), "{:?}", act.traces);
    }
    let act = stage.act(&[set(Limit::CpuMax, "0.4"), Action::EndWorkloads {}, set(Limit::CpuMax, "max")]);
    assert_eq!(act.failure, None);
}

/// In two containers two programs may have the same number, and the same cgroups: neither takes the other's.
pub(crate) fn two_programs_of_one_number_do_not_meet() {
    let home = tempfile::tempdir().unwrap();
    let parent = home.path().join("sessions");
    let (dead, living) = (parent.join(format!("session-{}", std::process::id())), home.path().join("other"));
    for session in [&dead, &living] {
        std::fs::create_dir_all(session.join("box")).unwrap();
    }
    let (mut theirs, mut ours) = (groups(&dead), groups(&living));
    if !make(&mut theirs, "box") || !make(&mut ours, "box") {
        return;
    }
    let paths: Vec<_> = ours.directories("box").iter().map(|dir| dir.path.clone()).collect();
    let _dead = std::mem::ManuallyDrop::new(theirs);
    let swept = janitor::sweep(&parent);
    assert_eq!((swept.removed.len(), swept.kept.len()), (1, 0), "{swept:?}");
    assert!(!paths.is_empty() && paths.iter().all(|path| path.exists()), "{paths:?}");
}
