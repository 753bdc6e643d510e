//! Breaking styled text into lines, by words; words too long for a line are cut between graphemes.

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A run of text in one style, and the link it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub text: String,
    pub style: Style,
    pub link: Option<usize>,
}

impl Run {
    /// A run that is no link.
    pub(crate) fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style, link: None }
    }
}

/// Lines, and for each link the line on which it starts.
#[derive(Debug, Default)]
pub(crate) struct Wrapped {
    pub lines: Vec<Line<'static>>,
    pub links: Vec<(usize, usize)>,
}

/// Breaks runs into lines of at most `width` columns. `\n` in a run breaks a line.
pub(crate) fn wrap(runs: &[Run], width: usize) -> Wrapped {
    let mut filler = Filler { width: width.max(1), out: Wrapped::default(), line: Vec::new(), used: 0 };
    let mut word: Vec<Run> = Vec::new();
    let mut gap: Option<Run> = None;
    for run in runs {
        for piece in run.text.split_word_bounds() {
            let space = piece.chars().all(|c| c.is_whitespace() && c != '\u{a0}');
            if !space {
                match word.last_mut().filter(|last| last.style == run.style && last.link == run.link) {
                    Some(last) => last.text.push_str(piece),
                    None => word.push(Run { text: piece.to_owned(), ..run.clone() }),
                }
                continue;
            }
            filler.place(gap.take(), std::mem::take(&mut word));
            if piece.contains('\n') {
                filler.break_line();
            } else {
                gap = Some(Run { text: " ".to_owned(), ..run.clone() });
            }
        }
    }
    filler.place(gap, word);
    if !filler.line.is_empty() {
        filler.break_line();
    }
    filler.out
}

/// One style, no links.
pub(crate) fn plain(text: &str, style: Style, width: usize) -> Vec<Line<'static>> {
    wrap(&[Run::new(text, style)], width).lines
}

/// Lines of at most `width` columns, cut wherever that is, every space kept.
pub(crate) fn cut(text: &str, style: Style, width: usize) -> Vec<Line<'static>> {
    let mut filler = Filler { width: width.max(1), out: Wrapped::default(), line: Vec::new(), used: 0 };
    filler.push_cut(Run::new(text, style));
    filler.break_line();
    filler.out.lines
}

/// The text cut to `width` columns, the cut shown by `…`.
pub(crate) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        if used + grapheme.width() + 1 > width {
            break;
        }
        used += grapheme.width();
        out.push_str(grapheme);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// As [`fit`], filled with spaces to exactly `width` columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let mut out = fit(text, width);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(out.width())));
    out
}

struct Filler {
    width: usize,
    out: Wrapped,
    line: Vec<Run>,
    used: usize,
}

impl Filler {
    fn place(&mut self, gap: Option<Run>, word: Vec<Run>) {
        let needs: usize = word.iter().map(|r| r.text.width()).sum();
        if needs == 0 {
            return;
        }
        if let Some(gap) = gap.filter(|_| self.used > 0) {
            if self.used + 1 + needs > self.width {
                self.break_line();
            } else {
                let joins = word.first().is_some_and(|w| w.link == gap.link && w.style == gap.style);
                let style = if joins { gap.style } else { gap.style.remove_modifier(gap.style.add_modifier) };
                self.push(Run { style, link: gap.link.filter(|_| joins), ..gap });
            }
        }
        for run in word {
            self.push_cut(run);
        }
    }

    fn push_cut(&mut self, run: Run) {
        if self.used + run.text.width() <= self.width {
            self.push(run);
            return;
        }
        for grapheme in run.text.graphemes(true) {
            if self.used > 0 && self.used + grapheme.width() > self.width {
                self.break_line();
            }
            self.push(Run { text: grapheme.to_owned(), ..run.clone() });
        }
    }

    fn push(&mut self, run: Run) {
        if let Some(link) = run.link.filter(|link| self.out.links.iter().all(|(seen, _)| seen != link)) {
            self.out.links.push((link, self.out.lines.len()));
        }
        self.used += run.text.width();
        match self.line.last_mut().filter(|last| last.style == run.style && last.link == run.link) {
            Some(last) => last.text.push_str(&run.text),
            None => self.line.push(run),
        }
    }

    fn break_line(&mut self) {
        let spans: Vec<_> = self.line.drain(..).map(|r| Span::styled(r.text, r.style)).collect();
        self.out.lines.push(Line::from(spans));
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        plain(text, Style::new(), width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn breaks_at_words_and_cuts_only_what_is_too_long() {
        assert_eq!(lines("one two  three", 8), ["one two", "three"]);
        assert_eq!(lines("коробка для процесса", 10), ["коробка", "для", "процесса"]);
        assert_eq!(lines("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(lines("箱箱箱", 4), ["箱箱", "箱"]);
        assert_eq!(lines("a\nb", 9), ["a", "b"]);
        assert_eq!(lines("", 9), Vec::<String>::new());
    }

    #[test]
    fn fit_and_pad_count_columns() {
        assert_eq!(fit("hostname", 5), "host…");
        assert_eq!(fit("箱箱箱", 4), "箱…");
        assert_eq!(pad("箱", 4), "箱  ");
        assert_eq!(pad("hostname", 0), "");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide(text in "[a-zа-я箱 \n]{0,80}", width in 2_usize..40) {
            for line in plain(&text, Style::new(), width) {
                prop_assert!(line.width() <= width, "{line}");
            }
        }
    }
}
