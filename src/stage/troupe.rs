//! The troupe: the subject and the processes it was cloned from, with the ledger of what was done to it.

use std::{
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    unistd::{getegid, geteuid},
};

use super::{
    act::{self, map_ids::Owner},
    cage::Cage,
    dial::{self, Dial, compare::Compared},
    farewell::Farewell,
    member::{Ended, Member, Refusal},
    observe::Eyes,
    order::{Answer, Fault, Order},
};
use crate::{
    kernel::{Failing, Kernel, Linux, Traced, descent, guard::HostNamespaces, socket},
    lab::{
        action::{Action, Area, IdMap, Workload},
        dial::{Measured, Setting as Position},
        ledger::Ledger,
        limit::Group,
        observation::Observation,
        sight::Sight,
        trace::{Actor, Failure, Trace},
    },
    probe::inside::Inside,
};

/// What a new subject is told of the host.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The host's namespaces.
    pub host: HostNamespaces,
    /// `$BOX`.
    pub box_dir: PathBuf,
    /// What to look for from inside.
    pub inside: Inside,
}

/// The processes on the stage.
#[derive(Debug)]
pub struct Troupe {
    setting: Setting,
    /// The subject last; before it those that it was cloned from.
    members: Vec<Member>,
    ledger: Ledger,
    /// The box that was measured last.
    measured: Option<Measured>,
    cage: Cage,
    /// The two boxes that were compared with the machine last.
    compared: Option<Compared>,
    farewell: Farewell,
}

impl Troupe {
    /// Nobody yet. Once the farewell is heard, nothing more is begun.
    pub fn new(setting: Setting, farewell: Farewell) -> Self {
        let cage = Cage::new(&setting.box_dir, farewell.clone());
        Self {
            setting,
            members: Vec::new(),
            ledger: Ledger::new(),
            cage,
            measured: None,
            compared: None,
            farewell,
        }
    }

    /// The dial of this session.
    pub fn dial(&self) -> Dial {
        let inside = &self.setting.inside;
        Dial::new(self.session_dir().to_owned(), inside.marker.clone(), inside.port, self.farewell.clone())
    }

    /// The directory above the box directory.
    fn session_dir(&self) -> &Path {
        let box_dir = &self.setting.box_dir;
        box_dir.parent().unwrap_or(box_dir)
    }

    /// What the next subject looks at.
    pub fn set_sights(&mut self, sights: &[Sight]) {
        self.setting.inside.sights = sights.to_vec();
        self.cage.set_sights(sights);
    }

    /// The present subject.
    pub fn subject(&mut self) -> Result<&mut Member, Refusal> {
        self.members.last_mut().ok_or(Refusal::Gone)
    }

    /// Everyone, for waiting on their sockets.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What each member says of itself: statuses of shells that ended; `Gone` when one of them is.
    pub fn listen(&mut self, at: usize) -> Result<Option<Ended>, Refusal> {
        // They may all have been taken down since this one was heard.
        self.members.get_mut(at).map_or(Ok(None), Member::listen)
    }

    /// A shell that ended while something else was waited for.
    pub fn noted(&mut self) -> Option<Ended> {
        self.members.iter_mut().find_map(Member::noted)
    }

