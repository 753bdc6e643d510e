//! Drawing the lab.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    LabScreen, Pane, Stage,
    panes::{Slot, inner},
};
use crate::{
    i18n::{fill, t},
    pty,
    stage::protocol::ShellPlace,
    tui::{
        model::World,
        panels::{self, View, processes, traces, witness},
        theme::{Role, Theme},
        widgets::{frame, terminal},
    },
};

impl LabScreen {
    pub(crate) fn draw(&self, world: &World, shell: Option<&pty::Screen>, frame: &mut Frame<'_>, body: Rect) {
        let (number, all) = (self.run.index() + 1, self.run.lab().steps.len());
        let step = self.run.step().map_or("", |step| step.title.get(world.lang));
        let count = fill(world.lang, "tui.lab.step", &[("number", &number), ("all", &all)]);
        let title = format!("{} · {count} · {step}", self.run.lab().title.get(world.lang));
        let title = self.workshop_title(world.lang).unwrap_or(title);
        frame::header(&title, self.badge(world), world, frame, body);
        let area = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
        self.strip(world, frame, area);
        let area = self.below_strip(area);
        for slot in self.panes.slots(area, self.shell.is_some()) {
            let inside = self.frame(&slot, world, frame);
            self.draw_pane(slot.seen, world, frame, inside);
            if let (Pane::Shell, Some(screen)) = (slot.seen, shell) {
                let focused = self.panes.focus() == Pane::Shell;
                terminal::draw(screen, focused, world.theme == Theme::Mono, frame, inside);
            }
        }
        self.draw_controls(world, frame, area);
    }

    /// LIVE or LIVE (root): whatever is seen is seen on this machine, now.
    fn badge(&self, world: &World) -> Line<'static> {
        let text = match &self.stage {
            _ if self.playback.is_some() => "tui.badge.recorded",
            Stage::Starting => "tui.badge.starting",
            Stage::Lost(_) => "tui.badge.lost",
            Stage::Ready(host) if host.uid == 0 => "tui.badge.root",
            Stage::Ready(_) => "tui.badge.live",
        };
        let role = if matches!(self.stage, Stage::Lost(_)) { Role::Bad } else { Role::Badge };
        Line::from(Span::styled(format!(" {} ", t(world.lang, text)), world.theme.style(role)))
    }

    fn frame(&self, slot: &Slot, world: &World, frame: &mut Frame<'_>) -> Rect {
        let title = |pane: &Pane| {
            if *pane == slot.seen { self.title(*pane, world) } else { t(world.lang, pane.title()).to_owned() }
        };
        let titles: Vec<String> = slot.panes.iter().map(title).collect();
        let seen = slot.panes.iter().position(|pane| *pane == slot.seen).unwrap_or_default();
        let title = frame::tabs(&titles, seen, slot.area.width);
        let focused = slot.seen == self.panes.focus();
        frame::pane(&title, focused, world, frame, slot.area);
        inner(slot.area, slot.seen)
    }

    /// What the panels look at.
    pub(super) const fn view(&self) -> View<'_> {
        View { run: &self.run, history: &self.history, dial: self.dial.as_ref() }
    }

    fn title(&self, pane: Pane, world: &World) -> String {
        let key = match (pane, self.shell.map(|shell| shell.place)) {
            (Pane::Shell, Some(ShellPlace::Inside)) => "tui.lab.shell_inside",
            (Pane::Shell, Some(ShellPlace::Beside)) => "tui.lab.shell_beside",
            (Pane::Witness, Some(_)) if witness::of_hand(&self.run) => "tui.lab.witness_hand",
            _ => pane.title(),
        };
        t(world.lang, key).to_owned()
    }

    fn draw_pane(&self, pane: Pane, world: &World, frame: &mut Frame<'_>, area: Rect) {
        let width = usize::from(area.width);
        let focused = self.panes.focus() == pane;
        match pane {
            Pane::Text => {
                let lines = self.text(world, width).lines;
                frame::scrolled(lines, self.panes.text_scroll, world, frame, area);
            }
            Pane::Sight(sight) => {
                let lines = panels::lines(sight, self.view(), world, size(area));
                frame::scrolled(lines, self.panes.sight_scroll, world, frame, area);
            }
            Pane::Witness => witness::draw(&self.run, (self.panes.row, focused), world, frame, area),
            Pane::Traces => {
                let lines = traces::lines(self.view(), world, width);
                frame::scrolled(lines, self.panes.trace_scroll, world, frame, area);
            }
            Pane::Processes => {
                let lines = processes::lines(&self.run, world, width);
                frame::scrolled(lines, self.panes.process_scroll, world, frame, area);
            }
            Pane::Shell => {}
        }
    }
}

/// Columns, rows.
pub(super) fn size(area: Rect) -> (usize, usize) {
    (area.width.into(), area.height.into())
}
