//! A question with options: the cursor, what was chosen, and why it is right or what it mistakes.

use ratatui::text::Line;

use super::wrap::{self, Run};
use crate::{
    course::markdown,
    i18n,
    lab::step::Question,
    tui::{
        model::World,
        theme::Role,
        widgets::prose::{self, Look},
    },
};

/// The lines of a question, and the range of those that the cursor is on.
pub(crate) struct Laid {
    pub lines: Vec<Line<'static>>,
    pub cursor: (usize, usize),
}

/// Lays it out. `chosen` are the options that were tried, in order.
pub(crate) fn layout(
    question: &Question,
    cursor: usize,
    chosen: &[usize],
    world: &World,
    width: usize,
) -> Laid {
    let style = |role| world.theme.style(role);
    let mut laid = Laid { lines: text(question.text.get(world.lang), world, width), cursor: (0, 0) };
    laid.lines.push(Line::default());
    for (i, option) in question.options.iter().enumerate() {
        let from = laid.lines.len();
        let tried = chosen.contains(&i);
        let (mark, role) = match (tried, option.right) {
            (true, true) => ("✓", Role::Good),
            (true, false) => ("✗", Role::Bad),
            (false, _) => ("○", Role::Plain),
        };
        let point = if i == cursor { "▸" } else { " " };
        let mut body = text(option.text.get(world.lang), world, width.saturating_sub(6));
        if tried {
            let key = if option.right { "tui.question.right" } else { "tui.question.wrong" };
            let because = option.because.get(world.lang);
            let verdict = Run::new(format!("{} ", i18n::t(world.lang, key)), style(role));
            let plain = Run::new(prose::text_of_fragment(because), style(Role::Plain));
            body.extend(wrap::wrap(&[verdict, plain], width.saturating_sub(6)).lines);
        }
        let head = format!("{point} {mark} {} ", i + 1);
        let role = if i == cursor && !tried { Role::Key } else { role };
        for (n, line) in body.iter_mut().enumerate() {
            let mark = if n == 0 { head.clone() } else { " ".repeat(6) };
            line.spans.insert(0, ratatui::text::Span::styled(mark, style(role)));
        }
        laid.lines.extend(body);
        if i == cursor {
            laid.cursor = (from, laid.lines.len());
        }
    }
    laid
}

/// A short Markdown text as lines.
pub(crate) fn text(source: &str, world: &World, width: usize) -> Vec<Line<'static>> {
    let look = Look { width, theme: world.theme, focus: None };
    prose::layout(&markdown::fragment(source).blocks, look).lines
}

/// The scroll that keeps a range of lines in a view of `height`, moved as little as possible.
pub(crate) fn follow(scroll: usize, (from, to): (usize, usize), height: usize) -> usize {
    scroll.max(to.saturating_sub(height)).min(from)
}
