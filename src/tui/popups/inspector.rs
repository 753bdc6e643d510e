//! One row of the witness panel up close: one sentence, where it is read, and the raw bytes that stand there.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    i18n::{fill, t},
    lab::fact::{Fact, FactId, Side},
    stage::protocol::Request,
    tui::{
        clean,
        compositor::Go,
        effect::Effect,
        keymap::Command,
        model::World,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// The source of a fact, as the stage read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub fact: FactId,
    pub source: String,
    pub text: String,
}

/// The pop-up.
#[derive(Debug)]
pub(crate) struct Inspector {
    fact: Fact,
    side: Side,
    /// The values of the row: host, inside.
    values: [String; 2],
    raw: Option<Raw>,
    scroll: usize,
}

impl Inspector {
    /// Opens it on the inside of a row and asks for its bytes.
    pub(crate) fn new(fact: Fact, values: [String; 2], out: &mut Vec<Effect>) -> Self {
        let inspector = Self { fact, side: Side::Subject, values, raw: None, scroll: 0 };
        out.push(Effect::Ask(Request::Raw { fact: inspector.id() }));
        inspector
    }

    const fn id(&self) -> FactId {
        FactId { fact: self.fact, side: self.side }
    }

    /// Bytes have arrived.
    pub(crate) fn arrived(&mut self, raw: Raw) {
        if raw.fact == self.id() {
            self.raw = Some(raw);
        }
    }

    pub(crate) fn command(&mut self, command: Command, world: &World, out: &mut Vec<Effect>) -> Go {
        let rows = usize::from(world.body_rows()) / 2;
        match command {
            Command::OtherSide => {
                self.side = if self.side == Side::Host { Side::Subject } else { Side::Host };
                self.raw = None;
                self.scroll = 0;
                out.push(Effect::Ask(Request::Raw { fact: self.id() }));
            }
            Command::Back => return Go::Pop,
            _ => match super::scrolled(self.scroll, command, rows) {
                Some(scroll) => {
                    let lines = self.raw.as_ref().map_or(0, |raw| raw.text.lines().count());
                    self.scroll = scroll.min(lines.saturating_sub(1));
                }
                None => return Go::Ignored,
            },
        }
        Go::Stay
    }

    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let width = usize::from(body.width.saturating_sub(4).min(92));
        let mut lines = self.head(world, width - 4);
        let source = self
            .raw
            .as_ref()
            .map_or_else(|| self.fact.source(self.side).to_owned(), |r| clean::clean(&r.source));
        lines.push(Line::from(vec![
            Span::styled(
                fill(world.lang, "tui.inspector.source", &[("source", &"")]),
                world.theme.style(Role::Dim),
            ),
            Span::styled(source, world.theme.style(Role::Code)),
        ]));
        let raw = match &self.raw {
            None => vec![Line::styled(t(world.lang, "tui.inspector.reading"), world.theme.style(Role::Dim))],
            Some(raw) => clean::clean_lines(&raw.text)
                .iter()
                .skip(self.scroll)
                .flat_map(|line| wrap::cut(&format!("│ {line}"), world.theme.style(Role::Code), width - 4))
                .collect(),
        };
        lines.extend(raw);
        let size = (width as u16, lines.len() as u16 + 2);
        let seen_from =
            t(world.lang, if self.side == Side::Host { "tui.lab.host" } else { "tui.lab.inside" });
        let title = format!("{} · {seen_from}", self.fact.label(world.lang));
        let area = frame::popup(&title, size, world, frame, body);
        frame::scrolled(lines, 0, world, frame, area);
    }

    fn head(&self, world: &World, width: usize) -> Vec<Line<'static>> {
        let mut lines = wrap::plain(self.fact.about(world.lang), world.theme.style(Role::Plain), width);
        lines.push(Line::default());
        let [host, inside] = &self.values;
        for (key, value) in [("tui.lab.host", host), ("tui.lab.inside", inside)] {
            let text = format!("{}: {value}", t(world.lang, key));
            lines.extend(wrap::plain(&text, world.theme.style(Role::Strong), width));
        }
        lines.push(Line::default());
        lines
    }
}
