//! The dial: starts a whole box at a setting, has every question asked from inside, ends it, and looks at what is left.
//!
//! The box is cloned from the stage itself, which has one thread: no program is executed, so a start takes a
//! millisecond. What a machine refuses to turn is left out and said.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

use super::{
    farewell::{Farewell, Heard},
    order::Fault,
};
use crate::{
    cgroup::{Groups, Layout},
    container::{self, Base, Host, Line, Parent, Plan, Wish, root::MOST, start::Refused},
    kernel::{Call, Failing, Kernel, Linux, Traced, attempt::attempt, errno_of, linux::open_dir},
    lab::{
        dial::{Answer, Measured, Probe, Setting, Switch},
        fact::{Fact, FactId},
        limit::{Amount, Controller, Limit},
        namespace::Namespace,
        observation::Value,
        trace::{Actor, Failure, Trace},
    },
    probe::{Facts, inside::Marker},
};

pub mod compare;
pub mod directory;
mod probes;

/// How long a box may take to answer everything.
const PATIENCE: Duration = Duration::from_secs(10);
/// The name of a box.
const NAME: &str = "box";
/// The name of its cgroup, beside those of the lab's.
const GROUP: &str = "dial";
/// The memory of a limited box, in bytes.
const MEMORY_MAX: u64 = 100 << 20;
/// The processes of a limited box.
const PIDS_MAX: u64 = 64;

/// The stage's part in the dial: what the questions are about.
#[derive(Clone, Debug)]
pub struct Dial {
    session: PathBuf,
    marker: Marker,
    port: Option<u16>,
    farewell: Farewell,
}

/// What a box says of itself, once.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    /// It could run a program now.
    Ready { us: u64, traces: Vec<Trace> },
    /// Its answers, as far as it can give them.
    Answered(Vec<Answer>),
    /// It could not be made.
    Refused { refused: Refused, traces: Vec<Trace> },
}

impl Dial {
    /// The dial of a session's directory, with a process and a port of the host to look for. Once the farewell is heard,
    /// no box is waited for.
    pub const fn new(session: PathBuf, marker: Marker, port: Option<u16>, farewell: Farewell) -> Self {
        Self { session, marker, port, farewell }
    }

    fn session(&self) -> &Path {
        &self.session
    }

    /// Measures a setting. A switch that this machine refuses is turned off and the box started without it; a call that
    /// is made to fail is the end of it.
    pub fn measure(&self, setting: &Setting, fault: Option<&Fault>) -> Measured {
        let mut measured = Measured { setting: setting.clone(), ..Measured::default() };
        let mut now = setting.clone();
        let host = Host::look();
        let meant = fault.map(|fault| format!("{:?}", Errno::from_raw(fault.errno)));
        loop {
            let Some(wrong) = self.try_once(&now, &host, fault, &mut measured) else { return measured };
            let culprits = if meant.as_ref() == Some(&wrong.failure.errno) {
                Vec::new()
            } else {
                culprits(&now, &host, &wrong)
            };
            if culprits.is_empty() {
                measured.failure = Some(wrong.failure);
                return measured;
            }
            for switch in culprits {
                now.on.remove(&switch);
                measured.refused.push((switch, wrong.failure.clone()));
            }
        }
    }

    /// A cgroup that neither of the two questions about limits fits into.
    fn limit(&self, kernel: &mut dyn Kernel) -> Result<Groups, Failure> {
        let layout = Layout::read(Path::new("/"))
            .map_err(|error| super::act::local_failure("open", errno_of(&error)))?;
        let mut groups = Groups::new(layout, &self.session);
        groups.make(kernel, GROUP, &[Controller::Cpu, Controller::Memory, Controller::Pids])?;
        groups.set(kernel, GROUP, Limit::MemoryMax, &Amount::Bytes(MEMORY_MAX))?;
        groups.set(kernel, GROUP, Limit::PidsMax, &Amount::Whole(PIDS_MAX))?;
        Ok(groups)
    }

