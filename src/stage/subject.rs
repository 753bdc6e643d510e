//! The subject: the process that is put into the box. It waits for orders and carries them out on itself, since no
//! process can put another into a new namespace.

use std::{
    collections::{BTreeMap, VecDeque},
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::Signal,
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::getppid,
};

use super::{
    act,
    escape::EscapeReader,
    order::{Answer, Fault, Order},
    wire::{self, Received, WireError},
};
use crate::{
    kernel::{
        Call, Failing, Guard, Linux, Traced, descent, errno_of,
        forked::fork,
        guard::{self, HostNamespaces},
        process, socket,
    },
    lab::{
        action::{Action, Workload},
        fact::{Fact, FactId},
        namespace::Namespace,
        observation::Value,
        sight::Sight,
        trace::{Actor, Failure, Trace, shorten},
    },
    probe::{
        inside::{InsideReader, View},
        limits, rights,
    },
};

/// A subject at rest between orders.
struct Subject {
    socket: OwnedFd,
    signals: SignalFd,
    host: HostNamespaces,
    box_dir: String,
    reader: Option<InsideReader>,
    escape: EscapeReader,
    /// The effective capabilities of the last program that a try started.
    after_exec: Option<String>,
    /// Its pid, and the number of the order that started it.
    shell: Option<(i32, u64)>,
    workloads: Workloads,
}

/// The workloads that it started, and how the last of them ended.
#[derive(Debug, Default)]
struct Workloads {
    looked_at: bool,
    living: BTreeMap<i32, Workload>,
    ended: VecDeque<String>,
}

/// How many ended workloads are told.
const MOST_ENDED: usize = 4;

impl Workloads {
    /// Notes the end of one: a workload exits with the number of the error that stopped it.
    fn bury(&mut self, pid: i32, status: i32) {
        let Some(workload) = self.living.remove(&pid) else { return };
        let how = match status {
            0 => String::new(),
            128.. => Signal::try_from(status - 128).map_or_else(|_| String::new(), |s| format!(" {s}")),
            errno => format!(" {:?}", Errno::from_raw(errno)),
        };
        self.ended.push_back(format!("{} {status}{how}", workload.name()));
        if self.ended.len() > MOST_ENDED {
            self.ended.pop_front();
        }
    }

    fn told(&self) -> Option<Value> {
        self.looked_at.then(|| Value::List(self.ended.iter().cloned().collect()))
    }
}

/// The role: takes orders from standard input until the stage goes away.
pub fn run(socket: OwnedFd) -> Result<(), WireError> {
    if socket::peer(&socket)? != getppid() {
        return Err(Errno::EPERM.into());
    }
    let parent = getppid().as_raw();
    process::die_with_parent(Signal::SIGKILL, parent)?;
    process::rename(c"korobka")?;
    descent::adopt_orphans()?;
    guard::keep_own_proc()?;
    let signals = process::block(&[Signal::SIGCHLD])?;
    let signals = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    wire::send(&socket, &Answer::Here, None)?;
    let mut subject = Subject {
        socket,
        signals,
        host: [0; 8],
        box_dir: String::new(),
        reader: None,
        escape: EscapeReader::default(),
        after_exec: None,
        shell: None,
        workloads: Workloads::default(),
    };
    subject.live()
}

impl Subject {
    /// Takes orders for as long as there is somebody to give them.
    fn live(&mut self) -> Result<(), WireError> {
        loop {
            self.wait()?;
        }
    }

