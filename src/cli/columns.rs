//! Text in columns for people: 80 of them, as wide as a terminal shows each character.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The narrowest terminal.
pub(super) const WIDTH: usize = 80;

/// The beginning of a text that is too wide.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width { text.to_owned() } else { taken(text.chars(), width).chain(['…']).collect() }
}

/// The end of a path that is too wide: it is what tells one file from another.
pub(super) fn cut_start(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let kept: Vec<char> = taken(text.chars().rev(), width).collect();
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

/// As many characters as leave a column for the sign of the cut.
fn taken(chars: impl Iterator<Item = char>, width: usize) -> impl Iterator<Item = char> {
    chars.scan(1, move |wide, c| {
        *wide += c.width().unwrap_or_default();
        (*wide <= width).then_some(c)
    })
}

/// A text and spaces after it, `width` columns at least.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A text in an attribute of ECMA-48, `SGR`; as it is where there are no colours.
pub(super) fn sgr(colour: bool, code: &str, text: &str) -> String {
    if colour && code != "0" { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_cut_where_it_matters_least() {
        assert_eq!(cut("абвгд", 4), "абв…");
        assert_eq!(cut("абвг", 4), "абвг");
        assert_eq!(cut("箱箱箱", 4), "箱…");
        assert_eq!(cut_start("/usr/bin/env", 8), "…bin/env");
        assert_eq!(cut_start("/env", 8), "/env");
        assert_eq!(pad("абв", 5), "абв  ");
    }

    #[test]
    fn without_colours_there_are_no_escapes() {
        assert_eq!(sgr(false, "31", "x"), "x");
        assert_eq!(sgr(true, "0", "x"), "x");
        assert_eq!(sgr(true, "31", "x"), "\x1b[31mx\x1b[0m");
    }
}
