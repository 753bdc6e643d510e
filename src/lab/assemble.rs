//! "Assemble it yourself": the student puts the steps of making a container in order, and the order is carried out. No
//! order is compared with another: what is wrong is what the kernel refuses, or what a program inherits that starts too
//! early.

use super::{
    action::{Action, Hostname, IdMap, MountKind, Place, Workload},
    capability,
    dice::Dice,
    expectation::{Condition, Expectation},
    fact::{Fact, FactId},
    limit::{Amount, Group, Limit},
    namespace::Namespace,
    sight::Sight,
    step::{Hints, Lab, Prediction, Question, Start, Step},
};
use crate::i18n::{Lang, Text, find};

#[cfg(test)]
mod tests;

/// One step of making a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// A cgroup with a limit, and the box in it.
    Limit,
    /// New namespaces: mounts, processes, network, IPC, host name, cgroup.
    Walls,
    /// A fork: the child is process 1.
    Fork,
    /// An overlay on a tmpfs, for the root to be in.
    Overlay,
    /// What a root file system holds: /usr, /dev and /proc.
    Root,
    /// The new root takes the place of the old one.
    Pivot,
    /// A host name.
    Name,
    /// The loopback interface.
    Lo,
    /// Fewer rights, for ever.
    Rights,
    /// The program.
    Program,
}

impl Piece {
    /// All of them, in an order that works.
    pub const ALL: [Self; 10] = [
        Self::Limit,
        Self::Walls,
        Self::Fork,
        Self::Overlay,
        Self::Root,
        Self::Pivot,
        Self::Name,
        Self::Lo,
        Self::Rights,
        Self::Program,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Walls => "walls",
            Self::Fork => "fork",
            Self::Overlay => "overlay",
            Self::Root => "root",
            Self::Pivot => "pivot",
            Self::Name => "name",
            Self::Lo => "lo",
            Self::Rights => "rights",
            Self::Program => "program",
        }
    }

    /// What it says on it.
    pub fn label(self, lang: Lang) -> &'static str {
        find(lang, &format!("workshop.piece.{}", self.name())).unwrap_or_else(|| self.name())
    }

    /// What it does after those before it. A root is filled in the overlay, if there is one already, and on a tmpfs
    /// otherwise: never on a disk of the host.
    pub fn actions(self, before: &[Self]) -> Vec<Action> {
        match self {
            Self::Limit => {
                let mut actions = limited(Group::Box);
                actions.push(Action::JoinCgroup { group: Group::Box });
                actions
            }
            Self::Walls => vec![Action::Unshare {
                ns: vec![
                    Namespace::Mnt,
                    Namespace::Pid,
                    Namespace::Net,
                    Namespace::Ipc,
                    Namespace::Uts,
                    Namespace::Cgroup,
                ],
            }],
            Self::Fork => vec![Action::Clone { ns: Vec::new() }],
            Self::Overlay => {
                [tmpfs(), vec![Action::Mount { what: MountKind::Overlay, at: Place::Box }]].concat()
            }
            // after the pivot there is no such place, which the mount of the tmpfs is told
            Self::Root if before.contains(&Self::Overlay) && !before.contains(&Self::Pivot) => {
                vec![Action::FurnishRoot {}]
            }
            Self::Root => [tmpfs(), vec![Action::FurnishRoot {}]].concat(),
            Self::Pivot => vec![Action::PivotRoot {}],
            Self::Name => Hostname::try_from("korobka".to_owned())
                .map(|name| Action::SetHostname { name })
                .into_iter()
                .collect(),
            Self::Lo => vec![Action::LoUp {}],
            Self::Rights => {
                vec![Action::NoNewPrivs {}, Action::DropCapabilities { keep: capability::DOCKER.to_vec() }]
            }
            Self::Program => vec![Action::SpawnWorkload { workload: Workload::Heartbeat, at: None }],
        }
    }
}

/// A place that is the box's own.
fn tmpfs() -> Vec<Action> {
    vec![Action::MakePrivate {}, Action::Mount { what: MountKind::Tmpfs, at: Place::Box }]
}

/// Where the student begins: root in a user namespace, and nothing else. What belongs to the host's user namespace
/// stays out of reach, so that every order can be carried out and does no harm.
pub fn scene() -> Vec<Action> {
    vec![Action::Unshare { ns: vec![Namespace::User] }, Action::MapIds { map: IdMap::Single }]
}

/// Makes a cgroup with a limit on the number of processes.
pub(super) fn limited(group: Group) -> Vec<Action> {
    let limit = Action::SetLimit { group, limit: Limit::PidsMax, to: Amount::Whole(PROCESSES) };
    vec![Action::MakeCgroup { group }, limit]
}

/// How many processes a box may have: enough for a shell in it.
const PROCESSES: u64 = 64;

