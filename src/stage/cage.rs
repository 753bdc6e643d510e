//! The cage: the cgroups of the subject and its workloads, kept by the stage from outside. Nothing greedy is let loose in
//! it before its limit can be read from the kernel's own file.

use std::{
    fs,
    ops::RangeInclusive,
    path::Path,
    time::{Duration, Instant},
};

use nix::{errno::Errno, sys::signal::Signal};

use super::{act, farewell::Farewell};
use crate::{
    cgroup::{Groups, Layout, device, unavailable},
    kernel::{Call, Kernel, descent},
    lab::{
        action::{Action, Workload},
        fact::{Fact, FactId},
        limit::{Amount, Controller, Group, Hierarchy, Limit},
        observation::Value,
        sight::Sight,
        trace::Failure,
    },
    probe::{
        Facts,
        limits::{LimitReader, Place},
    },
};

mod force;

/// The longest that one action lets workloads run.
const LONGEST: Duration = Duration::from_secs(2);
/// How long a number is waited for on a slow machine.
const SLOWEST: Duration = Duration::from_secs(10);
/// Between two looks at a counter.
const POLL: Duration = Duration::from_millis(20);
/// How long a workload may take to stand still or to end, or a cgroup to freeze.
const PATIENCE: Duration = Duration::from_secs(15);

/// The cgroups of a lab, and what is read of them.
#[derive(Debug)]
pub struct Cage {
    groups: Groups,
    reader: LimitReader,
    looks: bool,
    /// A shell beside the box: it may have joined a cgroup, and does not end with it.
    spared: Option<i32>,
    farewell: Farewell,
}

impl Cage {
    /// An empty one; what it makes is noted in the session's directory, which is the one above the box directory.
    pub fn new(box_dir: &Path, farewell: Farewell) -> Self {
        let scratch = device::scratch();
        // Where nothing can be read, no controller is found, and each action says so.
        let layout = Layout::read(Path::new("/")).unwrap_or_default();
        let mut groups = Groups::new(layout, box_dir.parent().unwrap_or(box_dir));
        let device = scratch.map(|scratch| scratch.device);
        groups.set_device(device.clone());
        let reader = LimitReader::new(Path::new("/"), box_dir, device);
        Self { groups, reader, looks: false, spared: None, farewell }
    }

    /// Whether anybody looks at limits.
    pub fn set_sights(&mut self, sights: &[Sight]) {
        self.looks = sights.contains(&Sight::Limits);
    }

    /// Which controllers there are, each in its kind of hierarchy.
    pub fn seats(&self) -> Vec<(Controller, Hierarchy)> {
        let seats = self.groups.layout().seats().iter();
        seats.map(|seat| (seat.controller, seat.hierarchy)).collect()
    }

    /// What the student's shell is told: where the cgroups of this session are or would be. Those that are made there by
    /// hand are known as ours from then on.
    pub fn environment(&mut self) -> Vec<(String, String)> {
        if !self.looks {
            return Vec::new();
        }
        self.expect();
        let scratch = device::scratch().map_or_else(|| "/var/tmp".into(), |scratch| scratch.dir);
        let mut all = self.groups.environment();
        all.push(("SCRATCH".to_owned(), scratch.to_string_lossy().into_owned()));
        all
    }

    fn expect(&mut self) {
        let names = Group::ALL.map(Group::name);
        if let Err(error) = self.groups.expect(&names) {
            tracing::warn!(%error, "cgroups made by hand would not be found after a kill");
        }
    }

    /// The shell beside the box, while there is one.
    pub const fn spare(&mut self, shell: Option<i32>) {
        self.spared = shell;
    }

    /// Whether limits are looked at: they move while nothing else does.
    pub const fn looks(&self) -> bool {
        self.looks
    }

    /// What can be read of the limits now, if anybody looks.
    pub fn read(&mut self, facts: &mut Facts) {
        if self.looks {
            if self.groups.adopt() {
                self.tell_reader();
            }
            self.reader.read(facts);
        }
    }

    /// Lets everyone go on who is frozen, so that they can be ended.
    pub fn thaw(&self) {
        self.groups.thaw();
    }

