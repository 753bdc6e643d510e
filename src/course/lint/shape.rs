//! Both languages show the same: as many pages, and on each the same kinds of blocks.

use super::Sheet;
use crate::course::markdown::{Block, Document};

/// Compares the English pages (whose sheet it is) with the Russian.
pub(super) fn compare(sheet: &mut Sheet<'_>, ru: &Document, en: &Document) {
    if ru.pages.len() != en.pages.len() {
        let place = en.spans.last().and_then(|s| s.first()).cloned().unwrap_or_default();
        let message = format!("pages: {}, in Russian {}", en.pages.len(), ru.pages.len());
        sheet.help(&place, message, "both languages have the same pages");
        return;
    }
    for ((ru, en), spans) in ru.pages.iter().zip(&en.pages).zip(&en.spans) {
        let (there, here): (Vec<_>, Vec<_>) =
            (ru.blocks.iter().map(kind).collect(), en.blocks.iter().map(kind).collect());
        let differs = there.iter().zip(&here).position(|(a, b)| a != b);
        let Some(at) = differs.or_else(|| (there.len() != here.len()).then(|| there.len().min(here.len())))
        else {
            continue;
        };
        let nothing = "the end of the page".to_owned();
        let (here, there) = (here.get(at).unwrap_or(&nothing), there.get(at).unwrap_or(&nothing));
        let place = spans.get(at + 1).or_else(|| spans.first()).cloned().unwrap_or_default();
        let message = format!("{here}, where the Russian page {:?} has {there}", ru.title);
        sheet.help(&place, message, "both languages have the same blocks in the same order");
    }
}

/// The kind of a block, in words that also compare.
pub(super) fn kind(block: &Block) -> String {
    match block {
        Block::Heading { level, .. } => format!("a heading of level {level}"),
        Block::Paragraph(_) => "a paragraph".to_owned(),
        Block::List { start, items } => {
            format!("a {}list of {}", if start.is_some() { "numbered " } else { "" }, items.len())
        }
        Block::Quote(_) => "a quotation".to_owned(),
        Block::Code { language, .. } if language.is_empty() => "code".to_owned(),
        Block::Code { language, .. } => format!("code ({language})"),
        Block::Table { header, rows } => format!("a table of {} by {}", rows.len(), header.len()),
        Block::Rule => "a rule".to_owned(),
    }
}
