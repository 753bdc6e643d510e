//! Markdown as plain lines, one paragraph, item or line of code each; nothing that a screen reader would spell out.

use crate::course::markdown::{Block, Inline, fragment};

/// The lines of a step's text.
pub(in crate::cli) fn lines(markdown: &str) -> Vec<String> {
    lines_of(&fragment(markdown).blocks)
}

/// The lines of blocks.
pub(in crate::cli) fn lines_of(all: &[Block]) -> Vec<String> {
    let mut lines = Vec::new();
    blocks(all, &mut lines);
    lines
}

/// Nothing in it moves a cursor: control characters become U+FFFD.
pub(in crate::cli) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn blocks(all: &[Block], into: &mut Vec<String>) {
    for block in all {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => into.push(inline(text)),
            Block::List { items, .. } => items.iter().for_each(|item| blocks(item, into)),
            Block::Quote(inner) => blocks(inner, into),
            Block::Code { text, .. } => into.extend(text.lines().map(str::to_owned)),
            Block::Table { header, rows } => {
                for row in std::iter::once(header).chain(rows) {
                    into.push(row.iter().map(|cell| inline(cell)).collect::<Vec<_>>().join("; "));
                }
            }
            Block::Rule => {}
        }
    }
}

fn inline(all: &[Inline]) -> String {
    all.iter()
        .map(|run| match run {
            Inline::Text(text) | Inline::Code(text) => text.clone(),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Link { text: inner, .. } => {
                inline(inner)
            }
            Inline::Break => " ".to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_statements_without_marks() {
        let text =
            "The `pid` is **1**:\nsee [the lab](lab:namespaces).\n\n- one\n- two\n\n```sh\nid\nps\n```\n";
        assert_eq!(lines(text), ["The pid is 1: see the lab.", "one", "two", "id", "ps"]);
    }

    #[test]
    fn what_a_process_calls_itself_moves_no_cursor() {
        assert_eq!(printable("a\u{1b}[2Jb\u{9b}1mc\n"), "a\u{fffd}[2Jb\u{fffd}1mc\u{fffd}");
    }
}
