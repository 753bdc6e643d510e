//! `korobka lessons`, where `korobka lesson ID` leads, and what it says without a terminal.

use std::io::{self, Write};

use super::{
    auto::plain,
    context::Context,
    exit::{Exit, Fault},
};
use crate::{
    course::Course,
    i18n::{Lang, fill},
    lab::step::Question,
    tui::place::Place,
};

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

/// The whole lesson as plain text, its questions with their answers at the end.
pub(super) fn read(context: &Context, name: &str, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (course, lang) = (context.course()?, context.lang);
    let Some(lesson) = course.lesson(name) else { return Err(unknown(&course, name, lang).into()) };
    writeln!(out, "{}. {}", lesson.number, lesson.title.get(lang))?;
    for page in lesson.pages(lang)? {
        writeln!(out, "\n{}", page.title)?;
        plain::lines_of(&page.blocks)
            .iter()
            .try_for_each(|line| writeln!(out, "{}", plain::printable(line)))?;
    }
    let all = lesson.questions.len();
    for (number, asked) in (1..).zip(&lesson.questions) {
        writeln!(out, "\n{}", fill(lang, "tui.reader.question", &[("number", &number), ("all", &all)]))?;
        question(asked, lang, out)?;
    }
    Ok(Exit::Done)
}

fn question(asked: &Question, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    plain::lines(asked.text.get(lang))
        .iter()
        .try_for_each(|line| writeln!(out, "{}", plain::printable(line)))?;
    for (number, option) in (1..).zip(&asked.options) {
        writeln!(out, "{number}. {}", plain::lines(option.text.get(lang)).join(" "))?;
    }
    for (number, right) in (1..).zip(&asked.options).filter(|(_, option)| option.right) {
        let because = plain::lines(right.because.get(lang)).join(" ");
        let answer = fill(lang, "cli.lessons.answer", &[("number", &number), ("because", &because)]);
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// The place of a lesson that is named by its id or its number.
pub(super) fn place(context: &Context, name: &str) -> Result<Place, Fault> {
    let course = context.course()?;
    if let Some(lesson) = course.lesson(name) {
        return Ok(Place::Lesson(lesson.id.clone()));
    }
    Err(unknown(&course, name, context.lang))
}

fn unknown(course: &Course, name: &str, lang: Lang) -> Fault {
    let known: Vec<_> = course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    let known = known.join(", ");
    Fault::Usage(fill(lang, "cli.no_lesson", &[("id", &name), ("known", &known)]))
}
