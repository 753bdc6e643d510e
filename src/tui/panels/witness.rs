//! The witness panel: one row a fact, the host's value │ the inside's, equal rows `=` and differing ones `≠`, rows that
//! changed in this step first, under a heading and with `▲`.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    i18n::{Lang, t},
    lab::{
        fact::{Fact, FactId},
        observation::{Observation, Value},
        run::Run,
    },
    tui::{
        clean,
        model::World,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// One fact from both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub fact: Fact,
    host: Option<Value>,
    inside: Option<Value>,
    group: Group,
}

/// Why a row stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// It changed in this step.
    Changed,
    /// The student is asked about it.
    Asked,
    Other,
}

impl Row {
    /// The values as text: host, inside.
    pub(crate) fn texts(&self, lang: Lang) -> [String; 2] {
        [&self.host, &self.inside].map(|value| match value.as_ref().map(|v| clean::clean(&v.short())) {
            None => "—".to_owned(),
            Some(text) if text.is_empty() => t(lang, "tui.lab.none").to_owned(),
            Some(text) => self.fact.say(&text, lang),
        })
    }

    /// The values: host, inside.
    pub(super) const fn values(&self) -> [Option<&Value>; 2] {
        [self.host.as_ref(), self.inside.as_ref()]
    }

    /// Whether it changed in this step.
    pub(super) fn changed(&self) -> bool {
        self.group == Group::Changed
    }

    /// Whether the sides see different things; none where only one of them is asked.
    fn differs(&self) -> Option<bool> {
        let (host, inside) = (self.host.as_ref()?, self.inside.as_ref()?);
        // A number that moves by itself was read on both sides, one after the other.
        if let (true, Some(a), Some(b)) = (self.fact.live(), host.number(), inside.number())
            && a != b
            && a.abs_diff(b).saturating_mul(100) < a.unsigned_abs().max(b.unsigned_abs())
        {
            return None;
        }
        Some(host != inside)
    }
}

/// Whether what is shown is what the student's shell has brought about, and not the subject.
pub(crate) fn of_hand(run: &Run) -> bool {
    match run.outcome() {
        Some(outcome) => outcome.by_hand,
        None => run.hand().is_some_and(|(_, changed)| !changed.is_empty()),
    }
}

/// What is shown of a run, and the rows that changed in this step.
fn seen(run: &Run) -> Option<(&Observation, Vec<FactId>)> {
    match (run.outcome(), run.hand()) {
        (Some(outcome), _) if outcome.by_hand => Some((&outcome.after, outcome.changed.clone())),
        // what was rolled back may have left another process, but it changed nothing
        (Some(outcome), _) if outcome.failure.is_some() => Some((run.now()?, tried(run))),
        (Some(outcome), _) => {
            let changed = outcome.changed.iter().copied().chain(tried(run)).collect();
            Some((run.now()?, changed))
        }
        (None, Some((hand, changed))) if !changed.is_empty() => Some((hand, changed)),
        (None, _) => Some((run.now()?, run.changed())),
    }
}

/// What is shown of a run: the student's shell where it has brought something about, the subject otherwise.
pub(super) fn shown(run: &Run) -> Option<&Observation> {
    seen(run).map(|(seen, _)| seen)
}

/// The rows that the last try-out has changed.
fn tried(run: &Run) -> Vec<FactId> {
    run.tried().last().map(|tried| tried.changed.clone()).unwrap_or_default()
}

/// The rows in the order in which they are shown.
pub(crate) fn rows(run: &Run) -> Vec<Row> {
    let sights = &run.lab().sights;
    let looked_at = |fact: Fact| sights.contains(&fact.sight());
    let mut rows = all_rows(run);
    rows.retain(|row| !row.fact.live() && (looked_at(row.fact) || row.group != Group::Other));
    rows.sort_by_key(|row| row.group);
    rows
}

/// The rows of some facts, in the order of the list.
pub(super) fn rows_of(run: &Run, wanted: impl Fn(Fact) -> bool) -> Vec<Row> {
    let mut rows = all_rows(run);
    rows.retain(|row| wanted(row.fact));
    rows
}

fn all_rows(run: &Run) -> Vec<Row> {
    let Some((seen, changed)) = seen(run) else { return Vec::new() };
    let asked = run.step().map_or(&[][..], |step| &step.prediction.rows);
    let has = |ids: &[FactId], fact: Fact| ids.iter().any(|id| id.fact == fact);
    let row = |fact: &Fact| {
        let (host, inside) =
            (seen.get(FactId::host(*fact)).cloned(), seen.get(FactId::subject(*fact)).cloned());
        let group = if has(&changed, *fact) {
            Group::Changed
        } else if has(asked, *fact) {
            Group::Asked
        } else {
            Group::Other
        };
        (host.is_some() || inside.is_some()).then_some(Row { fact: *fact, host, inside, group })
    };
    Fact::ALL.iter().filter_map(row).collect()
}

/// A line of the panel: a heading or a row.
enum Item<'a> {
    Heading(Group),
    Row(usize, &'a Row),
}

fn items(rows: &[Row]) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut last = None;
    let grouped = rows.first().is_some_and(|row| row.group != Group::Other);
    for (i, row) in rows.iter().enumerate() {
        if grouped && last != Some(row.group) {
            items.push(Item::Heading(row.group));
            last = Some(row.group);
        }
        items.push(Item::Row(i, row));
    }
    items
}

