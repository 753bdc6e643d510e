//! The help: every key of the screen below, from the same table that the keys are looked up in.

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

/// Columns and rows of the pop-up at most.
const SIZE: (u16, u16) = (74, 34);

/// The pop-up.
#[derive(Debug)]
pub(crate) struct Help {
    /// Each with the last part of the key under which the layer below names it.
    bindings: Vec<(Binding, &'static str)>,
    scroll: usize,
}

impl Help {
    pub(crate) fn new(below: &Layer, world: &World) -> Self {
        let offered = bindings(below.context(world)).filter(|b| below.offers(b.command, world));
        let worded = offered.map(|b| (*b, below.word(b.command, world)));
        Self { bindings: worded.collect(), scroll: 0 }
    }

    pub(crate) fn command(&mut self, command: Command, world: &World) -> Go {
        let rows = usize::from(SIZE.1.min(world.body_rows())).saturating_sub(3);
        let last = self.lines(world, usize::from(SIZE.0) - 4).len().saturating_sub(rows);
        let Some(scroll) = super::scrolled(self.scroll, command, rows) else {
            return if command == Command::Back { Go::Pop } else { Go::Ignored };
        };
        self.scroll = scroll.min(last);
        Go::Stay
    }

    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let width = usize::from(SIZE.0.min(body.width)) - 4;
        let lines = self.lines(world, width);
        let size = (SIZE.0, SIZE.1.min(lines.len() as u16 + 2));
        let area = frame::popup(t(world.lang, "tui.help.title"), size, world, frame, body);
        frame::scrolled(lines, self.scroll, world, frame, area);
    }

    fn lines(&self, world: &World, width: usize) -> Vec<Line<'static>> {
        let keys = |b: &Binding| b.keys.iter().map(|k| k.label()).collect::<Vec<_>>().join("  ");
        let named = |(b, _): &&(Binding, &'static str)| {
            !matches!(b.command, Command::Choose(2..) | Command::Switch(2..) | Command::Seed(1..))
        };
        let column = self.bindings.iter().map(|(b, _)| keys(b).width()).max().unwrap_or_default().min(24) + 2;
        let mut lines = Vec::new();
        for (binding, word) in self.bindings.iter().filter(named) {
            let find = |key: String| i18n::find(world.lang, &key);
            let what = find(format!("tui.exercise.{word}"))
                .or_else(|| find(format!("tui.do.{}", binding.command.name())))
                .unwrap_or_default();
            let keys = match binding.command {
                Command::Choose(_) => "1 … 5".to_owned(),
                Command::Seed(_) => "0 … 9".to_owned(),
                Command::Switch(_) => "1 … 9".to_owned(),
                _ => keys(binding),
            };
            let about = wrap::plain(what, world.theme.style(Role::Plain), width.saturating_sub(column));
            for (i, mut line) in about.into_iter().enumerate() {
                let keys = if i == 0 { keys.as_str() } else { "" };
                line.spans.insert(0, Span::styled(wrap::pad(keys, column), world.theme.style(Role::Key)));
                lines.push(line);
            }
        }
        lines.push(Line::default());
        lines.extend(wrap::plain(t(world.lang, "tui.help.mouse"), world.theme.style(Role::Dim), width));
        lines
    }
}
