//! Cgroups of our own on the real kernel; a plain user without a delegated subtree is told so.

use std::{path::Path, process::Command};

use korobka::{
    cgroup::{Groups, Layout, notes},
    kernel::{Linux, Recording},
    lab::{
        limit::{Amount, Controller, Limit},
        trace::Failure,
    },
    stage::janitor,
};

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