    /// Waits for an order or the end of a child, and deals with it.
    fn wait(&mut self) -> Result<(), WireError> {
        let (order, child) = {
            let mut fds = [
                PollFd::new(self.socket.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Err(Errno::EINTR) => return Ok(()),
                other => other?,
            };
            let ready = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
            (ready(&fds[0]), ready(&fds[1]))
        };
        if child {
            self.bury()?;
        }
        if order {
            let received = wire::receive::<Order>(&self.socket)?;
            self.obey(received)?;
        }
        Ok(())
    }

    /// Reaps children; the stage wants to know of the shell.
    fn bury(&mut self) -> Result<(), WireError> {
        while let Ok(Some(_)) = self.signals.read_signal() {}
        for (pid, status) in descent::reap() {
            self.workloads.bury(pid, status);
            if let Some((_, number)) = self.shell.take_if(|(shell, _)| *shell == pid) {
                wire::send(&self.socket, &Answer::ShellEnded { number, status }, None)?;
            }
        }
        Ok(())
    }

    fn obey(&mut self, received: Received<Order>) -> Result<(), WireError> {
        match received.message {
            Order::Begin { host, box_dir, inside } => {
                self.host = host;
                self.box_dir = box_dir;
                self.workloads.looked_at = inside.sights.contains(&Sight::Limits);
                self.reader = Some(InsideReader::new(&inside));
                Ok(())
            }
            Order::Look { number } => {
                let answer = Answer::Seen { number, view: Box::new(self.look()) };
                wire::send(&self.socket, &answer, None)
            }
            Order::Act { number, action, fault } => self.act(number, &action, fault.as_ref(), received.fd),
            Order::Shell { number, environment, apart } => {
                let answer = match start_shell(received.fd, &environment, apart) {
                    Ok(pid) => {
                        self.shell = Some((pid, number));
                        Answer::Shell { number, pid }
                    }
                    Err(errno) => {
                        let failure = Some(act::local_failure("execve", errno));
                        Answer::Done { number, traces: Vec::new(), failure }
                    }
                };
                wire::send(&self.socket, &answer, None)
            }
        }
    }

    fn look(&mut self) -> View {
        let mut view = self.reader.as_mut().map(InsideReader::read).unwrap_or_default();
        view.facts.insert(FactId::subject(Fact::Escape), self.escape.read());
        let after_exec = self.after_exec.as_deref().map(rights::names);
        view.facts.extend(after_exec.map(|names| (FactId::subject(Fact::RightsExec), names)));
        if self.workloads.looked_at {
            limits::space(Path::new(&self.box_dir), FactId::subject, &mut view.facts);
            limits::quota(Path::new(&self.box_dir), &mut view.facts);
        }
        view.facts.extend(self.workloads.told().map(|ended| (FactId::subject(Fact::Ended), ended)));
        view
    }

    fn act(
        &mut self,
        number: u64,
        action: &Action,
        fault: Option<&Fault>,
        heir: Option<OwnedFd>,
    ) -> Result<(), WireError> {
        let at = fault.map(|fault| fault.at);
        let errno = Errno::from_raw(fault.map_or(0, |fault| fault.errno));
        let traced = Traced::new(Failing::new(Linux, at, errno), Actor::Subject);
        let mut guard = Guard::new(traced, self.host, self.box_dir.clone());
        let result = match (action, heir) {
            (Action::Clone { ns }, Some(heir)) => {
                let live_on = |_: &mut _| i32::from(self.inherit(heir).and_then(|()| self.live()).is_err());
                let cloned = fork(&mut guard, ns, live_on);
                cloned.map(|_| Vec::new()).map_err(|errno| act::failure_of(&Call::Clone(ns.clone()), errno))
            }
            (Action::TryUnshare { ns }, _) => act::try_unshare::act(&mut guard, ns, Self::privileged()),
            (Action::Try { what }, _) => {
                act::deed::act(&mut guard, *what, self.host, &self.box_dir).map(|tried| {
                    self.after_exec = tried.after_exec.or_else(|| self.after_exec.take());
                    tried.traces
                })
            }
            (Action::SpawnWorkload { workload, at }, _) => {
                let started = act::spawn_workload::act(&mut guard, *workload, at.is_some(), &self.box_dir);
                started.map(|pid| {
                    self.workloads.living.insert(pid, *workload);
                    Vec::new()
                })
            }
            (other, _) => act::perform(other, &mut guard, &self.box_dir).map(|()| Vec::new()),
        };
        let refused = guard.refused();
        let mut calls = guard.into_inner().into_traces();
        let failure = match result {
            Ok(more) => {
                calls.extend::<Vec<Trace>>(more);
                None
            }
            Err(failure) if refused => {
                let call = format!("{}({})", failure.operation, failure.arguments.join(", "));
                Some(Failure { operation: "guard".to_owned(), arguments: vec![call], ..failure })
            }
            Err(failure) => Some(failure),
        };
        wire::send(&self.socket, &Answer::Done { number, traces: shorten(calls), failure }, None)
    }

    /// In the child of a clone: takes over as the subject, with a socket of its own.
    fn inherit(&mut self, socket: OwnedFd) -> Result<(), WireError> {
        self.socket = socket;
        self.shell = None;
        self.workloads.living.clear();
        process::die_with_parent(Signal::SIGKILL, getppid().as_raw())?;
        guard::keep_own_proc().or_else(|errno| if errno == Errno::ENOENT { Ok(()) } else { Err(errno) })?;
        wire::send(&self.socket, &Answer::Here, None)
    }

    /// Whether it has capabilities in the host's user namespace.
    fn privileged() -> bool {
        caps::read(None, caps::CapSet::Effective).is_ok_and(|set| !set.is_empty())
    }
}

fn start_shell(
    terminal: Option<OwnedFd>,
    environment: &[(String, String)],
    apart: Vec<Namespace>,
) -> Result<i32, Errno> {
    let terminal = terminal.ok_or(Errno::EBADF)?;
    let child = process::start_shell(&terminal, environment, apart).map_err(|error| errno_of(&error))?;
    i32::try_from(child.id()).map_err(|_impossible| Errno::EOVERFLOW)
}
