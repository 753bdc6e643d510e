//! The command palette: everything that can be done now, found by a part of its name.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    i18n::{self, t},
    tui::{
        compositor::{Go, Layer},
        keymap::{Binding, Command, bindings},
        model::World,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// Columns and rows at most.
const SIZE: (u16, u16) = (64, 16);

/// The pop-up.
#[derive(Debug)]
pub(crate) struct Palette {
    bindings: Vec<Binding>,
    typed: String,
    selected: usize,
}

impl Palette {
    pub(crate) fn new(below: &Layer, world: &World) -> Self {
        let dull = |command| {
            matches!(
                command,
                Command::Palette
                    | Command::Up
                    | Command::Down
                    | Command::Left
                    | Command::Right
                    | Command::Choose(_)
                    | Command::Switch(_)
                    | Command::Seed(_)
                    | Command::Tick
            )
        };
        let offered =
            bindings(below.context(world)).filter(|b| below.offers(b.command, world) && !dull(b.command));
        Self { bindings: offered.copied().collect(), typed: String::new(), selected: 0 }
    }

    /// A typed character.
    pub(crate) fn write(&mut self, c: char) {
        self.typed.push(c);
        self.selected = 0;
    }

    pub(crate) fn command(&mut self, command: Command, world: &World) -> Go {
        let found = self.found(world);
        match command {
            Command::Up => self.selected = self.selected.saturating_sub(1),
            Command::Down => self.selected = (self.selected + 1).min(found.len().saturating_sub(1)),
            Command::Erase => {
                self.typed.pop();
                self.selected = 0;
            }
            Command::Accept => {
                return found.get(self.selected).map_or(Go::Stay, |(_, b)| Go::PopThen(b.command));
            }
            Command::Back => return Go::Pop,
            _ => return Go::Ignored,
        }
        Go::Stay
    }

    /// The commands whose names contain every typed word.
    fn found(&self, world: &World) -> Vec<(&'static str, &Binding)> {
        let typed = self.typed.to_lowercase();
        let name =
            |b: &Binding| i18n::find(world.lang, &format!("tui.do.{}", b.command.name())).unwrap_or_default();
        let fits = |name: &str| {
            let name = name.to_lowercase();
            typed.split_whitespace().all(|word| name.contains(word))
        };
        self.bindings.iter().map(|b| (name(b), b)).filter(|(name, _)| fits(name)).collect()
    }

    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let area = frame::popup(t(world.lang, "tui.palette.title"), SIZE, world, frame, body);
        let style = |role| world.theme.style(role);
        let mut lines = vec![
            Line::styled(format!("> {}▏", self.typed), style(Role::Key)),
            Line::styled("─".repeat(usize::from(area.width)), style(Role::Frame)),
        ];
        let found = self.found(world);
        if found.is_empty() {
            lines.push(Line::styled(t(world.lang, "tui.palette.nothing"), style(Role::Dim)));
        }
        let rows = usize::from(area.height).saturating_sub(2);
        let skip = (self.selected + 1).saturating_sub(rows);
        for (i, (name, binding)) in found.iter().enumerate().skip(skip).take(rows) {
            let key = binding.keys.first().map(|k| k.label()).unwrap_or_default();
            let width = usize::from(area.width).saturating_sub(key.width() + 4);
            let mark = if i == self.selected { "▸" } else { " " };
            let left = format!("{mark} {} ", wrap::pad(name, width));
            lines.push(if i == self.selected {
                Line::styled(left + &key + " ", style(Role::Selected))
            } else {
                Line::from(vec![Span::styled(left, style(Role::Plain)), Span::styled(key, style(Role::Key))])
            });
        }
        frame::scrolled(lines, 0, world, frame, area);
    }
}
