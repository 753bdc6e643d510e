//! The course that is built in: it loads, and both languages tell the same story page by page.

use korobka::{
    course::{
        Course,
        markdown::{Block, Inline},
    },
    i18n::Lang,
};

/// The widest line of a diagram or a listing: an 80-column screen with a margin.
const WIDEST: usize = 76;

fn course() -> Course {
    Course::embedded().unwrap_or_else(|errors| panic!("{errors}"))
}

fn kind(block: &Block) -> String {
    match block {
        Block::Heading { level, .. } => format!("heading {level}"),
        Block::Paragraph(_) => "paragraph".to_owned(),
        Block::List { start, items } => format!("list {} × {}", start.is_some(), items.len()),
        Block::Quote(_) => "quote".to_owned(),
        Block::Code { language, .. } => format!("code {language}"),
        Block::Table { header, rows } => format!("table {} × {}", header.len(), rows.len()),
        Block::Rule => "rule".to_owned(),
    }
}

fn links(block: &Block, into: &mut Vec<String>) {
    fn of(inlines: &[Inline], into: &mut Vec<String>) {
        for inline in inlines {
            match inline {
                Inline::Link { to, .. } => into.push(to.clone()),
                Inline::Emphasis(inner) | Inline::Strong(inner) => of(inner, into),
                Inline::Text(_) | Inline::Code(_) | Inline::Break => {}
            }
        }
    }
    match block {
        Block::Heading { text, .. } | Block::Paragraph(text) => of(text, into),
        Block::List { items, .. } => items.iter().flatten().for_each(|b| links(b, into)),
        Block::Quote(inner) => inner.iter().for_each(|b| links(b, into)),
        Block::Table { header, rows } => {
            header.iter().chain(rows.iter().flatten()).for_each(|cell| of(cell, into));
        }
        Block::Code { .. } | Block::Rule => {}
    }
}

#[test]
fn both_languages_have_the_same_blocks_and_links_on_every_page() {
    for lesson in &course().lessons {
        let [ru, en] = Lang::ALL.map(|lang| lesson.pages(lang).unwrap_or_else(|e| panic!("{e}")));
        assert_eq!(ru.len(), en.len(), "pages of {}", lesson.id);
        for (ru, en) in ru.iter().zip(&en) {
            let shape = |blocks: &[Block]| blocks.iter().map(kind).collect::<Vec<_>>();
            assert_eq!(shape(&ru.blocks), shape(&en.blocks), "{}: {} / {}", lesson.id, ru.title, en.title);
            let [to_ru, to_en] = [ru, en].map(|page| {
                let mut found = Vec::new();
                page.blocks.iter().for_each(|block| links(block, &mut found));
                found.sort();
                found
            });
            assert_eq!(to_ru, to_en, "{}: {} / {}", lesson.id, ru.title, en.title);
        }
    }
}

#[test]
fn listings_and_diagrams_fit_the_narrowest_screen() {
    for lesson in &course().lessons {
        for lang in Lang::ALL {
            for page in lesson.pages(lang).unwrap_or_else(|e| panic!("{e}")) {
                for block in &page.blocks {
                    let Block::Code { text, .. } = block else { continue };
                    for line in text.lines() {
                        let width = unicode_width::UnicodeWidthStr::width(line);
                        assert!(width <= WIDEST, "{}: {}: {width} columns: {line}", lesson.id, page.title);
                    }
                }
            }
        }
    }
}

#[test]
fn every_question_has_one_right_option_and_a_reason_for_each() {
    for lesson in &course().lessons {
        let lab = lesson.lab.as_ref().map(|lab| lab.load().unwrap_or_else(|e| panic!("{e}")));
        let why = lab.iter().flat_map(|lab| lab.steps.iter().map(|step| &step.why));
        for question in lesson.questions.iter().chain(why) {
            let right = question.options.iter().filter(|option| option.right).count();
            assert_eq!(right, 1, "right options of {}", question.id);
            assert!((2..=5).contains(&question.options.len()), "options of {}", question.id);
            for option in &question.options {
                for lang in Lang::ALL {
                    assert!(!option.text.get(lang).is_empty(), "{}", question.id);
                    assert!(!option.because.get(lang).is_empty(), "{}", question.id);
                }
            }
        }
    }
}