/// What holds of a limit that is in force: it is the box's, and somebody is in there.
pub fn limit_holds() -> Vec<Expectation> {
    let is = |fact, is| Expectation::Fact { fact: FactId::host(fact), is };
    vec![
        is(Fact::LimitPids, Condition::Equals(PROCESSES.to_string())),
        is(Fact::PidsCurrent, Condition::AtLeast(1)),
    ]
}

/// What holds of an overlay that is there.
pub fn overlay_holds() -> Vec<Expectation> {
    let fact = FactId::subject(Fact::BoxMount);
    vec![Expectation::Fact { fact, is: Condition::Equals("overlay".to_owned()) }]
}

/// What holds of rights that are gone for good.
pub fn rights_hold() -> Vec<Expectation> {
    let fact = FactId::subject(Fact::NoNewPrivs);
    vec![Expectation::Fact { fact, is: Condition::Equals("1".to_owned()) }]
}

/// What holds of a box that is whole.
pub fn whole() -> Vec<Expectation> {
    let is = |fact, is| Expectation::Fact { fact: FactId::subject(fact), is };
    vec![
        is(Fact::Pid, Condition::Equals("1".to_owned())),
        // as /proc says it: a box without one has nobody to show
        is(Fact::Pid1, Condition::Equals("korobka".to_owned())),
        is(Fact::SeesHost, Condition::Equals("no".to_owned())),
        is(Fact::Root, Condition::Contains("usr".to_owned())),
        // which the root of no box of ours has, and that of every host
        is(Fact::Root, Condition::Lacks("sys".to_owned())),
        is(Fact::Escape, Condition::Equals("no".to_owned())),
        is(Fact::Hostname, Condition::Equals("korobka".to_owned())),
        is(Fact::Interfaces, Condition::Contains("lo UP".to_owned())),
    ]
}

/// Why an order did not hold, as far as the order says it; the kernel's own answer stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// What it changes still belongs to the host.
    NoWalls,
    /// A PID namespace holds the children of whoever made it: nobody is process 1 yet.
    NotFirst,
    /// There is nothing to pivot to.
    NoRoot,
    /// The new root stands there, and what it would be made from is gone.
    Pivoted,
    /// The overlay was mounted over what was filled before.
    Covered,
    /// The rights that it takes are given up.
    NoRights,
    /// The program has started, and inherits what is not finished.
    TooEarly,
}

impl Reason {
    /// In words.
    pub fn text(self, lang: Lang) -> &'static str {
        let key = match self {
            Self::NoWalls => "workshop.reason.no_walls",
            Self::NotFirst => "workshop.reason.not_first",
            Self::NoRoot => "workshop.reason.no_root",
            Self::Pivoted => "workshop.reason.pivoted",
            Self::Covered => "workshop.reason.covered",
            Self::NoRights => "workshop.reason.no_rights",
            Self::TooEarly => "workshop.reason.too_early",
        };
        crate::i18n::t(lang, key)
    }
}

/// What came of the last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not carried out as it stands.
    Untried,
    /// Being carried out; so many pieces are done.
    Running(usize),
    /// A piece did not hold.
    Failed(usize),
    /// Every piece held.
    Holds,
}

/// The exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembly {
    order: Vec<Piece>,
    cursor: usize,
    held: bool,
    verdict: Verdict,
    left_out: Vec<Piece>,
}

impl Assembly {
    /// The pieces in an order that the seed makes; never one that works.
    pub fn new(seed: u32) -> Self {
        let mut order = Piece::ALL.to_vec();
        let mut dice = Dice::new(seed);
        dice.shuffle(&mut order);
        // a program that comes first is early whatever follows
        if let Some(at) =
            order.iter().position(|piece| *piece == Piece::Program).filter(|at| *at + 1 == order.len())
        {
            order.swap(0, at);
        }
        Self { order, cursor: 0, held: false, verdict: Verdict::Untried, left_out: Vec::new() }
    }

    /// The pieces as they lie.
    pub fn order(&self) -> &[Piece] {
        &self.order
    }

    /// The piece under the cursor, by its place.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether it is in the hand.
    pub const fn held(&self) -> bool {
        self.held
    }

    /// What came of the last try.
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Pieces that this machine cannot carry out in any order: they have been taken out.
    pub fn left_out(&self) -> &[Piece] {
        &self.left_out
    }

    /// Other pieces in another order; what this machine cannot do stays out.
    #[must_use]
    pub fn another(&self, seed: u32) -> Self {
        let mut another = Self::new(seed);
        another.order.retain(|piece| !self.left_out.contains(piece));
        another.left_out.clone_from(&self.left_out);
        another
    }

    /// Takes the piece under the cursor, or puts it down.
    pub const fn take(&mut self) {
        self.held = !self.held;
    }

    /// Moves the cursor, and the piece in the hand with it.
    pub fn move_by(&mut self, by: isize) {
        let last = self.order.len().saturating_sub(1).cast_signed();
        let to = (self.cursor.cast_signed() + by).clamp(0, last).cast_unsigned();
        if self.held && to != self.cursor && !matches!(self.verdict, Verdict::Running(_)) {
            let piece = self.order.remove(self.cursor);
            self.order.insert(to, piece);
            self.verdict = Verdict::Untried;
        }
        self.cursor = to;
    }

