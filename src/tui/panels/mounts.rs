//! The root of a process and its overlays, with every layer's directory in full.

use ratatui::text::{Line, Span};

use crate::{
    i18n::t,
    inspect::{Inspection, words},
    tui::{clean, model::World, theme::Role, widgets::wrap},
};

/// The lines of the panel.
pub(crate) fn lines(seen: &Inspection, world: &World, width: usize) -> Vec<Line<'static>> {
    let say = |text: &str, role: Role| wrap::plain(&clean::clean(text), world.theme.style(role), width);
    let mut lines = say(&words::root(seen.root.as_ref(), str::to_owned, world.lang), Role::Plain);
    if seen.overlays.is_empty() {
        lines.extend(say(t(world.lang, "tui.process.no_overlay"), Role::Dim));
    }
    for overlay in &seen.overlays {
        lines.push(Line::default());
        lines.extend(say(&format!("overlay {}", overlay.point), Role::Title));
        for (name, dir) in words::layers(overlay) {
            lines.extend(layer(name, dir, world, width));
        }
    }
    lines
}

/// A layer and its directory, cut wherever the line ends: a path has no better place.
fn layer(name: &str, dir: &str, world: &World, width: usize) -> Vec<Line<'static>> {
    let role = if name == "upper" { Role::Changed } else { Role::Code };
    let cut = wrap::cut(&clean::clean(dir), world.theme.style(role), width.saturating_sub(6));
    let head = |at: usize| if at == 0 { wrap::pad(name, 6) } else { " ".repeat(6) };
    let line = |(at, line): (usize, Line<'static>)| {
        let mut spans = vec![Span::styled(head(at), world.theme.style(Role::Dim))];
        spans.extend(line.spans);
        Line::from(spans)
    };
    cut.into_iter().enumerate().map(line).collect()
}
