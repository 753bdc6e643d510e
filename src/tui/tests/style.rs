//! Styles of a screen, written short: rows of letters with counts, and what the letters stand for.

use std::fmt::Write as _;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

/// `3: 4a12b` is row 3: four cells in style a, twelve in b; the rest of the row, and rows that are not there, are plain.
pub(super) fn short(buffer: &Buffer) -> String {
    let plain = style(&buffer.content[buffer.content.len() - 1]);
    let mut letters = vec![plain];
    let mut out = String::new();
    let width = usize::from(buffer.area.width);
    let mut last = String::new();
    for (number, row) in buffer.content.chunks(width).enumerate() {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for cell in row {
            let style = style(cell);
            let letter = letters.iter().position(|known| *known == style).unwrap_or_else(|| {
                letters.push(style.clone());
                letters.len() - 1
            });
            match runs.last_mut().filter(|(_, last)| *last == letter) {
                Some((count, _)) => *count += 1,
                None => runs.push((1, letter)),
            }
        }
        if runs.last().is_some_and(|(_, letter)| *letter == 0) {
            runs.pop();
        }
        let line = runs
            .iter()
            .fold(String::new(), |line, (count, letter)| format!("{line}{count}{}", name(*letter)));
        if line != last {
            writeln!(out, "{number}: {line}").expect("a string");
        }
        last = line;
    }
    let legend: Vec<_> =
        letters.iter().enumerate().map(|(i, style)| format!("{} {style}", name(i))).collect();
    format!("{}\n{out}", legend.join(", "))
}

fn name(letter: usize) -> char {
    char::from(b'a' + u8::try_from(letter % 26).expect("few styles"))
}

fn style(cell: &Cell) -> String {
    let color = |color| match color {
        Color::Reset => "-".to_owned(),
        Color::Indexed(i) => i.to_string(),
        other => format!("{other:?}"),
    };
    let marks = [
        (Modifier::BOLD, "+bold"),
        (Modifier::DIM, "+dim"),
        (Modifier::ITALIC, "+italic"),
        (Modifier::UNDERLINED, "+under"),
        (Modifier::REVERSED, "+reverse"),
    ];
    let marks: String =
        marks.iter().filter(|(m, _)| cell.modifier.contains(*m)).map(|(_, name)| *name).collect();
    format!("{}/{}{marks}", color(cell.fg), color(cell.bg))
}
