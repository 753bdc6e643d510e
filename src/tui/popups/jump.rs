//! The list of a lab's steps, to go to one of them.

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    i18n::{Text, t},
    tui::{
        compositor::Go,
        keymap::Command,
        model::World,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// A step in the list.
#[derive(Debug)]
pub(crate) struct Row {
    pub title: Text,
    /// Passed, failed, or not yet.
    pub passed: Option<bool>,
}

/// The pop-up.
#[derive(Debug)]
pub(crate) struct Jump {
    rows: Vec<Row>,
    selected: usize,
}

impl Jump {
    pub(crate) const fn new(rows: Vec<Row>, selected: usize) -> Self {
        Self { rows, selected }
    }

    pub(crate) fn command(&mut self, command: Command) -> Go {
        match command {
            Command::Up => self.selected = self.selected.saturating_sub(1),
            Command::Down => self.selected = (self.selected + 1).min(self.rows.len().saturating_sub(1)),
            Command::Accept => return Go::PopTo(self.selected),
            Command::Back => return Go::Pop,
            _ => return Go::Ignored,
        }
        Go::Stay
    }

    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let size = (60, self.rows.len() as u16 + 2);
        let area = frame::popup(t(world.lang, "tui.lab.steps"), size, world, frame, body);
        let line = |(i, row): (usize, &Row)| {
            let mark = match row.passed {
                Some(true) => "✓",
                Some(false) => "✗",
                None => " ",
            };
            let (point, role) = if i == self.selected { ("▸", Role::Selected) } else { (" ", Role::Plain) };
            let text = format!("{point} {mark} {:>2}. {}", i + 1, row.title.get(world.lang));
            Line::styled(wrap::pad(&text, usize::from(area.width)), world.theme.style(role))
        };
        let lines: Vec<_> = self.rows.iter().enumerate().map(line).collect();
        let skip = (self.selected + 1).saturating_sub(usize::from(area.height));
        frame::scrolled(lines, skip, world, frame, area);
    }
}
