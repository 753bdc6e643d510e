//! `korobka lessons`, and where `korobka lesson ID` leads.

use std::io::Write;

use super::{
    context::Context,
    exit::{Exit, Fault},
};
use crate::{i18n::fill, tui::place::Place};

/// One line a lesson.
pub(super) fn list(context: &Context, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let course = context.course()?;
    for lesson in &course.lessons {
        let lang = context.lang;
        let line = fill(
            lang,
            "cli.lessons.line",
            &[
                ("number", &lesson.number),
                ("id", &lesson.id),
                ("title", &lesson.title.get(lang)),
                ("summary", &lesson.summary.get(lang)),
                ("minutes", &lesson.minutes),
            ],
        );
        writeln!(out, "{line}")?;
        if let Some(lab) = &lesson.lab {
            let line = fill(
                lang,
                "cli.lessons.lab",
                &[("id", &lab.id), ("title", &lab.title.get(lang)), ("steps", &lab.len())],
            );
            writeln!(out, "{line}")?;
        }
    }
    Ok(Exit::Done)
}

/// The place of a lesson that is named by its id or its number.
pub(super) fn place(context: &Context, name: &str) -> Result<Place, Fault> {
    let course = context.course()?;
    if let Some(lesson) = course.lesson(name) {
        return Ok(Place::Lesson(lesson.id.clone()));
    }
    let known: Vec<_> = course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    let known = known.join(", ");
    Err(Fault::Usage(fill(context.lang, "cli.no_lesson", &[("id", &name), ("known", &known)])))
}
