//! The rights: what the process may still do, what is covered before its eyes, and every capability on both sides.

use ratatui::text::{Line, Span};

use super::{
    View,
    witness::{self, Columns, Row},
};
use crate::{
    i18n::{Lang, fill, t},
    lab::{
        capability::{self, Capability},
        fact::Fact,
        observation::Value,
    },
    tui::{
        clean,
        model::World,
        theme::Role,
        widgets::wrap::{self, Run},
    },
};

/// Facts with a short answer, each on a line.
const ANSWERS: [Fact; 5] =
    [Fact::Uid, Fact::NoNewPrivs, Fact::Seccomp, Fact::RightsFilters, Fact::RightsReadOnly];
/// Facts with a list, each in a paragraph: those of the inside.
const LISTS: [Fact; 3] = [Fact::RightsMasked, Fact::RightsReadOnlyPaths, Fact::RightsExec];
/// Columns of one capability: the marks of both sides and the name.
const CELL: usize = 21;

/// The lines of the panel.
pub(super) fn lines(view: View<'_>, world: &World, (width, _): (usize, usize)) -> Vec<Line<'static>> {
    let rows = witness::rows_of(view.run, |_| true);
    let of = |fact: Fact| rows.iter().find(|row| row.fact == fact);
    if !ANSWERS.iter().any(|fact| of(*fact).is_some()) {
        return vec![Line::styled(t(world.lang, "tui.lab.nothing_seen"), world.theme.style(Role::Dim))];
    }
    let columns = Columns::of(width);
    let mut lines = vec![columns.head(world)];
    let answers = ANSWERS.iter().filter_map(|fact| of(*fact));
    lines.extend(answers.map(|row| witness::line(row, false, columns, world)));
    lines.extend(LISTS.iter().filter_map(|fact| of(*fact)).flat_map(|row| paragraph(row, world, width)));
    let sets = [Fact::CapEff, Fact::CapPrm, Fact::CapBnd];
    lines.extend(grid(&sets.map(of), world, width));
    lines
}

/// `▲ masked paths: /proc/acpi /proc/keys`
fn paragraph(row: &Row, world: &World, width: usize) -> Vec<Line<'static>> {
    let [_, inside] = row.values();
    let Some(Value::List(items)) = inside else { return Vec::new() };
    let short = |item: &String| clean::clean(item.strip_prefix("CAP_").unwrap_or(item));
    let text = if items.is_empty() {
        t(world.lang, "tui.lab.none").to_owned()
    } else {
        items.iter().map(short).collect::<Vec<_>>().join(" ")
    };
    let (sign, role) = mark(row.changed());
    let head = format!("{sign}{}: ", row.fact.label(world.lang));
    let runs = [Run::new(head, world.theme.style(role)), Run::new(text, world.theme.style(Role::Plain))];
    wrap::wrap(&runs, width).lines
}

const fn mark(changed: bool) -> (&'static str, Role) {
    if changed { ("▲ ", Role::Changed) } else { ("  ", Role::Dim) }
}

/// The three masks of one side.
#[derive(Clone, Copy, Default)]
struct Sets {
    effective: u64,
    permitted: u64,
    bounding: u64,
}

impl Sets {
    fn of(rows: &[Option<&Row>; 3], side: usize) -> Self {
        let [effective, permitted, bounding] = rows.map(|row| {
            let value = row.and_then(|row| row.values().get(side).copied().flatten());
            value.and_then(|value| capability::parse(&value.short())).unwrap_or_default()
        });
        Self { effective, permitted, bounding }
    }

    /// Its strongest set that has a capability: in effect, permitted, in the bounding set alone, none.
    const fn mark(self, one: Capability) -> char {
        let bit = one.bit();
        if self.effective & bit != 0 {
            '●'
        } else if self.permitted & bit != 0 {
            '◐'
        } else if self.bounding & bit != 0 {
            '○'
        } else {
            '·'
        }
    }
}

/// Every capability that there is: the host's mark, the inside's, the name.
fn grid(rows: &[Option<&Row>; 3], world: &World, width: usize) -> Vec<Line<'static>> {
    if rows.iter().all(Option::is_none) {
        return Vec::new();
    }
    let (host, inside) = (Sets::of(rows, 0), Sets::of(rows, 1));
    let (sign, role) = mark(rows.iter().flatten().any(|row| row.changed()));
    let count = |mask: u64| capability::in_mask(mask).count().to_string();
    let [now, ever] = [count(inside.effective), count(inside.bounding)];
    let head = fill(world.lang, "tui.rights.head", &[("held", &now), ("may", &ever)]);
    let mut lines = wrap::plain(&format!("{sign}{head}"), world.theme.style(role), width);
    lines.extend(wrap::plain(legend(world.lang), world.theme.style(Role::Dim), width));
    let across = ((width + 1) / (CELL + 1)).max(2);
    let cell = ((width + 1) / across).saturating_sub(1);
    let down = Capability::ALL.len().div_ceil(across);
    for line in 0..down {
        let column = |at: usize| Capability::ALL.get(at * down + line);
        let cells = (0..across).filter_map(column).flat_map(|one| one_cell(*one, host, inside, cell, world));
        lines.push(Line::from(cells.collect::<Vec<_>>()));
    }
    lines
}

fn legend(lang: Lang) -> &'static str {
    t(lang, "tui.rights.legend")
}

fn one_cell(one: Capability, host: Sets, inside: Sets, width: usize, world: &World) -> [Span<'static>; 2] {
    let style = |role| world.theme.style(role);
    let (left, right) = (host.mark(one), inside.mark(one));
    let role = if left == right { Role::Dim } else { Role::Differs };
    let name = if right == '·' { Role::Dim } else { Role::Plain };
    [
        Span::styled(format!("{left}{right} "), style(role)),
        Span::styled(wrap::pad(one.short(), width.saturating_sub(2)), style(name)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_set_is_shown() {
        let sets = Sets { effective: 1, permitted: 3, bounding: 7 };
        let marks: Vec<_> = Capability::ALL.iter().take(4).map(|one| sets.mark(*one)).collect();
        assert_eq!(marks, ['●', '◐', '○', '·']);
    }
}