    fn try_once(
        &self,
        setting: &Setting,
        host: &Host,
        fault: Option<&Fault>,
        measured: &mut Measured,
    ) -> Option<Refused> {
        measured.traces.clear();
        let place = match directory::Place::make(&self.session) {
            Ok(place) => place,
            Err(error) => return Some(unmade("mkdir", errno_of(&error))),
        };
        let mut plan = Plan::of(wish(setting, &place), host);
        let mut kernel = Traced::new(failing(fault, 0), Actor::Stage);
        let asked = match open_dir(&place.asked.to_string_lossy()) {
            Ok(asked) => asked,
            Err(errno) => {
                place.remove();
                return Some(unmade("open", errno));
            }
        };
        let free = probes::free_memory();
        let apart = !plan.maps.is_empty();
        let questions = probes::Asker { dial: self, setting, apart, place: &place, asked: &asked, free };
        let started = Instant::now();
        let limits = if setting.has(Switch::Cgroup) {
            match self.limit(&mut kernel) {
                Ok(limits) => Some(limits),
                Err(failure) => {
                    measured.traces = kernel.into_traces();
                    place.remove();
                    return Some(Refused { switch: Some(Switch::Cgroup), failure });
                }
            }
        } else {
            None
        };
        let moved = limits.as_ref().filter(|limits| plan.join(limits.directories(GROUP)));
        let plan = plan;
        // Among the calls of both, those of the parent come first.
        let joins = moved.map_or(0, |limits| limits.directories(GROUP).len());
        let outside = u32::try_from(kernel.count() + 1 + plan.maps.len() + joins).unwrap_or(u32::MAX);
        let child = container::start(&mut kernel, &plan, |line, _| {
            let limited = moved.is_some();
            be_a_box(line, &plan, failing(fault, outside), &Begun { started, limited, questions: &questions })
        });
        let wrong = child.map_or_else(Some, |child| {
            let wrong = join(&mut kernel, moved, &child).or_else(|| self.hear(&child, measured));
            child.end();
            wrong
        });
        drop(limits);
        let mut traces = kernel.into_traces();
        traces.append(&mut measured.traces);
        measured.traces = traces;
        if wrong.is_none() {
            probes::finish(&mut measured.answers, setting, &place);
        }
        place.remove();
        wrong
    }

    /// Waits for the next packet of a box.
    fn packet(&self, child: &Parent, until: Instant) -> Result<Vec<u8>, Refused> {
        match self.farewell.wait(Some(child), until) {
            Ok(Heard::Other) => {}
            Ok(Heard::Nothing) => return Err(unmade("poll", Errno::ETIMEDOUT)),
            Ok(Heard::Farewell) => return Err(unmade("poll", Errno::ECANCELED)),
            Err(errno) => return Err(unmade("poll", errno)),
        }
        match child.hear() {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(unmade("subject", Errno::ESRCH)),
            Err(errno) => Err(unmade("recvmsg", errno)),
        }
    }

    /// Hears a box out; none where it was made and answered.
    fn hear(&self, child: &Parent, measured: &mut Measured) -> Option<Refused> {
        let until = Instant::now() + PATIENCE;
        loop {
            let said = match self.packet(child, until) {
                Ok(bytes) => serde_json::from_slice(&bytes),
                Err(refused) => return Some(refused),
            };
            match said {
                Ok(Said::Ready { us, traces }) => {
                    measured.us = us;
                    measured.traces = traces;
                }
                Ok(Said::Answered(answers)) => {
                    measured.answers = answers;
                    return None;
                }
                Ok(Said::Refused { refused, traces }) => {
                    measured.traces = traces;
                    return Some(refused);
                }
                Err(_malformed) => return Some(unmade("subject", Errno::EBADMSG)),
            }
        }
    }
}

/// What is put together for a setting.
fn wish(setting: &Setting, place: &directory::Place) -> Wish {
    // Without a layer of its own, what the box writes in its root stays where the root is.
    let base = if setting.has(Switch::Overlay) { Base::Memory(MOST) } else { Base::Directory };
    Wish {
        setting: setting.clone(),
        hostname: NAME.to_owned(),
        dir: place.root.to_string_lossy().into_owned(),
        base,
        in_user_namespace: false,
    }
}

fn failing(fault: Option<&Fault>, outside: u32) -> Failing<Linux> {
    let at = fault.and_then(|fault| fault.at.checked_sub(outside));
    Failing::new(Linux, at, Errno::from_raw(fault.map_or(0, |fault| fault.errno)))
}

/// What the child is told of its beginning.
struct Begun<'a> {
    started: Instant,
    limited: bool,
    questions: &'a probes::Asker<'a>,
}

