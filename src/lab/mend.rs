//! "Break it and mend it": a box with one fault, chosen by chance. The student reads the panels, names the fault, and the
//! mend that belongs to it is carried out. Whether it holds is what the kernel shows afterwards.

use super::{
    action::{Action, MountKind, Place},
    assemble::{Piece, lab, limit_holds, limited, scene, step, whole},
    dice::Dice,
    expectation::Expectation,
    limit::Group,
    namespace::Namespace,
    step::Lab,
};
use crate::i18n::{Lang, find};

#[cfg(test)]
mod tests;

/// How many boxes there are: a seed has two digits.
pub const SEEDS: u32 = 100;

/// What is wrong with a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// /proc is empty.
    NoProc,
    /// `pivot_root(2)` went to a mount that lies on top of the furnished root.
    WrongOrder,
    /// The limit is set on a cgroup that the box is not in.
    LimitElsewhere,
    /// The upper directory of the box's overlay lies on an overlay.
    UpperOnOverlay,
    /// The loopback interface is down.
    LoDown,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NoProc, Self::WrongOrder, Self::LimitElsewhere, Self::UpperOnOverlay, Self::LoDown];

    const fn name(self) -> &'static str {
        match self {
            Self::NoProc => "no_proc",
            Self::WrongOrder => "wrong_order",
            Self::LimitElsewhere => "limit_elsewhere",
            Self::UpperOnOverlay => "upper_on_overlay",
            Self::LoDown => "lo_down",
        }
    }

    /// The diagnosis and its mend, as the student chooses it.
    pub fn label(self, lang: Lang) -> &'static str {
        find(lang, &format!("workshop.fault.{}", self.name())).unwrap_or_else(|| self.name())
    }

    /// Which row showed it, and why the mend holds.
    pub fn about(self, lang: Lang) -> &'static str {
        find(lang, &format!("workshop.about.{}", self.name())).unwrap_or_else(|| self.name())
    }

    /// The actions that lead to a box with this fault.
    pub fn breaks(self) -> Vec<Action> {
        let mut actions = scene();
        for piece in [Piece::Walls, Piece::Fork, Piece::Name] {
            actions.extend(piece.actions(&[]));
        }
        if self != Self::LoDown {
            actions.extend(Piece::Lo.actions(&[]));
        }
        if self == Self::UpperOnOverlay {
            let on_box = |what| Action::Mount { what, at: Place::Box };
            actions.extend([Action::MakePrivate {}, on_box(MountKind::Tmpfs), on_box(MountKind::Overlay)]);
            return actions;
        }
        actions.extend(Piece::Root.actions(&[]));
        match self {
            Self::NoProc => actions.push(Action::Mount { what: MountKind::Tmpfs, at: Place::BoxProc }),
            Self::WrongOrder => actions.extend([
                Action::Clone { ns: vec![Namespace::Mnt] },
                Action::Mount { what: MountKind::Tmpfs, at: Place::Box },
            ]),
            Self::LimitElsewhere => {
                actions.extend(limited(Group::Box));
                actions.extend([
                    Action::MakeCgroup { group: Group::Left },
                    Action::JoinCgroup { group: Group::Left },
                ]);
            }
            Self::UpperOnOverlay | Self::LoDown => {}
        }
        actions.extend(Piece::Pivot.actions(&[]));
        actions
    }

    /// The actions of its mend.
    pub fn mends(self) -> Vec<Action> {
        match self {
            Self::NoProc => vec![Action::Mount { what: MountKind::Proc, at: Place::Proc }],
            Self::WrongOrder => vec![Action::EndChild {}, Action::PivotRoot {}],
            Self::LimitElsewhere => vec![Action::JoinCgroup { group: Group::Box }],
            Self::UpperOnOverlay => vec![Action::Mount { what: MountKind::Tmpfs, at: Place::Box }],
            Self::LoDown => vec![Action::LoUp {}],
        }
    }

    /// What was still to be done when this box failed to start: it goes on with that after a mend.
    pub fn rest(self) -> Vec<Action> {
        if self != Self::UpperOnOverlay {
            return Vec::new();
        }
        let mount = Action::Mount { what: MountKind::Overlay, at: Place::Box };
        vec![mount, Action::FurnishRoot {}, Action::PivotRoot {}]
    }

    /// What holds when this box is whole.
    pub fn wanted(self) -> Vec<Expectation> {
        let limit = if self == Self::LimitElsewhere { limit_holds() } else { Vec::new() };
        [whole(), limit].concat()
    }
}