    /// A new bare subject, brought to where these actions lead.
    pub fn open(&mut self, replay: &[Action]) -> Result<(), Failure> {
        self.end();
        self.enter()?;
        let ledger: Ledger = replay.iter().collect();
        for action in ledger.replay() {
            if let Err((_, failure)) = self.carry_out(&action, None) {
                self.end();
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Carries out actions in order, stopping at the first that fails, and returns every call made. What succeeded before
    /// the failure is not in the ledger then: [`Self::roll_back`] leads to where the first action began.
    pub fn act(&mut self, actions: &[Action], mut fault: Option<Fault>) -> (Vec<Trace>, Option<Failure>) {
        let past = self.ledger.clone();
        let mut traces: Vec<Trace> = Vec::new();
        for action in actions {
            match self.carry_out(action, fault.as_ref()) {
                Ok(more) => {
                    fault = fault.and_then(|fault| later(&fault, more.len()));
                    traces.extend(more);
                }
                Err((more, failure)) => {
                    traces.extend(more);
                    self.ledger = past;
                    return (traces, Some(failure));
                }
            }
        }
        (traces, None)
    }

    /// Brings a new subject to where the present one was before something went wrong.
    pub fn roll_back(&mut self) -> Result<(), Failure> {
        let replay = self.ledger.replay();
        self.open(&replay)
    }

    /// Looks at the subject.
    pub fn look(&mut self, eyes: &mut Eyes) -> Result<Observation, Refusal> {
        let subject = self.subject()?;
        let number = subject.next_number();
        match subject.ask(&Order::Look { number }, None)? {
            Answer::Seen { view, .. } => {
                let mut observation = eyes.subject(subject.pid(), *view);
                observation.facts.extend(self.measured.iter().flat_map(dial::facts));
                self.cage.read(&mut observation.facts);
                let compared = self.compared.iter().flat_map(|compared| compared.facts().clone());
                observation.facts.extend(compared);
                Ok(observation)
            }
            _ => Err(Refusal::Failed(act::local_failure("subject", Errno::EBADMSG))),
        }
    }

    /// The cgroups.
    pub const fn cage(&mut self) -> &mut Cage {
        &mut self.cage
    }

    /// Ends everyone and everything below them, and their cgroups.
    pub fn end(&mut self) {
        self.cage.thaw();
        self.end_members();
        self.cage.end();
    }

    fn end_members(&mut self) {
        let members = std::mem::take(&mut self.members);
        self.ledger = Ledger::new();
        self.measured = None;
        self.compared = None;
        if let Some(first) = members.first() {
            let below = descent::below(first.pid());
            descent::end_below(first.pid());
            descent::end_one(first.pid());
            // Orphans of theirs are the stage's children now.
            below.into_iter().for_each(descent::end_one);
            if let Err(error) = super::session::remove_image(self.session_dir()) {
                tracing::warn!(%error, "the image stays until the session ends");
            }
        }
    }

    fn enter(&mut self) -> Result<(), Failure> {
        let member = Member::start()?;
        let Setting { host, box_dir, inside } = self.setting.clone();
        let begin = Order::Begin { host, box_dir: box_dir.to_string_lossy().into_owned(), inside };
        member.tell(&begin, None).map_err(Failure::from)?;
        self.members.push(member);
        Ok(())
    }

    fn carry_out(&mut self, action: &Action, fault: Option<&Fault>) -> Result<Vec<Trace>, Wrong> {
        if self.farewell.said() {
            return Err((Vec::new(), act::local_failure("stage", Errno::ECANCELED)));
        }
        let traces = match action {
            Action::Fresh {} => {
                self.end();
                self.enter().map_err(|failure| (Vec::new(), failure))?;
                Vec::new()
            }
            Action::EndChild {} => self.end_subject()?,
            Action::Dial { preset, with, without } => {
                self.turn(&Position::turned(*preset, with, without), fault)?
            }
            Action::Compare {} => {
                let (traces, compared) = self.dial().compare(fault)?;
                self.compared = Some(compared);
                traces
            }
            Action::MapIds { map } => self.map_ids(*map, fault)?,
            Action::Clone { .. } => self.clone_subject(action, fault)?,
            Action::SpawnWorkload { workload, at } => self.spawn(action, *workload, *at, fault)?,
            caged if caged.area() == Area::Cgroups => {
                self.in_cage(fault, |cage, pid, kernel| cage.act(caged, pid, kernel))?
            }
            other => self.order(other, fault, None)?,
        };
        self.ledger.note(action);
        Ok(traces)
    }

    fn order(&mut self, action: &Action, fault: Option<&Fault>, heir: Option<BorrowedFd<'_>>) -> Acted {
        let subject = self.subject().map_err(nothing_done)?;
        let number = subject.next_number();
        let order = Order::Act { number, action: action.clone(), fault: fault.cloned() };
        match subject.ask(&order, heir).map_err(nothing_done)? {
            Answer::Done { traces, failure: None, .. } => Ok(traces),
            Answer::Done { traces, failure: Some(failure), .. } => Err((traces, failure)),
            _ => Err((Vec::new(), act::local_failure("subject", Errno::EBADMSG))),
        }
    }

    fn clone_subject(&mut self, action: &Action, fault: Option<&Fault>) -> Acted {
        let (ours, theirs) =
            socket::pair().map_err(|errno| (Vec::new(), act::local_failure("socketpair", errno)))?;
        let traces = self.order(action, fault, Some(theirs.as_fd()))?;
        drop(theirs);
        let child = Member::expect(ours).map_err(nothing_done)?;
        self.members.push(child);
        Ok(traces)
    }

    /// Ends the subject; the one it was cloned from carries on, and reaps it.
    fn end_subject(&mut self) -> Acted {
        if self.members.len() < 2 {
            return Err((Vec::new(), act::misplaced(&Action::EndChild {})));
        }
        if let Some(subject) = self.members.pop() {
            descent::end_below(subject.pid());
            descent::end_one(subject.pid());
        }
        Ok(Vec::new())
    }

    /// Measures a box. It is no part of the subject, so a failure leaves the subject as it was. A step asks for certain
    /// switches: where the machine refuses one, the box is not the one that was asked for.
    fn turn(&mut self, setting: &Position, fault: Option<&Fault>) -> Acted {
        let measured = self.dial().measure(setting, fault);
        let traces = measured.traces.clone();
        let refused = measured.refused.first().map(|(_, failure)| failure.clone());
        if let Some(failure) = measured.failure.clone().or(refused) {
            return Err((traces, failure));
        }
        self.measured = Some(measured);
        Ok(traces)
    }

    /// A workload of the subject: greedy ones only where their limit is in force, and into its cgroup, if it has one of
    /// its own, before it begins.
    fn spawn(
        &mut self,
        action: &Action,
        workload: Workload,
        at: Option<Group>,
        fault: Option<&Fault>,
    ) -> Acted {
        let pid = self.subject().map_err(nothing_done)?.pid();
        self.cage.may_start(workload, at, pid).map_err(|failure| (Vec::new(), failure))?;
        let mut traces = self.order(action, fault, None)?;
        let Some(group) = at else { return Ok(traces) };
        let fault = fault.and_then(|fault| later(fault, traces.len()));
        let released =
            self.in_cage(fault.as_ref(), |cage, pid, kernel| cage.release(kernel, workload, group, pid));
        match released {
            Ok(more) => {
                traces.extend(more);
                Ok(traces)
            }
            Err((more, failure)) => {
                traces.extend(more);
                Err((traces, failure))
            }
        }
    }

    /// Lets the stage act on the cgroups of the subject.
    fn in_cage(
        &mut self,
        fault: Option<&Fault>,
        deed: impl FnOnce(&mut Cage, i32, &mut dyn Kernel) -> Result<(), Failure>,
    ) -> Acted {
        let pid = self.subject().map_err(nothing_done)?.pid();
        let errno = Errno::from_raw(fault.map_or(0, |fault| fault.errno));
        let mut kernel = Traced::new(Failing::new(Linux, fault.map(|fault| fault.at), errno), Actor::Stage);
        match deed(&mut self.cage, pid, &mut kernel) {
            Ok(()) => Ok(kernel.into_traces()),
            Err(failure) => Err((kernel.into_traces(), failure)),
        }
    }

    fn map_ids(&mut self, map: IdMap, fault: Option<&Fault>) -> Acted {
        let owner = owner_of(self.subject().map_err(nothing_done)?.pid());
        let errno = Errno::from_raw(fault.map_or(0, |fault| fault.errno));
        let mut kernel = Traced::new(Failing::new(Linux, fault.map(|fault| fault.at), errno), Actor::Stage);
        match act::map_ids::act(&mut kernel, map, &owner) {
            Ok(()) => Ok(kernel.into_traces()),
            Err(failure) => Err((kernel.into_traces(), failure)),
        }
    }
}

/// The calls made before something went wrong, and what it was.
type Wrong = (Vec<Trace>, Failure);
type Acted = Result<Vec<Trace>, Wrong>;

/// The fault as the actions after `made` calls count it; it has struck if it was among them.
fn later(fault: &Fault, made: usize) -> Option<Fault> {
    let made = u32::try_from(made).ok()?;
    Some(Fault { at: fault.at.checked_sub(made)?, errno: fault.errno })
}

fn nothing_done(refusal: Refusal) -> Wrong {
    (Vec::new(), refusal.into())
}

fn owner_of(pid: i32) -> Owner {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&uid.to_string().as_str()))
        .and_then(|fields| fields.first().map(|name| (*name).to_owned()))
        .unwrap_or_default();
    let range = |file: &str| {
        act::map_ids::subordinate(&std::fs::read_to_string(file).unwrap_or_default(), &name, uid)
    };
    Owner { pid, uid, gid, subuid: range("/etc/subuid"), subgid: range("/etc/subgid") }
}
