//! The processes of the box: the tree as the host numbers it │ what /proc shows inside.

use ratatui::text::{Line, Span};

use crate::{
    i18n::t,
    lab::{
        fact::{Fact, FactId},
        observation::Value,
        run::Run,
    },
    tui::{clean, model::World, theme::Role, widgets::wrap},
};

/// The lines of the panel.
pub(crate) fn lines(run: &Run, world: &World, width: usize) -> Vec<Line<'static>> {
    let list = |id| run.now().and_then(|seen| seen.get(id)).map(rows).unwrap_or_default();
    let (host, inside) = (list(FactId::host(Fact::Processes)), list(FactId::subject(Fact::Processes)));
    let column = width.saturating_sub(2) / 2;
    let style = |role| world.theme.style(role);
    let heads = [t(world.lang, "tui.lab.tree_host"), t(world.lang, "tui.lab.tree_inside")];
    let row = |left: &str, right: &str, role: Role| {
        Line::from(vec![
            Span::styled(wrap::pad(left, column), style(role)),
            Span::styled("│", style(Role::Frame)),
            Span::styled(wrap::fit(right, column), style(role)),
        ])
    };
    let mut lines = vec![row(heads[0], heads[1], Role::Dim)];
    for i in 0..host.len().max(inside.len()) {
        let text = |list: &[String]| list.get(i).cloned().unwrap_or_default();
        lines.push(row(&text(&host), &text(&inside), Role::Plain));
    }
    lines
}

fn rows(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().map(|item| clean::clean(item)).collect(),
        other => vec![clean::clean(&other.short())],
    }
}
