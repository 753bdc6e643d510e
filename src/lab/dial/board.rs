//! The dial as a student turns it: where it stands, where it is meant to go, what the kernel answered there, and what it
//! answers with each one switch turned. Pure: it says which box to start next and is told what that box answered.
//!
//! Nothing is remembered across a turn: every answer on the board comes from a box that was started since.

use std::collections::BTreeMap;

use super::{Answer, Measured, Preset, Probe, Setting, Switch};
use crate::lab::trace::Failure;

#[cfg(test)]
mod tests;

/// What turning one switch would do to one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Not measured yet.
    Waiting,
    /// The same answer.
    Same,
    /// This answer instead.
    Becomes(bool),
    /// The machine refused the switch.
    Refused,
    /// One of the two could not be asked.
    Unknown,
}

/// The board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    setting: Setting,
    goal: Preset,
    /// Whether the student chose the goal; until then it gives way to one that this machine can reach.
    chosen: bool,
    cursor: usize,
    past: Vec<Setting>,
    known: BTreeMap<Setting, Measured>,
    asked: Option<Setting>,
    broken: Option<Failure>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            setting: Setting::default(),
            goal: Preset::Docker,
            chosen: false,
            cursor: 0,
            past: Vec::new(),
            known: BTreeMap::new(),
            asked: None,
            broken: None,
        }
    }
}

impl Setting {
    /// This position with one switch turned. A `pivot_root(2)` takes the place of a `chroot(2)`.
    #[must_use]
    pub fn flipped(&self, switch: Switch) -> Self {
        let mut other = self.clone();
        if !other.on.remove(&switch) {
            other.on.insert(switch);
        }
        other.chroot &= !other.has(Switch::Root);
        other
    }

    /// The preset that stands here, if one does.
    pub fn preset(&self) -> Option<Preset> {
        Preset::ALL.into_iter().find(|preset| preset.setting() == *self)
    }
}

/// What the student does.
impl Board {
    /// Moves the cursor over the nine switches.
    pub fn move_by(&mut self, by: isize) {
        let last = Switch::ALL.len().cast_signed() - 1;
        self.cursor = (self.cursor.cast_signed() + by).clamp(0, last).cast_unsigned();
    }

    /// Puts the cursor on a switch, by its place from 0.
    pub fn point(&mut self, at: usize) {
        self.cursor = at.min(Switch::ALL.len() - 1);
    }

    /// Turns the switch under the cursor.
    pub fn toggle(&mut self) {
        self.turn(self.setting.flipped(self.selected()));
    }

    /// Goes to the next preset; from a position that is none, to the first.
    pub fn next_preset(&mut self) {
        let at = Preset::ALL.iter().position(|p| Some(*p) == self.setting.preset());
        let next = at.map_or(0, |at| (at + 1) % Preset::ALL.len());
        if let Some(preset) = Preset::ALL.get(next) {
            self.turn(preset.setting());
        }
    }

    /// Chooses the next preset as the goal.
    pub fn next_goal(&mut self) {
        let at = Preset::ALL.iter().position(|p| *p == self.goal).unwrap_or_default();
        if let Some(goal) = Preset::ALL.get((at + 1) % Preset::ALL.len()) {
            self.goal = *goal;
            self.chosen = true;
        }
    }

    /// Turns the dial to a position. What was measured before is forgotten.
    pub fn turn(&mut self, to: Setting) {
        if to != self.setting {
            self.past.push(std::mem::replace(&mut self.setting, to));
            self.forget();
        }
    }

    /// Takes the last turn back; false where there was none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.setting = before;
        self.forget();
        true
    }

    /// Measures everything again where the dial stands.
    pub fn forget(&mut self) {
        self.known.clear();
        self.broken = None;
    }
}

/// What is to be asked, and what came back.
impl Board {
    /// The position to start the next box at, one at a time; none while one is being measured, or when all is known.
    pub fn ask(&mut self) -> Option<Setting> {
        if self.asked.is_some() || self.broken.is_some() {
            return None;
        }
        self.asked = self.wanted().into_iter().find(|setting| !self.known.contains_key(setting));
        self.asked.clone()
    }

