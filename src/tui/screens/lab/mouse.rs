//! The mouse in the lab: a click focuses a pane and selects what is under it, the wheel scrolls the pane below it.

use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{LabScreen, Pane, keys, panes};
use crate::tui::{effect::Effect, keymap::Command, model::World, panels::witness};

impl LabScreen {
    /// Takes an event in; false where it is not over a pane.
    pub(crate) fn mouse(&mut self, event: MouseEvent, world: &World, out: &mut Vec<Effect>) -> bool {
        if self.controls.is_some() {
            return self.control_mouse(event, world, out);
        }
        let slots = self.panes.slots(self.below_strip(keys::body(world)), self.shell.is_some());
        let at = Position::new(event.column, event.row);
        let Some(slot) = slots.into_iter().find(|slot| slot.area.contains(at)) else { return false };
        let area = panes::inner(slot.area, slot.seen);
        if slot.seen == Pane::Shell && self.panes.focus() == Pane::Shell && area.contains(at) {
            let (column, row) = (event.column - area.x, event.row - area.y);
            out.push(Effect::Point(MouseEvent { column, row, ..event }));
            return true;
        }
        let command = match event.kind {
            MouseEventKind::Down(_) => None,
            MouseEventKind::ScrollUp => Some(Command::Up),
            MouseEventKind::ScrollDown => Some(Command::Down),
            _ => return true,
        };
        self.panes.set_focus(slot.seen);
        if let Some(command) = command {
            self.move_in_pane(command, world, out);
        } else if area.contains(at) {
            self.click(slot.seen, usize::from(event.row - area.y), world);
        } else {
            self.panes.set_focus(next_tab(&slot.panes, slot.seen));
        }
        true
    }

    fn click(&mut self, pane: Pane, row: usize, world: &World) {
        let Some(area) = self.area_of(pane, world) else { return };
        match pane {
            Pane::Witness => {
                let height = usize::from(area.height);
                if let Some(row) = witness::row_at(&self.run, self.panes.row, row, height) {
                    self.panes.row = row;
                }
            }
            Pane::Text => {
                let line = row + self.panes.text_scroll;
                let text = self.text(world, usize::from(area.width));
                if let Some(choice) = text.choices.iter().position(|(from, to)| (*from..*to).contains(&line))
                {
                    self.cursor = choice;
                    self.run.tick(choice);
                }
            }
            Pane::Sight(_) | Pane::Traces | Pane::Processes | Pane::Shell => {}
        }
    }
}

/// A click on the frame of panes that share a place brings the next one up.
fn next_tab(panes: &[Pane], seen: Pane) -> Pane {
    let at = panes.iter().position(|pane| *pane == seen).unwrap_or_default();
    panes.get((at + 1) % panes.len().max(1)).copied().unwrap_or(seen)
}
