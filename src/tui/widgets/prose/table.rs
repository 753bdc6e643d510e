//! Tables: columns as wide as they need, narrowed evenly where they do not fit; cells are wrapped.

use ratatui::text::{Line, Span};

use super::{Setter, text_of};
use crate::{
    course::markdown::Inline,
    tui::{theme::Role, widgets::wrap},
};
use unicode_width::UnicodeWidthStr;

type Cell = Vec<Inline>;

impl Setter {
    pub(super) fn table(&mut self, header: &[Cell], rows: &[Vec<Cell>], width: usize) {
        let columns = widths(header, rows, width);
        self.row(header, &columns, Role::Strong);
        let line = columns.iter().map(|w| "─".repeat(*w)).collect::<Vec<_>>().join("─┼─");
        self.out.lines.push(Line::styled(line, self.style(Role::Frame)));
        for row in rows {
            self.row(row, &columns, Role::Plain);
        }
    }

    fn row(&mut self, cells: &[Cell], columns: &[usize], role: Role) {
        let mut set = Vec::new();
        for (cell, width) in cells.iter().zip(columns) {
            let runs = self.runs(cell, role);
            let wrapped = wrap::wrap(&runs, *width);
            self.place_links(&wrapped.links);
            set.push(wrapped.lines);
        }
        let height = set.iter().map(Vec::len).max().unwrap_or_default().max(1);
        for i in 0..height {
            let mut spans = Vec::new();
            for (column, width) in columns.iter().enumerate() {
                if column > 0 {
                    spans.push(Span::styled(" │ ", self.style(Role::Frame)));
                }
                let line = set.get(column).and_then(|lines| lines.get(i)).cloned().unwrap_or_default();
                let gap = width.saturating_sub(line.width());
                spans.extend(line.spans);
                spans.push(Span::styled(" ".repeat(gap), self.style(Role::Plain)));
            }
            self.out.lines.push(Line::from(spans));
        }
    }
}

/// The natural widths; while their sum is too large, the widest column gives up one.
fn widths(header: &[Cell], rows: &[Vec<Cell>], width: usize) -> Vec<usize> {
    let natural = |column: usize| {
        std::iter::once(header)
            .chain(rows.iter().map(Vec::as_slice))
            .filter_map(|row| row.get(column))
            .map(|cell| text_of(cell).width())
            .max()
            .unwrap_or_default()
            .max(1)
    };
    let mut columns: Vec<usize> = (0..header.len()).map(natural).collect();
    let room = width.saturating_sub(3 * columns.len().saturating_sub(1)).max(columns.len());
    while columns.iter().sum::<usize>() > room {
        match columns.iter_mut().max().filter(|w| **w > 1) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    columns
}