/// What came of the last mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// None was tried on this box.
    Untried,
    /// It is being carried out.
    Running(Fault),
    /// It failed, or the box is not whole afterwards.
    Failed(Fault),
    /// The box is whole.
    Holds(Fault),
}

/// The exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ward {
    seed: u32,
    fault: Fault,
    offered: Vec<Fault>,
    cursor: usize,
    outcome: Outcome,
    tries: usize,
    spared: Vec<Fault>,
}

impl Ward {
    /// The box of a seed, below [`SEEDS`].
    pub fn new(seed: u32) -> Self {
        let seed = seed % SEEDS;
        let mut dice = Dice::new(seed);
        let fault = Fault::ALL.get(dice.below(Fault::ALL.len())).copied().unwrap_or(Fault::NoProc);
        let mut offered = Fault::ALL.to_vec();
        dice.shuffle(&mut offered);
        Self { seed, fault, offered, cursor: 0, outcome: Outcome::Untried, tries: 0, spared: Vec::new() }
    }

    /// The box of the seed that another digit makes: the last two count.
    #[must_use]
    pub fn digit(&self, digit: u8) -> Self {
        Self { spared: self.spared.clone(), ..Self::new(self.seed * 10 + u32::from(digit)) }
    }

    /// The next box.
    #[must_use]
    pub fn another(&self) -> Self {
        let mut seeds = (1..=SEEDS).map(|further| Self::new(self.seed + further));
        let next = seeds.find(|ward| !self.spared.contains(&ward.fault));
        Self { spared: self.spared.clone(), ..next.unwrap_or_else(|| Self::new(self.seed + 1)) }
    }

    /// This box could not be made here: takes another, without such a fault. None where no box can be made.
    #[must_use]
    pub fn spare(&self) -> Option<Self> {
        let mut spared = self.spared.clone();
        spared.retain(|fault| *fault != self.fault);
        spared.push(self.fault);
        (spared.len() < Fault::ALL.len()).then(|| Self { spared, ..self.clone() }.another())
    }

    /// Faults that this machine cannot have.
    pub fn spared(&self) -> &[Fault] {
        &self.spared
    }

    /// Its seed.
    pub const fn seed(&self) -> u32 {
        self.seed
    }

    /// The diagnoses on offer.
    pub fn offered(&self) -> &[Fault] {
        &self.offered
    }

    /// The diagnosis under the cursor, by its place.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// What came of the last mend.
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Mends that were tried.
    pub const fn tries(&self) -> usize {
        self.tries
    }

    /// Moves the cursor.
    pub fn move_by(&mut self, by: isize) {
        let last = self.offered.len().saturating_sub(1).cast_signed();
        self.cursor = (self.cursor.cast_signed() + by).clamp(0, last).cast_unsigned();
    }

    /// The broken box, and the mend under the cursor to be carried out on it.
    pub fn lab(&self) -> Lab {
        let chosen = self.offered.get(self.cursor).copied().unwrap_or(self.fault);
        let actions = [chosen.mends(), self.fault.rest()].concat();
        lab("mend", vec![step("mend", self.fault.breaks(), actions, self.fault.wanted())])
    }

    /// Chooses the diagnosis under the cursor; false while another is tried.
    pub fn choose(&mut self) -> bool {
        let Some(chosen) = self.offered.get(self.cursor).copied() else { return false };
        if matches!(self.outcome, Outcome::Running(_) | Outcome::Holds(_)) {
            return false;
        }
        self.outcome = Outcome::Running(chosen);
        self.tries += 1;
        true
    }

    /// The mend was carried out, and the box is whole or not.
    pub const fn settled(&mut self, whole: bool) {
        if let Outcome::Running(fault) = self.outcome {
            self.outcome = if whole { Outcome::Holds(fault) } else { Outcome::Failed(fault) };
        }
    }

    /// The stage is gone in the midst of it.
    pub const fn lost(&mut self) {
        if matches!(self.outcome, Outcome::Running(_)) {
            self.outcome = Outcome::Untried;
        }
    }
}
