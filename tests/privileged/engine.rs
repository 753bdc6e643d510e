//! The stage by itself: what it refuses, how it rolls back.

use std::path::Path;

use korobka::{
    kernel::socket,
    lab::{
        action::{Action, Deed, IdMap},
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::{Observation, Value},
        trace::{Failure, Trace},
    },
    stage::{
        client::{Client, sessions_dir},
        order::Fault,
        protocol::{Event, Request},
    },
};

use super::leaks;
use crate::patience::patience;

/// A stage with its state in a directory of its own.
pub(crate) struct Stage {
    pub(crate) client: Client,
    dir: Home,
}

/// The directory of a stage. When it is dropped, after the stage has ended, what is in it counts as left behind.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let sessions = sessions_dir(Some(self.path()));
        for entry in std::fs::read_dir(sessions).into_iter().flatten().flatten() {
            leaks::note(format!("session {}", entry.path().display()));
        }
    }
}

impl Stage {
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    pub(crate) fn start_with(fault: Option<&Fault>) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), fault)
    }

    /// As [`Self::start_with`], with its directory below another: whoever is killed does not remove it.
    pub(crate) fn start_below(parent: &Path) -> Self {
        Self::start_in(tempfile::tempdir_in(parent).unwrap(), None)
    }

    fn start_in(dir: tempfile::TempDir, fault: Option<&Fault>) -> Self {
        let client = Client::start_with(Some(dir.path()), fault).unwrap();
        let dir = Home(dir);
        let stage = Self { client, dir };
        assert!(matches!(stage.next(), Event::Ready { .. }));
        stage
    }

    pub(crate) fn into_parts(self) -> (Client, Home) {
        (self.client, self.dir)
    }

    pub(crate) fn next(&self) -> Event {
        self.client.next(Some(patience())).unwrap().expect("an event in time")
    }

    pub(crate) fn open(&self, replay: &[Action]) -> Observation {
        self.client.request(&Request::Open { replay: replay.to_vec(), sights: Vec::new() }, None).unwrap();
        match self.next() {
            Event::Opened { observation } => observation,
            other => panic!("not opened: {other:?}"),
        }
    }

    /// As [`Self::open`], where the machine may not be able to.
    pub(crate) fn open_or_fail(&self, replay: &[Action]) -> Result<Observation, Failure> {
        self.client.request(&Request::Open { replay: replay.to_vec(), sights: Vec::new() }, None).unwrap();
        match self.next() {
            Event::Opened { observation } => Ok(observation),
            Event::Failed { failure } => Err(failure),
            other => panic!("not opened: {other:?}"),
        }
    }

    pub(crate) fn act(&self, actions: &[Action]) -> Act {
        self.client.request(&Request::Act { actions: actions.to_vec() }, None).unwrap();
        match self.next() {
            Event::Acted { before, after, traces, failure } => Act { before, after, traces, failure },
            other => panic!("not acted: {other:?}"),
        }
    }
}

pub(crate) struct Act {
    pub(crate) before: Observation,
    pub(crate) after: Observation,
    pub(crate) traces: Vec<Trace>,
    pub(crate) failure: Option<Failure>,
}

fn hostname(name: &str) -> Action {
    Action::SetHostname { name: name.to_owned().try_into().unwrap() }
}

fn user_and_uts() -> Vec<Action> {
    vec![
        Action::Unshare { ns: vec![Namespace::User] },
        Action::MapIds { map: IdMap::Single },
        Action::Unshare { ns: vec![Namespace::Uts] },
    ]
}

pub(crate) fn an_action_on_the_host_is_refused() {
    let stage = Stage::start();
    stage.open(&[]);
    for action in [
        hostname("intruder"),
        Action::MakePrivate {},
        Action::LoUp {},
        Action::PivotRoot {},
        Action::ReadOnlyRoot {},
        Action::MaskPaths {},
        Action::Uncover {},
    ] {
        let act = stage.act(std::slice::from_ref(&action));
        let failure = act.failure.unwrap_or_else(|| panic!("{action:?} was carried out on the host"));
        assert_eq!((failure.operation.as_str(), failure.errno.as_str()), ("guard", "EPERM"), "{action:?}");
        assert!(act.traces.iter().all(|trace| trace.call == "chdir"), "{:?}", act.traces);
    }
}

/// A try goes through the guard as well: in the host's namespaces nothing is called but the fork.
pub(crate) fn a_try_on_the_host_is_not_made() {
    let stage = Stage::start();
    stage.open(&[]);
    for what in [Deed::Mknod, Deed::SetClock, Deed::Chown, Deed::Mkdir, Deed::Unmask, Deed::Remount] {
        let act = stage.act(&[Action::Try { what }]);
        assert_eq!(act.failure, None, "{what:?}");
        assert_eq!(act.traces.iter().map(|t| t.call.as_str()).collect::<Vec<_>>(), ["fork"], "{what:?}");
    }
    for path in ["/tmp/try", "/tmp/null"] {
        assert!(!Path::new(path).exists(), "{path} was made on the host");
    }
}

pub(crate) fn a_failed_act_is_rolled_back() {
    // The fourth call after the box is open: what the actions make is user, 3 writes, uts, the name.
    for at in 0..6 {
        let stage = Stage::start_with(Some(&Fault { at, errno: nix::libc::ENOSPC }));
        let bare = stage.open(&[]);
        let mut actions = user_and_uts();
        actions.push(hostname("korobka"));
        let act = stage.act(&actions);
        assert_eq!(act.failure.map(|failure| failure.errno).as_deref(), Some("ENOSPC"), "call {at}");
        assert_eq!(act.traces.len(), at as usize + 1);
        for fact in [Fact::NsUser, Fact::NsUts, Fact::Uid, Fact::UidMap, Fact::Hostname, Fact::CapEff] {
            let id = FactId::subject(fact);
            assert_eq!(act.after.get(id), bare.get(id), "call {at}: {id}");
        }
        // The fault has struck; the same actions succeed now.
        let again = stage.act(&actions);
        assert_eq!(again.failure, None);
        let name = again.after.get(FactId::subject(Fact::Hostname));
        assert_eq!(name, Some(&Value::Text("korobka".to_owned())));
        assert_eq!(again.before.get(FactId::subject(Fact::Hostname)), bare.get(FactId::host(Fact::Hostname)));
    }
}

/// The stage must not serve a socket that its parent did not make.
pub(crate) fn the_stage_refuses_a_stranger() {
    let (ours, theirs) = socket::pair().unwrap();
    let dir = tempfile::tempdir().unwrap();
    // A shell in between: the stage's parent is not the one who made the socket.
    let exe = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new("sh");
    command.arg("-c").arg("\"$0\" @stage \"$1\"; true").arg(exe).arg(dir.path()).stdin(theirs);
    assert!(command.status().unwrap().success());
    drop(command);
    assert!(matches!(socket::receive(&ours, 1024), Ok(None)), "it must not speak");
}
