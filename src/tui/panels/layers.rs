//! The X-ray of layers: the trees of an overlay side by side, one row a path, so that a copy, a whiteout or an opaque
//! directory stands beside what it copies or hides; below, where the bytes went and what they cost.

use ratatui::text::Line;

use super::{Pen, View, witness};
use crate::{
    i18n::{fill, t},
    lab::{
        fact::{Fact, FactId},
        layers::Kind,
        observation::{Observation, Value},
        run::Run,
        trace::Trace,
    },
    tui::{clean, model::World, theme::Role, widgets::wrap},
};

mod table;

use table::{Cell, Row, Table};

/// Columns of one tree at the least: `●64.0M`.
const CELL: usize = 6;
/// Columns of a path at the least.
const PATH: usize = 10;

/// The lines of the panel.
pub(super) fn lines(view: View<'_>, world: &World, (width, _): (usize, usize)) -> Vec<Line<'static>> {
    let nothing = || vec![Line::styled(t(world.lang, "tui.layers.nothing"), world.theme.style(Role::Dim))];
    let Some(seen) = witness::shown(view.run) else { return nothing() };
    let table = table::of(seen, view.run.before());
    if table.rows.is_empty() {
        return nothing();
    }
    let panel = Panel { seen, pen: Pen { world, width } };
    let mut lines = panel.stack();
    lines.extend(panel.cost(view.run));
    lines.extend(panel.table(&table));
    lines.extend(panel.pen.say(t(world.lang, "tui.layers.legend"), Role::Dim));
    lines.extend(panel.list("tui.layers.diff", Fact::OverlayDiff));
    lines.extend(panel.list("tui.layers.inodes", Fact::OverlayInodes));
    lines.extend(panel.volume());
    lines.extend(panel.second());
    lines
}

struct Panel<'a> {
    seen: &'a Observation,
    pen: Pen<'a>,
}

