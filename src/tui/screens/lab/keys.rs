//! What can be done now, how the footer calls it, and moving inside a pane.

use super::{LabScreen, Page, Pane, Stage, draw::size, panes};
use crate::{
    lab::{
        run::{Outcome, Phase, Rung},
        sight::Sight,
    },
    tui::{
        compositor::{Go, Layer},
        effect::Effect,
        keymap::Command,
        model::World,
        panels::{self, processes, traces, witness},
        popups::{self, inspector::Inspector},
        widgets::question,
    },
};
use ratatui::layout::Rect;

impl LabScreen {
    /// Whether a command would do something now.
    pub(crate) fn offers(&self, command: Command, world: &World) -> bool {
        if self.controls.is_some() {
            return self.control_offers(command);
        }
        if let Some(offered) = self.workshop_offers(command) {
            return offered;
        }
        if let Some(offered) = self.recorded_offers(command) {
            return offered;
        }
        let phase = self.run.phase();
        let ready = matches!(self.stage, Stage::Ready(_));
        let rests = ready && matches!(phase, Phase::Predict | Phase::Observed) && !self.run.trying();
        let passed = self.run.outcome().is_some_and(Outcome::passed);
        let index = self.run.index();
        match command {
            Command::Act => {
                rests || ready && matches!(phase, Phase::Gone { .. }) || matches!(self.stage, Stage::Lost(_))
            }
            Command::Tick => ready && phase == Phase::Predict && self.rows() > 0,
            Command::Choose(n) if phase == Phase::Predict => ready && n <= 3,
            Command::Choose(_) => rests && self.page == Page::Why && !self.answered(),
            Command::Hint => rests && !passed && self.run.hints_taken(index) < Rung::ALL.len(),
            Command::Undo => rests && (index > 0 || phase == Phase::Observed || !self.run.tried().is_empty()),
            Command::Controls => ready && self.run.can_try() && !self.run.lab().controls.is_empty(),
            Command::Reset | Command::Jump => ready && phase != Phase::Acting && !self.run.trying(),
            Command::NextStep => rests && !self.at_last(),
            Command::PreviousStep => rests && index > 0,
            Command::ShellInside | Command::ShellBeside => rests,
            Command::EndShell => self.shell.is_some(),
            Command::Inspect => ready && !witness::rows(&self.run).is_empty(),
            Command::Narrower | Command::Wider => !self.panes.zoom && world.size.0 >= panes::SIDE_BY_SIDE,
            Command::Sudo => self.root_may_help(),
            Command::Scope => self.scope_may_help(),
            Command::Recorded => rests && self.recording_offered(),
            Command::Turn
            | Command::Switch(_)
            | Command::TurnBack
            | Command::Preset
            | Command::Goal
            | Command::Measure => self.dial_offers(command),
            _ => true,
        }
    }

