//! The facts of one sight, host │ inside, in the order of the list, those that move by themselves too; below a number that
//! has moved, its past.

use ratatui::text::{Line, Span};

use super::{View, witness};
use crate::{
    i18n::t,
    lab::{
        fact::{Fact, FactId},
        sight::Sight,
    },
    tui::{model::World, theme::Role, widgets::spark},
};

/// The lines of the panel.
pub(super) fn lines(
    sight: Sight,
    view: View<'_>,
    world: &World,
    (width, _): (usize, usize),
) -> Vec<Line<'static>> {
    let rows = witness::rows_of(view.run, |fact| fact.shown_in(sight));
    if rows.is_empty() {
        return vec![Line::styled(t(world.lang, "tui.lab.nothing_seen"), world.theme.style(Role::Dim))];
    }
    let columns = witness::Columns::of(width);
    let mut lines = vec![columns.head(world)];
    for row in &rows {
        lines.push(witness::line(row, false, columns, world));
        lines.extend(past(row.fact, view, world, width));
    }
    lines
}

/// The past of a number that has moved: the subject's, or else the host's.
fn past(fact: Fact, view: View<'_>, world: &World, width: usize) -> Option<Line<'static>> {
    let moved = |id: &FactId| view.history.moved(*id);
    let id = [FactId::subject(fact), FactId::host(fact)].into_iter().find(moved)?;
    let text = spark::line(view.history.of(id), None, width.saturating_sub(4));
    Some(Line::from(Span::styled(format!("    {text}"), world.theme.style(Role::Code))))
}