/// Puts the child into its cgroup, where it has one, and lets it go on.
fn join(kernel: &mut dyn Kernel, limits: Option<&Groups>, child: &Parent) -> Option<Refused> {
    let limits = limits?;
    let joined = limits.attach(kernel, GROUP, child.pid());
    let joined = joined.map_err(|failure| Refused { switch: Some(Switch::Cgroup), failure });
    joined.and_then(|()| child.go()).err()
}

/// In the child: carries the plan out, says so, and answers.
fn be_a_box(line: &Line, plan: &Plan, kernel: Failing<Linux>, begun: &Begun<'_>) -> i32 {
    let mut kernel = Traced::new(kernel, Actor::Subject);
    let made = line.enter(&mut kernel, plan, begun.limited);
    let us = u64::try_from(begun.started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let traces = kernel.into_traces();
    let ready = match made {
        Ok(()) => say(line, &Said::Ready { us, traces }),
        Err(refused) => return say(line, &Said::Refused { refused, traces }).map_or(1, |()| 0),
    };
    ready.and_then(|()| say(line, &Said::Answered(begun.questions.ask()))).map_or(1, |()| 0)
}

fn say(line: &Line, said: &Said) -> Result<(), Errno> {
    let bytes = serde_json::to_vec(said).map_err(|_unwritable| Errno::EMSGSIZE)?;
    line.say(&bytes)
}

fn unmade(operation: &str, errno: Errno) -> Refused {
    Refused { switch: None, failure: super::act::local_failure(operation, errno) }
}

/// The switches to blame for a failure: the call's own; or, for a clone, those whose namespaces are refused one by one.
fn culprits(setting: &Setting, host: &Host, wrong: &Refused) -> Vec<Switch> {
    if let Some(switch) = wrong.switch {
        return if setting.has(switch) { vec![switch] } else { Vec::new() };
    }
    if wrong.failure.operation != "clone3" {
        return Vec::new();
    }
    let first = Plan::of(
        Wish {
            setting: Setting { on: [Switch::User].into(), chroot: false },
            hostname: String::new(),
            dir: String::new(),
            base: Base::Memory(MOST),
            in_user_namespace: false,
        },
        host,
    )
    .namespaces;
    let user = if setting.has(Switch::User) { first } else { Vec::new() };
    let refused = |switch: &Switch| {
        let mut all = user.clone();
        all.extend(container::plan::namespaces_of(*switch).iter().filter(|ns| **ns != Namespace::User));
        !all.is_empty() && attempt(|| Linux.call(&Call::Unshare(all.clone())).map(drop)).is_err()
    };
    if setting.has(Switch::User) && refused(&Switch::User) {
        return vec![Switch::User];
    }
    setting.on.iter().copied().filter(refused).collect()
}

/// What was measured, as facts.
pub fn facts(measured: &Measured) -> Facts {
    let off: Vec<Switch> = measured.refused.iter().map(|(switch, _)| *switch).collect();
    let on = measured.setting.on.iter().filter(|switch| !off.contains(switch));
    let refused = measured.refused.iter().map(|(switch, failure)| format!("{switch} {}", reason(failure)));
    let mut facts: Facts = BTreeMap::from([
        (FactId::subject(Fact::DialOn), Value::List(on.map(ToString::to_string).collect())),
        (FactId::subject(Fact::DialRefused), Value::List(refused.collect())),
        (FactId::subject(Fact::DialStart), Value::Number(i64::try_from(measured.us).unwrap_or(i64::MAX))),
    ]);
    for answer in &measured.answers {
        let value = match answer.yes {
            Some(yes) => Value::Text(if yes { "yes" } else { "no" }.to_owned()),
            None => Value::Text(answer.seen.clone()),
        };
        facts.insert(FactId::subject(fact_of(answer.probe)), value);
    }
    facts
}

fn reason(failure: &Failure) -> String {
    format!("{} {}", failure.operation, failure.errno)
}

const fn fact_of(probe: Probe) -> Fact {
    match probe {
        Probe::HostProcesses => Fact::DialHostProcesses,
        Probe::HostFiles => Fact::DialHostFiles,
        Probe::HostPort => Fact::DialHostPort,
        Probe::Hostname => Fact::DialHostname,
        Probe::HostRoot => Fact::DialHostRoot,
        Probe::Memory => Fact::DialMemory,
        Probe::Forks => Fact::DialForks,
        Probe::Survives => Fact::DialSurvives,
    }
}
