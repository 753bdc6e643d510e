//! Markdown: what it may not contain, where its links lead, how wide its diagrams are.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::{Places, Sheet};
use crate::course::{
    markdown::{self, Block, Document},
    problem::Problem,
    read,
};

/// The widest line of a diagram, in columns: fits 80 with a frame.
const DIAGRAM: usize = 76;

/// Checks a file of pages and gives them.
pub(super) fn check(sheet: &mut Sheet<'_>) -> Document {
    let document = markdown::document(&sheet.file.text);
    for fault in &document.faults {
        sheet.problems.push(Problem::of_fault(sheet.file, fault));
    }
    for (span, to) in &document.links {
        link(sheet, span, to);
    }
    for (at, character) in controls(&sheet.file.text) {
        let message = format!("a control character: U+{:04X}", u32::from(character));
        sheet.say(&(at..at + character.len_utf8()), message);
    }
    if document.pages.is_empty() {
        sheet.say(&(0..0), "no page; a page begins with a level-two heading");
    }
    for (page, spans) in document.pages.iter().zip(&document.spans) {
        let Some((heading, blocks)) = spans.split_first() else { continue };
        if page.title.trim().is_empty() || page.blocks.is_empty() {
            sheet.say(heading, "an empty page");
        }
        for (block, span) in page.blocks.iter().zip(blocks) {
            if matches!(block, Block::Code { language, .. } if language == "diagram") {
                diagram(sheet, span);
            }
        }
    }
    document
}

fn diagram(sheet: &mut Sheet<'_>, span: &Range<usize>) {
    let mut at = span.start;
    for line in sheet.file.text.get(span.clone()).unwrap_or_default().split('\n') {
        let width = line.width();
        if width > DIAGRAM {
            let message = format!("{width} columns wide; a diagram has at most {DIAGRAM}");
            sheet.say(&(at..at + line.len()), message);
        }
        at += line.len() + 1;
    }
}

/// Checks where a link leads.
pub(super) fn link(sheet: &mut Sheet<'_>, span: &Range<usize>, to: &str) {
    match wrong(sheet.places, to) {
        None => {}
        Some((message, Some(guess))) => sheet.help(span, message, format!("did you mean `{guess}`?")),
        Some((message, None)) => sheet.say(span, message),
    }
}

/// What is wrong with a link, and what may be meant.
fn wrong(places: &Places, to: &str) -> Option<(String, Option<String>)> {
    let near = |wrong: &str, known: &mut dyn Iterator<Item = &String>| {
        read::nearest(wrong, known.map(String::as_str)).map(str::to_owned)
    };
    match to.split_once(':') {
        Some(("http" | "https", rest)) if rest.len() > 2 && rest.starts_with("//") => None,
        Some(("lesson", id)) => (!places.lessons.contains(id))
            .then(|| (format!("no such lesson: {id}"), near(id, &mut places.lessons.iter()))),
        Some(("lab", place)) => {
            let (lab, step) = place.split_once('#').map_or((place, None), |(lab, step)| (lab, Some(step)));
            let Some(steps) = places.labs.get(lab) else {
                return Some((format!("no such lab: {lab}"), near(lab, &mut places.labs.keys())));
            };
            let step = step.filter(|step| !steps.contains(*step))?;
            Some((format!("no such step of the lab {lab}: {step}"), near(step, &mut steps.iter())))
        }
        _ => Some((
            format!("not a link of a course: {to:?} (lab:ID, lab:ID#STEP, lesson:ID or https://…)"),
            None,
        )),
    }
}

/// Characters that a terminal would obey, and those that reorder what is read (`UAX #9`).
pub(super) fn controls(text: &str) -> impl Iterator<Item = (usize, char)> {
    let crlf = |at: usize| text.as_bytes().get(at + 1) == Some(&b'\n');
    text.char_indices().filter(move |(at, c)| match c {
        '\n' => false,
        '\r' => !crlf(*at),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    })
}