    /// A box has answered. What belongs to a position that the dial has left since is dropped.
    pub fn measured(&mut self, measured: Measured) {
        self.asked = None;
        let walls = measured.refused.iter().any(|(switch, _)| *switch != Switch::Cgroup);
        if !self.chosen && walls && measured.setting == self.goal.setting() {
            // without a user namespace only root may build walls
            self.goal = Preset::Rootless;
        }
        if self.wanted().contains(&measured.setting) {
            self.known.insert(measured.setting.clone(), measured);
        }
    }

    /// The stage could not measure at all: nothing is asked until the dial is turned.
    pub fn failed(&mut self, failure: Failure) {
        self.asked = None;
        self.broken = Some(failure);
    }

    /// The stage is gone, and with it whatever was asked.
    pub fn lost(&mut self) {
        self.asked = None;
        self.forget();
    }

    /// Here first, then the goal, then each switch turned.
    fn wanted(&self) -> Vec<Setting> {
        let mut wanted = vec![self.setting.clone(), self.goal.setting()];
        wanted.extend(Switch::ALL.map(|switch| self.setting.flipped(switch)));
        wanted
    }
}

/// What is shown.
impl Board {
    /// Where the dial stands.
    pub const fn setting(&self) -> &Setting {
        &self.setting
    }

    /// Where it is meant to go.
    pub const fn goal(&self) -> Preset {
        self.goal
    }

    /// The switch under the cursor.
    pub fn selected(&self) -> Switch {
        Switch::ALL.get(self.cursor).copied().unwrap_or(Switch::Uts)
    }

    /// Whether a box stands at the goal, with nothing refused.
    pub fn reached(&self) -> bool {
        let whole = |here: &Measured| here.failure.is_none() && here.refused.is_empty();
        self.setting == self.goal.setting() && self.here().is_some_and(whole)
    }

    /// Whether the machine refused a switch at this position: the box ran without it.
    pub fn refused(&self, switch: Switch) -> bool {
        self.here().is_some_and(|here| refuses(here, switch))
    }

    /// Whether the machine refuses something of the goal.
    pub fn goal_refused(&self) -> bool {
        self.known.get(&self.goal.setting()).is_some_and(|there| !there.refused.is_empty())
    }

    /// Whether there is a turn to take back.
    pub const fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether a box is being measured.
    pub const fn waiting(&self) -> bool {
        self.asked.is_some()
    }

    /// The box at this position, once it was measured.
    pub fn here(&self) -> Option<&Measured> {
        self.known.get(&self.setting)
    }

    /// Why nothing could be measured.
    pub const fn broken(&self) -> Option<&Failure> {
        self.broken.as_ref()
    }

    /// The answer at this position.
    pub fn now(&self, probe: Probe) -> Option<&Answer> {
        answer(self.here()?, probe)
    }

    /// The answer at the goal.
    pub fn wanted_answer(&self, probe: Probe) -> Option<&Answer> {
        answer(self.known.get(&self.goal.setting())?, probe)
    }

    /// What turning a switch would do to an answer.
    pub fn cell(&self, probe: Probe, switch: Switch) -> Cell {
        let flipped = self.setting.flipped(switch);
        let (Some(here), Some(there)) = (self.here(), self.known.get(&flipped)) else { return Cell::Waiting };
        if there.failure.is_some() || refuses(there, switch) || refuses(here, switch) {
            return Cell::Refused;
        }
        match (yes(here, probe), yes(there, probe)) {
            (Some(now), Some(then)) if now == then => Cell::Same,
            (Some(_), Some(then)) => Cell::Becomes(then),
            _ => Cell::Unknown,
        }
    }

    /// How many of the boxes that belong to this position were measured, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let mut wanted = self.wanted();
        wanted.sort();
        wanted.dedup();
        (wanted.iter().filter(|setting| self.known.contains_key(setting)).count(), wanted.len())
    }
}

fn answer(measured: &Measured, probe: Probe) -> Option<&Answer> {
    measured.answers.iter().find(|answer| answer.probe == probe)
}

fn yes(measured: &Measured, probe: Probe) -> Option<bool> {
    answer(measured, probe)?.yes
}

fn refuses(measured: &Measured, switch: Switch) -> bool {
    measured.refused.iter().any(|(refused, _)| *refused == switch)
}
