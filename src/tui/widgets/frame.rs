//! Frames, headers and the places of pop-ups.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, BorderType, Borders, Clear, Paragraph},
};

use unicode_width::UnicodeWidthStr;

use super::wrap;
use crate::tui::{model::World, theme::Role};

/// One row at the top: the left part is cut where the right one needs the room.
pub(crate) fn header(left: &str, right: Line<'static>, world: &World, frame: &mut Frame<'_>, area: Rect) {
    let row = Rect { height: 1.min(area.height), ..area };
    let right_width = right.width() as u16;
    let room = usize::from(area.width.saturating_sub(right_width + 2));
    let title = Span::styled(format!(" {}", wrap::fit(left, room)), world.theme.style(Role::Title));
    frame.render_widget(Line::from(title), row);
    let x = area.right().saturating_sub(right_width + 1).max(area.x);
    frame.render_widget(right, Rect { x, width: area.right() - x, ..row });
}

/// A framed pane; gives back what is inside the frame. The focused one is told by a heavier line and by `▸`.
pub(crate) fn pane(title: &str, focused: bool, world: &World, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let role = if focused { Role::FrameFocused } else { Role::Frame };
    let mark = if focused { "▸ " } else { "" };
    let room = usize::from(area.width.saturating_sub(6));
    let title = format!(" {mark}{} ", wrap::fit(title, room));
    let block = Block::new()
        .borders(Borders::ALL)
        .border_type(if focused { BorderType::Thick } else { BorderType::Plain })
        .border_style(world.theme.style(role))
        .title(Span::styled(title, world.theme.style(if focused { Role::Title } else { Role::Dim })));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// The title of panes that share a place: `Witness [Limits] Rights`; where there is no room for all, `[Limits] +2`.
pub(crate) fn tabs(titles: &[String], seen: usize, width: u16) -> String {
    let shown = titles.get(seen).cloned().unwrap_or_default();
    if titles.len() < 2 {
        return shown;
    }
    let tab = |(at, title): (usize, &String)| if at == seen { format!("[{title}]") } else { title.clone() };
    let all = titles.iter().enumerate().map(tab).collect::<Vec<_>>().join(" ");
    if all.width() + 6 > usize::from(width) { format!("[{shown}] +{}", titles.len() - 1) } else { all }
}

/// A pop-up of at most this size in the middle; gives back what is inside its frame.
pub(crate) fn popup(title: &str, size: (u16, u16), world: &World, frame: &mut Frame<'_>, body: Rect) -> Rect {
    let area = middle(size, body);
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, world.theme.style(Role::Plain));
    let inner = pane(title, true, world, frame, area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

fn middle((width, height): (u16, u16), body: Rect) -> Rect {
    let (width, height) = (width.min(body.width), height.min(body.height));
    Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 2, width, height }
}

/// Lines from the one at `scroll` on, and a mark where more follow above or below: on the frame or in the margin at the
/// right, so that it hides no letter.
pub(crate) fn scrolled(
    lines: Vec<Line<'static>>,
    scroll: usize,
    world: &World,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let (count, height) = (lines.len(), usize::from(area.height));
    let scroll = scroll.min(count.saturating_sub(height));
    let shown: Vec<_> = lines.into_iter().skip(scroll).take(height).collect();
    frame.render_widget(Paragraph::new(shown), area);
    let style = world.theme.style(Role::Key);
    let edge = Rect {
        x: area.right().min(frame.area().right().saturating_sub(1)),
        width: 1.min(area.width),
        height: 1.min(area.height),
        ..area
    };
    if scroll > 0 {
        frame.render_widget(Span::styled("↑", style), edge);
    }
    if scroll + height < count {
        frame.render_widget(Span::styled("↓", style), Rect { y: area.bottom().saturating_sub(1), ..edge });
    }
}

/// A bar of `width` columns: `■■■□□`.
pub(crate) fn bar(done: usize, all: usize, width: usize) -> String {
    let full = (done * width).checked_div(all).unwrap_or_default().min(width);
    format!("{}{}", "■".repeat(full), "□".repeat(width - full))
}