    /// Ends everyone in every cgroup and removes them.
    pub fn end(&mut self) {
        if let Some(shell) = self.spared {
            self.groups.let_go(shell);
        }
        self.groups.end();
        if self.spared.is_some() && self.looks {
            self.expect();
        }
        self.tell_reader();
    }

    /// Carries out an action of the stage on the cgroups of a subject.
    pub fn act(&mut self, action: &Action, subject: i32, kernel: &mut dyn Kernel) -> Result<(), Failure> {
        match action {
            Action::MakeCgroup { group } => {
                let made = self.groups.make(kernel, group.name(), &Controller::ALL);
                self.tell_reader();
                made
            }
            Action::JoinCgroup { group } => {
                self.known(*group)?;
                self.keeps_hold_of_all(*group, subject)?;
                self.groups.attach(kernel, group.name(), subject)?;
                descent::below(subject).into_iter().try_for_each(|pid| {
                    match self.groups.attach(kernel, group.name(), pid) {
                        // What a student runs in the shell may end at any moment.
                        Err(failure) if failure.errno == "ESRCH" => Ok(()),
                        other => other,
                    }
                })
            }
            Action::SetLimit { group, limit, to } => {
                self.known(*group)?;
                self.keeps_hold(*group, *limit, to, subject)?;
                self.groups.set(kernel, group.name(), *limit, to)
            }
            Action::EndWorkloads {} => self.end_workloads(kernel, subject),
            Action::Freeze { group } => self.freeze(kernel, *group, subject, true),
            Action::Thaw { group } => self.freeze(kernel, *group, subject, false),
            Action::KillCgroup { group } => {
                self.apart(*group, subject)?;
                self.groups.kill(kernel, group.name())
            }
            Action::TryDelegate { group } => self.try_delegate(kernel, *group),
            Action::LetRun { ms, until, at_least, at_most } => {
                self.reader.restart();
                self.farewell.pause(Duration::from_millis((*ms).into()).min(LONGEST));
                let wanted = at_least.unwrap_or(1)..=at_most.unwrap_or(i64::MAX);
                let counted = until.filter(|counter| self.wait_for(*counter, &wanted));
                if let (Some(fact), None, true) = (until, counted, at_most.is_some()) {
                    return Err(self.measured(*fact));
                }
                // Some end by themselves, on a slow machine later; how they end is what is to be seen.
                let killed = counted.is_some_and(|counter| counter.fact == Fact::OomKills);
                let brief = |workload| match workload {
                    Workload::Forker | Workload::Filler => true,
                    Workload::Eater => killed,
                    _ => false,
                };
                let ended = || {
                    self.farewell.said() || !workloads(subject).iter().any(|living| brief(living.workload))
                };
                // Not among the fields of the message: they are evaluated only where somebody listens.
                let ended = wait_until(ended).is_some();
                tracing::debug!(ended, "let run");
                Ok(())
            }
            other => Err(act::misplaced(other)),
        }
    }

    /// Before a workload is started: its limit is in force, now, where it will be.
    pub fn may_start(&self, workload: Workload, at: Option<Group>, subject: i32) -> Result<(), Failure> {
        if !force::is_greedy(workload) {
            return Ok(());
        }
        let here = |group: &Group| self.groups.members(group.name()).contains(&subject);
        let group = at.or_else(|| Group::ALL.into_iter().find(here));
        let held = group.is_some_and(|group| force::holds(&self.groups, group, workload));
        if held { Ok(()) } else { Err(refused(workload.name(), UNHELD)) }
    }

    /// Before a limit is changed: whoever is greedy in the group stays under one that holds it.
    fn keeps_hold(&self, group: Group, limit: Limit, to: &Amount, subject: i32) -> Result<(), Failure> {
        let members = self.groups.members(group.name());
        let here = workloads(subject).into_iter().filter(|living| members.contains(&living.pid));
        let freed = here.map(|living| living.workload);
        let mut freed = freed.filter(|workload| force::frees(&self.groups, group, *workload, limit, to));
        freed.next().map_or(Ok(()), |workload| Err(refused(workload.name(), FREED)))
    }

