//! The texts of the course that is built in, beyond what the linter asks of any course.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use korobka::{
    course::{
        Course, Page,
        markdown::{Block, Inline},
    },
    i18n::Lang,
};
use unicode_width::UnicodeWidthStr;

/// The widest line of a listing that is not broken on an 80-column screen.
const WIDEST: usize = 70;

fn pages() -> Vec<(String, [Vec<Page>; 2])> {
    let course = Course::embedded().unwrap_or_else(|errors| panic!("{errors}"));
    let of = |lesson: &korobka::course::Lesson| {
        Lang::ALL.map(|lang| lesson.pages(lang).unwrap_or_else(|errors| panic!("{errors}")))
    };
    course.lessons.iter().map(|lesson| (lesson.id.clone(), of(lesson))).collect()
}

/// Where the links of a page lead.
fn links(page: &Page) -> Vec<String> {
    fn of_inlines(inlines: &[Inline], into: &mut Vec<String>) {
        for inline in inlines {
            match inline {
                Inline::Link { to, .. } => into.push(to.clone()),
                Inline::Emphasis(inner) | Inline::Strong(inner) => of_inlines(inner, into),
                Inline::Text(_) | Inline::Code(_) | Inline::Break => {}
            }
        }
    }
    fn of_block(block: &Block, into: &mut Vec<String>) {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => of_inlines(text, into),
            Block::List { items, .. } => items.iter().flatten().for_each(|block| of_block(block, into)),
            Block::Quote(inner) => inner.iter().for_each(|block| of_block(block, into)),
            Block::Table { header, rows } => {
                header.iter().chain(rows.iter().flatten()).for_each(|cell| of_inlines(cell, into));
            }
            Block::Code { .. } | Block::Rule => {}
        }
    }
    let mut found = Vec::new();
    page.blocks.iter().for_each(|block| of_block(block, &mut found));
    found.sort();
    found
}

#[test]
fn both_languages_lead_to_the_same_places_from_every_page() {
    for (lesson, [ru, en]) in pages() {
        for (ru, en) in ru.iter().zip(&en) {
            assert_eq!(links(ru), links(en), "{lesson}: {} / {}", ru.title, en.title);
        }
    }
}

#[test]
fn every_listing_fits_the_narrowest_screen() {
    for (lesson, languages) in pages() {
        for page in languages.iter().flatten() {
            for block in &page.blocks {
                let Block::Code { text, .. } = block else { continue };
                for line in text.lines() {
                    assert!(
                        line.width() <= WIDEST,
                        "{lesson}: {}: {} columns: {line}",
                        page.title,
                        line.width()
                    );
                }
            }
        }
    }
}