impl Panel<'_> {
    fn value(&self, fact: Fact) -> Option<&Value> {
        self.seen.get(FactId::subject(fact))
    }

    fn items(&self, fact: Fact) -> &[String] {
        match self.value(fact) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    /// `lowerdir=lower2:lower1 upperdir=upper`, or that nothing is mounted.
    fn stack(&self) -> Vec<Line<'static>> {
        let options = self.items(Fact::OverlayMount);
        if options.is_empty() {
            return self.pen.say(t(self.pen.world.lang, "tui.layers.unmounted"), Role::Dim);
        }
        self.pen.say(&options.join(" "), Role::Code)
    }

    /// What the step put into upper, and its slowest call.
    fn cost(&self, run: &Run) -> Vec<Line<'static>> {
        let number = |seen: &Observation| seen.get(FactId::subject(Fact::OverlayUpperBytes))?.number();
        let gained = run.before().and_then(number).zip(number(self.seen)).map(|(before, now)| now - before);
        let Some(gained) = gained.and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0)
        else {
            return Vec::new();
        };
        let lang = self.pen.world.lang;
        let mut text = fill(lang, "tui.layers.gained", &[("bytes", &grouped(gained))]);
        if let Some(slowest) = slowest(run) {
            let ms = format!("{}.{:02}", slowest.us / 1000, slowest.us % 1000 / 10);
            text.push_str(&fill(lang, "tui.layers.slowest", &[("call", &slowest.call), ("ms", &ms)]));
        }
        self.pen.say(&text, Role::Changed)
    }

    fn table(&self, table: &Table) -> Vec<Line<'static>> {
        let trees = table.trees.len();
        let room = self.pen.width.saturating_sub(2);
        let cell = (room.saturating_sub(PATH) / trees.max(1)).clamp(CELL, 10);
        let path = room.saturating_sub(cell * trees).max(PATH);
        let mut head = format!("  {}", wrap::pad("", path));
        head.extend(table.trees.iter().map(|tree| wrap::pad(tree, cell)));
        let mut lines = vec![Line::styled(head, self.pen.world.theme.style(Role::Title))];
        lines.extend(table.rows.iter().map(|row| self.row(row, path, cell)));
        if table.more > 0 {
            let more = fill(self.pen.world.lang, "tui.layers.more", &[("more", &table.more)]);
            lines.extend(self.pen.say(&more, Role::Dim));
        }
        lines
    }

    fn row(&self, row: &Row, path: usize, width: usize) -> Line<'static> {
        let depth = row.path.matches('/').count();
        let name = row.path.rsplit('/').next().unwrap_or_default();
        let slash = if row.cells.iter().flatten().any(|cell| cell.kind.is_dir()) { "/" } else { "" };
        let name = clean::clean(&format!("{}{name}{slash}", "  ".repeat(depth)));
        let plain = if row.changed { Role::Changed } else { Role::Plain };
        let mut spans = vec![
            self.pen.span(if row.changed { "▲ " } else { "  " }, plain),
            self.pen.span(wrap::pad(&name, path), plain),
        ];
        for cell in &row.cells {
            let (text, role) = cell.as_ref().map_or_else(|| (String::new(), Role::Dim), said);
            let role = if row.changed && role == Role::Plain { Role::Changed } else { role };
            spans.push(self.pen.span(wrap::pad(&text, width), role));
        }
        Line::from(spans)
    }

    /// A heading and the items of a list below it; nothing where there are none.
    fn list(&self, key: &'static str, fact: Fact) -> Vec<Line<'static>> {
        let items = self.items(fact);
        if items.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![Line::default()];
        lines.extend(self.pen.say(t(self.pen.world.lang, key), Role::Title));
        lines.extend(items.iter().flat_map(|item| self.pen.say(&format!("  {item}"), Role::Plain)));
        lines
    }

    fn volume(&self) -> Vec<Line<'static>> {
        let names = self.items(Fact::OverlayVolume);
        let mode = self.value(Fact::OverlayVolumeMount).map(Value::short).unwrap_or_default();
        if names.is_empty() && mode == "no" {
            return Vec::new();
        }
        let place = if mode == "no" { "—".to_owned() } else { format!("merged/data ({mode})") };
        let names = names.join(" ");
        let text = fill(self.pen.world.lang, "tui.layers.volume", &[("place", &place), ("names", &names)]);
        std::iter::once(Line::default()).chain(self.pen.say(&text, Role::Plain)).collect()
    }

    fn second(&self) -> Vec<Line<'static>> {
        if self.items(Fact::OverlaySecond).is_empty() {
            return Vec::new();
        }
        let number = |fact| self.value(fact).and_then(Value::number).unwrap_or_default();
        let text = fill(
            self.pen.world.lang,
            "tui.layers.second",
            &[
                ("changes", &self.items(Fact::OverlayUpper2).len()),
                ("mapped", &number(Fact::OverlayPagesMapped)),
                ("held", &number(Fact::OverlayPagesHeld)),
            ],
        );
        std::iter::once(Line::default()).chain(self.pen.say(&text, Role::Plain)).collect()
    }
}

/// The slowest call of the step that the program made.
fn slowest(run: &Run) -> Option<&Trace> {
    run.outcome()?.traces.iter().filter(|trace| trace.call != "mount").max_by_key(|trace| trace.us)
}

/// A cell, and in which role.
fn said(cell: &Cell) -> (String, Role) {
    let read = if cell.seen { "●" } else { " " };
    match cell.kind {
        Kind::Dir => (" dir".to_owned(), Role::Dim),
        Kind::Opaque => ("⊘dir".to_owned(), Role::Differs),
        Kind::Redirect => ("→dir".to_owned(), Role::Differs),
        Kind::Whiteout => ("✗ 0,0".to_owned(), Role::Differs),
        Kind::Metacopy => (format!("{read}meta"), Role::Differs),
        Kind::Link => (format!("{read}link"), Role::Plain),
        Kind::Special => (format!("{read}dev"), Role::Plain),
        Kind::File => (format!("{read}{}", short(cell.size)), Role::Plain),
    }
}

/// `10`, `64.0K`, `8.0M`.
fn short(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1024 => bytes.to_string(),
        1024..1_048_576 => format!("{}K", tenths(1024)),
        _ => format!("{}M", tenths(1_048_576)),
    }
}

/// `67 108 870`: every digit counts where six of them are the point.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_numbers_are_grouped() {
        for (bytes, text) in [(0, "0"), (1023, "1023"), (65536, "64.0K"), (67_108_870, "64.0M")] {
            assert_eq!(short(bytes), text);
        }
        assert_eq!(grouped(67_108_870), "67\u{a0}108\u{a0}870");
        assert_eq!(grouped(6), "6");
    }
}