    /// The order is to be carried out from the start.
    pub const fn start(&mut self) {
        self.held = false;
        self.verdict = Verdict::Running(0);
    }

    /// The order as a lab: a step a piece.
    pub fn lab(&self) -> Lab {
        let pieces = self.order.iter().enumerate();
        lab(
            "assemble",
            pieces
                .map(|(at, piece)| {
                    let prepare = if at == 0 { scene() } else { Vec::new() };
                    // what a program is started with it keeps
                    let expect = match piece {
                        Piece::Program => self.wanted(),
                        Piece::Overlay => overlay_holds(),
                        _ => Vec::new(),
                    };
                    let before = self.order.get(..at).unwrap_or_default();
                    step(piece.name(), prepare, piece.actions(before), expect)
                })
                .collect(),
        )
    }

    /// What the program is to find.
    fn wanted(&self) -> Vec<Expectation> {
        let limit = if self.left_out.contains(&Piece::Limit) { Vec::new() } else { limit_holds() };
        [whole(), rights_hold(), limit].concat()
    }

    /// The piece that was being carried out held, or did not.
    pub fn settled(&mut self, held: bool) {
        let Verdict::Running(done) = self.verdict else { return };
        self.verdict = match (held, done + 1 >= self.order.len()) {
            (false, _) => Verdict::Failed(done),
            (true, true) => Verdict::Holds,
            (true, false) => Verdict::Running(done + 1),
        };
        if !held {
            self.cursor = done;
        }
    }

    /// The piece that was being carried out did not hold. Takes it out if that has nothing to do with the order: a cgroup
    /// is made from outside, so no piece before it can be the reason; an overlay in a user namespace takes a kernel that
    /// allows it (Linux 5.11).
    pub fn leave_out(&mut self) -> bool {
        let Verdict::Running(done) = self.verdict else { return false };
        let Some(piece) = self.order.get(done).copied() else { return false };
        let out = match piece {
            Piece::Limit => true,
            Piece::Overlay => self.reason(done).is_none(),
            _ => false,
        };
        if out {
            self.order.remove(done);
            self.left_out.push(piece);
            self.verdict = Verdict::Untried;
            self.cursor = self.cursor.min(self.order.len().saturating_sub(1));
        }
        out
    }

    /// The stage is gone in the midst of it.
    pub const fn lost(&mut self) {
        if matches!(self.verdict, Verdict::Running(_)) {
            self.verdict = Verdict::Untried;
        }
    }

    /// Whether the overlay comes after what was to be in it.
    fn covered(&self) -> bool {
        let mut both = self.order.iter().filter(|piece| matches!(piece, Piece::Root | Piece::Overlay));
        both.next() == Some(&Piece::Root) && both.next().is_some()
    }

    /// Why the piece at a place did not hold, as far as the order says it.
    pub fn reason(&self, at: usize) -> Option<Reason> {
        let piece = self.order.get(at)?;
        let place = |of: Piece| self.order.iter().position(|piece| *piece == of);
        let before = |of: Piece| place(of).is_some_and(|other| other < at);
        Some(match piece {
            Piece::Program if at + 1 == self.order.len() && self.covered() => Reason::Covered,
            Piece::Program => Reason::TooEarly,
            Piece::Fork | Piece::Limit | Piece::Rights => return None,
            _ if before(Piece::Rights) => Reason::NoRights,
            Piece::Walls => return None,
            _ if !before(Piece::Walls) => Reason::NoWalls,
            Piece::Root | Piece::Overlay if before(Piece::Pivot) => Reason::Pivoted,
            Piece::Root if !before(Piece::Fork) || place(Piece::Fork) < place(Piece::Walls) => {
                Reason::NotFirst
            }
            Piece::Pivot if !before(Piece::Root) && !before(Piece::Overlay) => Reason::NoRoot,
            _ => return None,
        })
    }
}

/// A lab that is no course's: what the run drives.
pub(super) fn lab(id: &str, steps: Vec<Step>) -> Lab {
    let sights = vec![Sight::Walls, Sight::Limits];
    Lab {
        id: id.to_owned(),
        title: Text::default(),
        intro: Text::default(),
        start: Start::Bare,
        sights,
        controls: Vec::new(),
        steps,
    }
}

/// A step that asks nothing.
pub(super) fn step(id: &str, prepare: Vec<Action>, actions: Vec<Action>, expect: Vec<Expectation>) -> Step {
    Step {
        id: id.to_owned(),
        title: Text::default(),
        text: Text::default(),
        after: Text::default(),
        prepare,
        actions,
        prediction: Prediction::default(),
        expect,
        why: Question { id: String::new(), text: Text::default(), options: Vec::new() },
        hints: Hints { principle: Text::default(), place: Text::default() },
    }
}
