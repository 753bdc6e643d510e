//! Markdown as lines of a screen, and where its links are.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::wrap::{self, Run};
use crate::{
    course::markdown::{self, Block, Inline},
    tui::{
        highlight,
        theme::{Role, Theme},
    },
};

mod table;

/// How to lay it out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Columns.
    pub width: usize,
    pub theme: Theme,
    /// The link that is selected.
    pub focus: Option<usize>,
}

/// A link and the line on which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub to: String,
    pub line: usize,
}

/// Laid-out text.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    pub lines: Vec<Line<'static>>,
    pub links: Vec<Placed>,
}

/// Lays blocks out.
pub(crate) fn layout(blocks: &[Block], look: Look) -> Prose {
    let mut setter = Setter { look, out: Prose::default(), targets: Vec::new() };
    setter.blocks(blocks, look.width.max(1));
    setter.out
}

/// The text of inlines without any style.
pub(crate) fn text_of(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(t) | Inline::Code(t) => t.clone(),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Link { text: inner, .. } => {
                text_of(inner)
            }
            Inline::Break => "\n".to_owned(),
        })
        .collect()
}

/// The words of a short Markdown text, its blocks one after another.
pub(crate) fn text_of_fragment(source: &str) -> String {
    let words = |block: &Block| match block {
        Block::Paragraph(text) | Block::Heading { text, .. } => text_of(text),
        Block::Code { text, .. } => text.clone(),
        _ => String::new(),
    };
    markdown::fragment(source).blocks.iter().map(words).collect::<Vec<_>>().join(" ")
}

struct Setter {
    look: Look,
    out: Prose,
    targets: Vec<String>,
}

impl Setter {
    fn style(&self, role: Role) -> Style {
        self.look.theme.style(role)
    }

    fn blocks(&mut self, blocks: &[Block], width: usize) {
        for (i, block) in blocks.iter().enumerate() {
            if i > 0 {
                self.out.lines.push(Line::default());
            }
            self.block(block, width);
        }
    }

    fn block(&mut self, block: &Block, width: usize) {
        match block {
            Block::Heading { text, .. } => self.inlines(text, Role::Title, width),
            Block::Paragraph(text) => self.inlines(text, Role::Plain, width),
            Block::List { start, items } => self.list(*start, items, width),
            Block::Quote(inner) => {
                let bar = Span::styled("▌ ", self.style(Role::FrameFocused));
                self.indented([bar.clone(), bar], width, |setter, width| setter.blocks(inner, width));
            }
            Block::Code { language, text } => self.code(language, text, width),
            Block::Table { header, rows } => self.table(header, rows, width),
            Block::Rule => {
                self.out.lines.push(Line::styled("─".repeat(width), self.style(Role::Frame)));
            }
        }
    }

    fn list(&mut self, start: Option<u64>, items: &[Vec<Block>], width: usize) {
        let loose = items.iter().flatten().any(|b| matches!(b, Block::Code { .. } | Block::Table { .. }));
        for (i, item) in items.iter().enumerate() {
            if i > 0 && loose {
                self.out.lines.push(Line::default());
            }
            let mark = start.map_or_else(|| "• ".to_owned(), |n| format!("{}. ", n + i as u64));
            let blank = Span::styled(" ".repeat(mark.chars().count()), self.style(Role::Plain));
            let mark = Span::styled(mark, self.style(Role::Key));
            self.indented([mark, blank], width, |setter, width| {
                for block in item {
                    setter.block(block, width);
                }
            });
        }
    }

    /// Sets something narrower, then puts a mark in front of its first line and another in front of the rest.
    fn indented(&mut self, marks: [Span<'static>; 2], width: usize, set: impl FnOnce(&mut Self, usize)) {
        let from = self.out.lines.len();
        let [first, rest] = marks;
        set(self, width.saturating_sub(first.width()).max(1));
        for (i, line) in self.out.lines.iter_mut().skip(from).enumerate() {
            line.spans.insert(0, if i == 0 { first.clone() } else { rest.clone() });
        }
    }

    fn code(&mut self, language: &str, text: &str, width: usize) {
        // where commands have a prompt, what has none is their output
        let session = text.lines().any(|line| line.starts_with("$ "));
        for source in text.lines() {
            let output = session && !source.starts_with(['$', '#']);
            let language = if output { "" } else { language };
            let spans: Vec<Span<'static>> = highlight::line(language, source)
                .into_iter()
                .map(|(role, piece)| Span::styled(piece.to_owned(), self.style(role)))
                .collect();
            if language == "diagram" {
                self.out.lines.push(Line::from(spans));
            } else {
                self.code_line(&spans, width);
            }
        }
    }

    /// Code is never broken at words: a line that is too long goes on in the next one after `↪`.
    fn code_line(&mut self, spans: &[Span<'static>], width: usize) {
        let room = width.saturating_sub(2).max(1);
        let mut line = vec![Span::styled("  ", self.style(Role::Plain))];
        let mut used = 0;
        for span in spans {
            let mut piece = String::new();
            for grapheme in span.styled_graphemes(Style::new()) {
                let needs = Span::raw(grapheme.symbol).width();
                if used > 0 && used + needs > room {
                    line.push(Span::styled(std::mem::take(&mut piece), span.style));
                    self.out.lines.push(Line::from(std::mem::take(&mut line)));
                    line.push(Span::styled("↪ ", self.style(Role::Dim)));
                    used = 0;
                }
                piece.push_str(grapheme.symbol);
                used += needs;
            }
            line.push(Span::styled(piece, span.style));
        }
        self.out.lines.push(Line::from(line));
    }

    fn inlines(&mut self, text: &[Inline], role: Role, width: usize) {
        let runs = self.runs(text, role);
        let wrapped = wrap::wrap(&runs, width);
        self.place_links(&wrapped.links);
        self.out.lines.extend(wrapped.lines);
    }

    fn place_links(&mut self, links: &[(usize, usize)]) {
        let base = self.out.lines.len();
        for (link, line) in links {
            let to = self.targets.get(*link).cloned().unwrap_or_default();
            self.out.links.push(Placed { to, line: base + line });
        }
    }

    fn runs(&mut self, text: &[Inline], role: Role) -> Vec<Run> {
        let mut runs = Vec::new();
        self.flatten(text, self.style(role), None, &mut runs);
        runs
    }

    fn flatten(&mut self, text: &[Inline], style: Style, link: Option<usize>, out: &mut Vec<Run>) {
        for inline in text {
            match inline {
                Inline::Text(t) => out.push(Run { text: t.replace('\n', " "), style, link }),
                Inline::Code(t) => {
                    let style = if link.is_some() { style } else { self.style(Role::Code) };
                    out.push(Run { text: t.clone(), style, link });
                }
                Inline::Emphasis(inner) | Inline::Strong(inner) => {
                    let style = if link.is_some() { style } else { self.style(Role::Strong) };
                    self.flatten(inner, style, link, out);
                }
                Inline::Link { to, text } => {
                    let index = self.targets.len();
                    self.targets.push(to.clone());
                    let focused = self.look.focus == Some(index);
                    let style = self.style(if focused { Role::Selected } else { Role::Link });
                    // said by a mark too, not by colour alone
                    out.extend(focused.then(|| Run { text: "▸".to_owned(), style, link: Some(index) }));
                    self.flatten(text, style, Some(index), out);
                }
                Inline::Break => out.push(Run { text: "\n".to_owned(), style, link }),
            }
        }
    }
}

#[cfg(test)]
mod tests;