    /// Before everyone below the subject is put into a group: whoever is greedy among them is held there too.
    fn keeps_hold_of_all(&self, group: Group, subject: i32) -> Result<(), Failure> {
        let greedy = workloads(subject).into_iter().map(|living| living.workload);
        let mut greedy = greedy.filter(|workload| force::is_greedy(*workload));
        let freed = greedy.find(|workload| !force::holds(&self.groups, group, *workload));
        freed.map_or(Ok(()), |workload| Err(refused(workload.name(), FREED)))
    }

    /// After a gated workload was started below the subject: puts it into its cgroup and lets it go on.
    pub fn release(
        &self,
        kernel: &mut dyn Kernel,
        workload: Workload,
        group: Group,
        subject: i32,
    ) -> Result<(), Failure> {
        let pid =
            standing(subject, workload).ok_or_else(|| act::local_failure(workload.name(), Errno::ESRCH))?;
        self.known(group)?;
        self.groups.attach(kernel, group.name(), pid)?;
        let go_on = Call::Kill { pid, signal: Signal::SIGCONT };
        kernel.call(&go_on).map(|_| ()).map_err(|errno| go_on.failure(errno))
    }

    /// A group that has been made.
    fn known(&self, group: Group) -> Result<(), Failure> {
        if self.groups.directories(group.name()).is_empty() {
            return Err(unavailable("cgroup", group.name(), Errno::ENOENT, None));
        }
        Ok(())
    }

    /// A group that the subject is not in: it must go on to answer.
    fn apart(&self, group: Group, subject: i32) -> Result<(), Failure> {
        self.known(group)?;
        if self.groups.members(group.name()).contains(&subject) {
            Err(refused(group.name(), UNHELD))
        } else {
            Ok(())
        }
    }

    /// Waits until a number is as wanted; says whether it was in time. What did not come is for the step to say.
    fn wait_for(&mut self, counter: FactId, wanted: &RangeInclusive<i64>) -> bool {
        let until = Instant::now() + SLOWEST;
        loop {
            let mut facts = Facts::new();
            self.reader.read(&mut facts);
            match facts.get(&counter) {
                Some(Value::Number(n)) if wanted.contains(n) => return true,
                Some(Value::Number(_)) if Instant::now() < until && !self.farewell.pause(POLL) => {}
                // there is no such number here: waiting will not make one
                _ => return false,
            }
        }
    }

    /// A limit is in force and does not hold here: what was measured all the same.
    fn measured(&mut self, fact: FactId) -> Failure {
        let mut facts = Facts::new();
        self.reader.read(&mut facts);
        let now = facts.get(&fact).map(Value::short).unwrap_or_default();
        unavailable("measure", &format!("{} {now}", fact.fact.id()), Errno::ETIMEDOUT, None)
    }

    fn freeze(&self, kernel: &mut dyn Kernel, group: Group, subject: i32, stop: bool) -> Result<(), Failure> {
        self.apart(group, subject)?;
        let dir = self.groups.directory(group.name(), Controller::Freezer);
        let dir = dir.ok_or_else(|| unavailable("controller", "freezer", Errno::ENODEV, None))?;
        let (file, text, state, want) = match (dir.hierarchy, stop) {
            (Hierarchy::V1, true) => ("freezer.state", "FROZEN", "freezer.state", "FROZEN"),
            (Hierarchy::V1, false) => ("freezer.state", "THAWED", "freezer.state", "THAWED"),
            (Hierarchy::V2, true) => ("cgroup.freeze", "1", "cgroup.events", "frozen 1"),
            (Hierarchy::V2, false) => ("cgroup.freeze", "0", "cgroup.events", "frozen 0"),
        };
        self.groups.write(kernel, &dir.path, file, text.to_owned())?;
        let state = dir.path.join(state);
        let there = || fs::read_to_string(&state).is_ok_and(|now| now.lines().any(|line| line == want));
        wait_until(there).ok_or_else(|| unavailable("cgroup", file, Errno::ETIMEDOUT, Some(&state)))
    }