    /// The last part of the key under which the footer names a command now.
    pub(crate) fn word(&self, command: Command, world: &World) -> &'static str {
        if self.workshop.is_some() {
            return self.workshop_word(command);
        }
        let passed = self.run.outcome().is_some_and(Outcome::passed);
        match (command, self.run.phase(), self.page) {
            (Command::Accept, ..) => "try_out",
            (Command::Recorded, ..) if self.step_recorded() => "live",
            (Command::Back, ..) if self.step_recorded() && !self.panes.zoom => "live",
            (Command::Act, ..) if matches!(self.stage, Stage::Lost(_)) => "again",
            (Command::Act, ..) if self.more(world) => "page_down",
            (Command::Act, Phase::Observed, Page::Result) if self.recording_offered() => "recorded",
            (Command::Act, Phase::Observed, _) if !passed => "again",
            (Command::Act, Phase::Observed, Page::Result) => "why",
            (Command::Act, Phase::Observed, Page::Why) if self.tried() && !self.answered() => "other_option",
            (Command::Act, Phase::Observed, Page::Why) if !self.answered() => "answer",
            (Command::Act, Phase::Observed, Page::Why) if self.at_last() => "results",
            (Command::Act, Phase::Observed, Page::Why) => "next",
            (Command::Act, Phase::Observed, Page::End) => "back",
            (Command::Act, Phase::Gone { .. }, _) => "again",
            (Command::Choose(_), Phase::Observed, _) => "option",
            (Command::Back, ..) if self.panes.zoom => "unzoom",
            _ => command.name(),
        }
    }

    /// Whether the option under the cursor was chosen already.
    pub(super) fn tried(&self) -> bool {
        self.run.answers(self.run.index()).contains(&self.cursor)
    }

    /// The first option that was not chosen yet.
    pub(super) fn untried(&self) -> usize {
        let tried = self.run.answers(self.run.index());
        (0..self.rows()).find(|option| !tried.contains(option)).unwrap_or_default()
    }

    /// The digits that choose something now.
    pub(crate) fn digits(&self) -> usize {
        if self.run.phase() == Phase::Predict { 3 } else { self.rows() }
    }

    /// Rows to tick or options to choose.
    fn rows(&self) -> usize {
        let Some(step) = self.run.step() else { return 0 };
        match (self.run.phase(), self.page) {
            (Phase::Predict, _) => step.prediction.rows.len(),
            (Phase::Observed, Page::Why) => step.why.options.len(),
            _ => 0,
        }
    }

    /// Up, down and their kind in the focused pane.
    pub(super) fn move_in_pane(&mut self, command: Command, world: &World, out: &mut Vec<Effect>) -> Go {
        let Some(area) = self.area_of(self.panes.focus(), world) else { return Go::Ignored };
        let (height, width) = (usize::from(area.height).max(1), usize::from(area.width));
        let scrolled = |scroll| popups::scrolled(scroll, command, height.saturating_sub(1).max(1));
        let clamp = |scroll: usize, lines: usize| scroll.min(lines.saturating_sub(height));
        if matches!(self.panes.focus(), Pane::Sight(Sight::Dial)) && self.dial_command(command) {
            return Go::Stay;
        }
        match self.panes.focus() {
            Pane::Text => return self.move_in_text(command, area, world),
            Pane::Sight(sight) => {
                let lines = panels::lines(sight, self.view(), world, size(area)).len();
                let scroll = scrolled(self.panes.sight_scroll).unwrap_or(self.panes.sight_scroll);
                self.panes.sight_scroll = clamp(scroll, lines);
            }
            Pane::Witness => {
                let last = witness::rows(&self.run).len().saturating_sub(1);
                self.panes.row = scrolled(self.panes.row).unwrap_or(self.panes.row).min(last);
            }
            Pane::Traces => {
                let lines = traces::lines(self.view(), world, width).len();
                let scroll = scrolled(self.panes.trace_scroll).unwrap_or(self.panes.trace_scroll);
                self.panes.trace_scroll = clamp(scroll, lines);
            }
            Pane::Processes => {
                let lines = processes::lines(&self.run, world, width).len();
                let scroll = scrolled(self.panes.process_scroll).unwrap_or(self.panes.process_scroll);
                self.panes.process_scroll = clamp(scroll, lines);
            }
            Pane::Shell => match command {
                Command::PageUp => out.push(Effect::ScrollShell(area.height.into())),
                Command::PageDown => out.push(Effect::ScrollShell(-i32::from(area.height))),
                _ => return Go::Ignored,
            },
        }
        Go::Stay
    }

    /// Up and down move the cursor where there is one, and else the text.
    fn move_in_text(&mut self, command: Command, area: Rect, world: &World) -> Go {
        let (height, rows) = (usize::from(area.height), self.rows());
        match command {
            Command::Up if rows > 0 => self.cursor = self.cursor.saturating_sub(1),
            Command::Down if rows > 0 => self.cursor = (self.cursor + 1).min(rows - 1),
            _ => {
                let Some(scroll) =
                    popups::scrolled(self.panes.text_scroll, command, height.saturating_sub(2))
                else {
                    return Go::Ignored;
                };
                let lines = self.text(world, usize::from(area.width)).lines.len();
                self.panes.text_scroll = scroll.min(lines.saturating_sub(height));
                return Go::Stay;
            }
        }
        self.show_cursor(world);
        Go::Stay
    }

    /// Whether there is text below that must be seen before the next step forward.
    pub(super) fn more(&self, world: &World) -> bool {
        let reads = matches!(self.run.phase(), Phase::Predict | Phase::Observed) && self.page != Page::Why;
        let Some(area) = self.area_of(Pane::Text, world).filter(|_| reads) else { return false };
        let lines = self.text(world, usize::from(area.width)).lines.len();
        self.panes.text_scroll + usize::from(area.height) < lines
    }

    /// Scrolls the text so that the cursor is seen.
    pub(super) fn show_cursor(&mut self, world: &World) {
        if let Some(area) = self.area_of(Pane::Text, world) {
            let cursor = self.text(world, usize::from(area.width)).cursor;
            self.panes.text_scroll = question::follow(self.panes.text_scroll, cursor, area.height.into());
        }
    }

    /// Scrolls the text on by a screen.
    pub(super) fn page_down(&mut self, world: &World) {
        if let Some(area) = self.area_of(Pane::Text, world) {
            let lines = self.text(world, usize::from(area.width)).lines.len();
            let height = usize::from(area.height);
            let scroll = self.panes.text_scroll + height.saturating_sub(2).max(1);
            self.panes.text_scroll = scroll.min(lines.saturating_sub(height));
        }
    }

    /// Scrolls the text to its end, where a hint appears.
    pub(super) fn show_end(&mut self, world: &World) {
        if let Some(area) = self.area_of(Pane::Text, world) {
            let lines = self.text(world, usize::from(area.width)).lines.len();
            self.panes.text_scroll = lines.saturating_sub(usize::from(area.height));
        }
    }

    /// The selected row of the witness panel up close.
    pub(super) fn inspect(&self, world: &World, out: &mut Vec<Effect>) -> Go {
        match witness::rows(&self.run).get(self.panes.row) {
            Some(row) => Go::Push(Layer::Inspector(Inspector::new(row.fact, row.texts(world.lang), out))),
            None => Go::Stay,
        }
    }

    /// The inside of a pane's frame, while the pane is seen.
    pub(super) fn area_of(&self, pane: Pane, world: &World) -> Option<Rect> {
        let slots = self.panes.slots(self.below_strip(body(world)), self.shell.is_some());
        slots.iter().find(|slot| slot.seen == pane).map(|slot| panes::inner(slot.area, pane))
    }
}

/// The screen without header and footer.
pub(super) const fn body(world: &World) -> Rect {
    Rect { x: 0, y: 1, width: world.size.0, height: world.body_rows() }
}