/// Lines that are left out at the top so that the selected row is seen, its heading too where there is room.
fn skipped(items: &[Item<'_>], selected: usize, height: usize) -> usize {
    let line = items.iter().position(|item| matches!(item, Item::Row(i, _) if *i == selected));
    (line.unwrap_or_default() + 1).saturating_sub(height)
}

/// The row at a line of the panel (the first line is the head).
pub(crate) fn row_at(run: &Run, selected: usize, line: usize, height: usize) -> Option<usize> {
    let rows = rows(run);
    let items = items(&rows);
    let skip = skipped(&items, selected, height.saturating_sub(1));
    match items.get(line.checked_sub(1)? + skip)? {
        Item::Row(i, _) => Some(*i),
        Item::Heading(_) => None,
    }
}

/// Draws it; the row that was selected last is in view, and marked where the panel has the keys.
pub(crate) fn draw(
    run: &Run,
    (row, focused): (usize, bool),
    world: &World,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let rows = rows(run);
    if rows.is_empty() {
        let nothing = Line::styled(t(world.lang, "tui.lab.nothing_seen"), world.theme.style(Role::Dim));
        frame.render_widget(nothing, Rect { height: 1.min(area.height), ..area });
        return;
    }
    let columns = Columns::of(usize::from(area.width));
    frame.render_widget(columns.head(world), Rect { height: 1.min(area.height), ..area });
    let list = Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(1), ..area };
    let items = items(&rows);
    let skip = skipped(&items, row, usize::from(list.height));
    let lines = items
        .iter()
        .map(|item| match item {
            Item::Heading(group) => heading(*group, world),
            Item::Row(i, shown) => line(shown, focused && row == *i, columns, world),
        })
        .collect();
    frame::scrolled(lines, skip, world, frame, list);
}

fn heading(group: Group, world: &World) -> Line<'static> {
    let (mark, key, role) = match group {
        Group::Changed => ("▲ ", "tui.lab.changed", Role::Changed),
        Group::Asked => ("? ", "tui.lab.asked", Role::Title),
        Group::Other => ("", "tui.lab.unchanged", Role::Dim),
    };
    Line::styled(format!("{mark}{}", t(world.lang, key)), world.theme.style(role))
}

pub(super) fn line(row: &Row, selected: bool, columns: Columns, world: &World) -> Line<'static> {
    let style = |role| world.theme.style(role);
    let [host, inside] = row.texts(world.lang);
    let changed = row.group == Group::Changed;
    let mark = match (changed, row.differs()) {
        (true, _) => "▲ ",
        (false, Some(true)) => "≠ ",
        (false, Some(false)) => "= ",
        (false, None) => "  ",
    };
    let label = row.fact.label(world.lang);
    if selected {
        return Line::styled(columns.line(mark, label, &host, &inside), style(Role::Selected));
    }
    let role = match (changed, row.differs()) {
        (true, _) => Role::Changed,
        (false, Some(true)) => Role::Plain,
        (false, _) => Role::Dim,
    };
    let value = if !changed && row.differs() == Some(true) { Role::Differs } else { role };
    Line::from(vec![
        Span::styled(mark, style(value)),
        Span::styled(wrap::pad(label, columns.label), style(role)),
        Span::styled(format!(" {}", wrap::pad(&host, columns.value)), style(role)),
        Span::styled("│", style(Role::Frame)),
        Span::styled(wrap::fit(&inside, columns.value), style(value)),
    ])
}

/// Widths of the columns of a table host │ inside.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    label: usize,
    value: usize,
}

impl Columns {
    pub(super) fn of(width: usize) -> Self {
        let room = width.saturating_sub(4);
        // an inode of a namespace has ten digits
        let label = (room * 2 / 5).clamp(19, 30).min(room.saturating_sub(2 * 10).max(8));
        Self { label, value: room.saturating_sub(label) / 2 }
    }

    /// What stands above them.
    pub(super) fn head(self, world: &World) -> Line<'static> {
        let head = self.line("  ", "", t(world.lang, "tui.lab.host"), t(world.lang, "tui.lab.inside"));
        Line::styled(head, world.theme.style(Role::Dim))
    }

    fn line(self, mark: &str, label: &str, host: &str, inside: &str) -> String {
        let (label, host) = (wrap::pad(label, self.label), wrap::pad(host, self.value));
        format!("{mark}{label} {host}│{}", wrap::pad(inside, self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_19_columns_at_the_least() {
        // 80 columns: the text has 35 of them, the frame two
        assert_eq!(Columns::of(80 - 35 - 2).label, 19);
        assert!((39..200).all(|width| Columns::of(width).label >= 15), "narrower terminals cut");
    }

    #[test]
    fn a_number_that_moves_while_it_is_read_is_not_called_different() {
        let row = |fact, host, inside| {
            let number = |n| Some(Value::Number(n));
            Row { fact, host: number(host), inside: number(inside), group: Group::Other }.differs()
        };
        assert_eq!(row(Fact::DiskFree, 33_213, 33_218), None);
        assert_eq!(row(Fact::DiskFree, 33_213, 33_213), Some(false));
        assert_eq!(row(Fact::DiskFree, 33_213, 64), Some(true));
        assert_eq!(row(Fact::MemTotal, 24_105, 24_104), Some(true), "the machine's does not move");
    }
}