    /// Whoever is in a cgroup keeps it from passing memory on to cgroups below it: `EBUSY`, `cgroup-v2.rst`, "no internal
    /// process constraint".
    fn try_delegate(&self, kernel: &mut dyn Kernel, group: Group) -> Result<(), Failure> {
        self.known(group)?;
        let dir = [Controller::Memory, Controller::Io]
            .into_iter()
            .find_map(|controller| Some((controller, self.groups.directory(group.name(), controller)?)));
        let Some((controller, dir)) = dir else {
            return Err(unavailable("controller", "memory", Errno::EACCES, None));
        };
        if dir.hierarchy == Hierarchy::V1 {
            return Err(unavailable("legacy", "cgroup.subtree_control", Errno::EOPNOTSUPP, Some(&dir.path)));
        }
        let file = "cgroup.subtree_control";
        let words = |sign| format!("{sign}{}", controller.name(Hierarchy::V2));
        match self.groups.write(kernel, &dir.path, file, words('+')) {
            Ok(()) => self.groups.write(kernel, &dir.path, file, words('-')),
            Err(failure) if failure.errno == "EBUSY" => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    fn end_workloads(&self, kernel: &mut dyn Kernel, subject: i32) -> Result<(), Failure> {
        for Living { pid, .. } in workloads(subject) {
            // Who is frozen does not die in v1.
            let frozen =
                Group::ALL.into_iter().filter(|group| self.groups.members(group.name()).contains(&pid));
            let frozen: Vec<_> = frozen.filter(|group| force::is_frozen(&self.groups, *group)).collect();
            frozen.into_iter().try_for_each(|group| self.freeze(kernel, group, subject, false))?;
            let end = Call::Kill { pid, signal: Signal::SIGKILL };
            match kernel.call(&end) {
                Ok(_) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(end.failure(errno)),
            }
            descent::end_below(pid);
            descent::end_one(pid);
        }
        Ok(())
    }

    fn tell_reader(&mut self) {
        let places = Group::ALL.into_iter().flat_map(|group| {
            let dirs = self.groups.directories(group.name()).iter();
            dirs.map(move |dir| Place {
                group,
                hierarchy: dir.hierarchy,
                controllers: dir.controllers.clone(),
                dir: dir.path.clone(),
            })
        });
        self.reader.set_places(places.collect());
    }
}

/// No limit that would hold it is in force.
const UNHELD: &str = "limit";
/// The limit that holds it would be none.
const FREED: &str = "lift";

/// The guard's words: it was not done, and would have harmed the machine or the lab.
fn refused(what: &str, why: &str) -> Failure {
    Failure {
        operation: "guard".to_owned(),
        arguments: vec![what.to_owned()],
        errno: format!("{:?}", Errno::EPERM),
        path: Some(why.to_owned()),
    }
}

/// A workload that lives, or has not been reaped yet.
struct Living {
    pid: i32,
    workload: Workload,
    /// Whether it is stopped, by a signal.
    still: bool,
}

/// The workloads below a subject, by the names that they gave themselves, with their states.
fn workloads(subject: i32) -> Vec<Living> {
    let one = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.split_once('(')?;
        let (comm, rest) = rest.rsplit_once(')')?;
        let name = comm.split(' ').next()?;
        let workload = Workload::ALL.into_iter().find(|workload| workload.name() == name)?;
        Some(Living { pid, workload, still: rest.starts_with(" T") })
    };
    descent::children(subject).into_iter().filter_map(one).collect()
}

/// The workload below a subject that stands still.
fn standing(subject: i32, workload: Workload) -> Option<i32> {
    let still = |living: &Living| living.workload == workload && living.still;
    let mut found = None;
    wait_until(|| {
        found = workloads(subject).into_iter().find(still).map(|living| living.pid);
        found.is_some()
    })?;
    found
}

fn wait_until(mut there: impl FnMut() -> bool) -> Option<()> {
    let until = Instant::now() + PATIENCE;
    while !there() {
        if Instant::now() > until {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Some(())
}

/// The limit that a greedy workload must have.
const fn limit_of(workload: Workload) -> Option<Limit> {
    match workload {
        Workload::Burner => Some(Limit::CpuMax),
        Workload::Eater | Workload::Reader => Some(Limit::MemoryMax),
        Workload::Writer => Some(Limit::IoWriteBps),
        Workload::Forker => Some(Limit::PidsMax),
        // The filler looks for itself whether the box directory is a small file system of its own.
        Workload::Heartbeat | Workload::Clock | Workload::Filler => None,
    }
}
