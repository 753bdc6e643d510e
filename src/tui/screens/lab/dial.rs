//! The dial in the lab: what its keys do, and when the stage is asked to start the next box for it.

use super::{LabScreen, Stage};
use crate::{
    lab::{
        action::Action,
        dial::{Measured, Setting},
        run::Phase,
        step::Lab,
        trace::Failure,
    },
    stage::protocol::Request,
    tui::{effect::Effect, keymap::Command, panels::dial::ROW},
};

impl LabScreen {
    /// Whether a command of the dial would do something now.
    pub(super) fn dial_offers(&self, command: Command) -> bool {
        let Some(board) = &self.dial else { return false };
        let ready = matches!(self.stage, Stage::Ready(_));
        match command {
            Command::TurnBack => ready && board.can_undo(),
            _ => ready,
        }
    }

    /// A key of the dial; false for what is not one.
    pub(super) fn dial_command(&mut self, command: Command) -> bool {
        let row = ROW.cast_signed();
        let Some(board) = &mut self.dial else { return false };
        match command {
            Command::Turn => board.toggle(),
            Command::Switch(n) => {
                board.point(usize::from(n).saturating_sub(1));
                board.toggle();
            }
            Command::TurnBack => drop(board.undo()),
            Command::Preset => board.next_preset(),
            Command::Goal => board.next_goal(),
            Command::Measure => board.forget(),
            Command::Left => board.move_by(-1),
            Command::Right => board.move_by(1),
            Command::Up => board.move_by(-row),
            Command::Down => board.move_by(row),
            _ => return false,
        }
        true
    }

    /// Asks for the next box, one at a time, while the run is at rest: a step's own box comes first.
    pub(crate) fn ask_dial(&mut self, out: &mut Vec<Effect>) {
        let rests = matches!(self.run.phase(), Phase::Predict | Phase::Observed);
        if !rests || self.run.trying() || !matches!(self.stage, Stage::Ready(_)) {
            return;
        }
        if let Some(setting) = self.dial.as_mut().and_then(crate::lab::dial::board::Board::ask) {
            out.push(Effect::Ask(Request::Dial { settings: vec![setting] }));
        }
    }

    /// A box has answered.
    pub(super) fn dialled(&mut self, measured: Measured) {
        if let Some(board) = &mut self.dial {
            board.measured(measured);
        }
    }

    /// Whether a failure is that of a box of the dial; then it is shown there.
    pub(super) fn dial_failed(&mut self, failure: &Failure) -> bool {
        let Some(board) = self.dial.as_mut().filter(|board| board.waiting()) else { return false };
        board.failed(failure.clone());
        true
    }

    /// The step has turned the dial: the panel stands where its box stood.
    pub(super) fn dial_follows(&mut self) {
        let index = self.run.index();
        if let (Some(board), Some(setting)) = (&mut self.dial, setting_of(self.run.lab(), index)) {
            board.turn(setting);
        }
    }
}

/// Where a step turns the dial.
fn setting_of(lab: &Lab, step: usize) -> Option<Setting> {
    let actions = &lab.steps.get(step)?.actions;
    actions.iter().rev().find_map(|action| match action {
        Action::Dial { preset, with, without } => Some(Setting::turned(*preset, with, without)),
        _ => None,
    })
}
