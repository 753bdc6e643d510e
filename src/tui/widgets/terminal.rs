//! The student's shell: the cells of its screen, put where the pane is.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::{Color, Modifier, Style},
};

use crate::pty::{self, Attributes, Cell, Screen};

/// Draws the part of the screen that fits; `plain` leaves colours out; the cursor is shown where the pane is focused.
pub(crate) fn draw(screen: &Screen, focused: bool, plain: bool, frame: &mut Frame<'_>, area: Rect) {
    let (rows, columns) = screen.size();
    let buffer = frame.buffer_mut();
    for row in 0..rows.min(area.height) {
        for column in 0..columns.min(area.width) {
            let Some(cell) = screen.cell(row, column) else { continue };
            let Some(target) = buffer.cell_mut((area.x + column, area.y + row)) else { continue };
            // the second half of a wide character belongs to the first; a wide one that is cut in half is not drawn
            let cut = cell.wide && column + 1 >= area.width;
            let text = if cell.text.is_empty() || cut { " " } else { cell.text };
            if !cell.continuation {
                target.set_symbol(text);
            }
            target.set_style(style(cell, plain));
        }
    }
    if let Some(cursor) = screen.cursor().filter(|c| focused && c.row < area.height && c.col < area.width) {
        frame.set_cursor_position(Position::new(area.x + cursor.col, area.y + cursor.row));
    }
}

fn style(cell: Cell<'_>, plain: bool) -> Style {
    let modifiers = [
        (Attributes::BOLD, Modifier::BOLD),
        (Attributes::DIM, Modifier::DIM),
        (Attributes::ITALIC, Modifier::ITALIC),
        (Attributes::UNDERLINE, Modifier::UNDERLINED),
        (Attributes::INVERSE, Modifier::REVERSED),
    ];
    let modifier = modifiers
        .into_iter()
        .filter(|(attribute, _)| cell.attributes.has(*attribute))
        .fold(Modifier::empty(), |all, (_, modifier)| all.union(modifier));
    let style = Style::new().add_modifier(modifier);
    if plain { style } else { style.patch(colors(cell)) }
}

/// A default colour leaves the theme's.
fn colors(cell: Cell<'_>) -> Style {
    let color = |color| match color {
        pty::Color::Default => None,
        pty::Color::Indexed(index) => Some(Color::Indexed(index)),
        pty::Color::Rgb(r, g, b) => Some(Color::Rgb(r, g, b)),
    };
    Style { fg: color(cell.fg), bg: color(cell.bg), ..Style::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::{Terminal, backend::TestBackend};

    use super::*;

    fn drawn(screen: &Screen, size: (u16, u16), area: Rect) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a test terminal");
        terminal.draw(|frame| draw(screen, true, false, frame, area)).expect("drawn");
        terminal
    }

    #[test]
    fn wide_characters_stay_in_their_columns_and_are_not_cut() {
        let mut screen = Screen::new(2, 6);
        screen.process("漢字ab\r\n\x1b[7mx".as_bytes());
        let terminal = drawn(&screen, (7, 2), Rect::new(1, 0, 6, 2));
        terminal.backend().assert_buffer_lines([
            ratatui::text::Line::raw(" 漢字ab"),
            ratatui::text::Line::from(vec![
                " ".into(),
                ratatui::text::Span::styled("x", Style::new().add_modifier(Modifier::REVERSED)),
                "     ".into(),
            ]),
        ]);
        let cut = drawn(&screen, (3, 1), Rect::new(0, 0, 3, 1));
        cut.backend().assert_buffer_lines(["漢 "]);
    }

    proptest! {
        #[test]
        fn any_bytes_at_any_size_are_drawn(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            (rows, columns) in (1_u16..30, 1_u16..60),
            (width, height) in (0_u16..60, 0_u16..30),
        ) {
            let mut screen = Screen::new(rows, columns);
            screen.process(&bytes);
            drawn(&screen, (80, 40), Rect::new(3, 2, width, height));
        }
    }
}
