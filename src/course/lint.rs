//! The linter: every error of a course at once, each with its file, line and column.
//!
//! Pass 1 gathers the ids, pass 2 looks at each file by itself, knowing them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

use super::{
    CourseErrors, LabToml, LessonToml,
    layout::{self, LessonFiles},
    problem::Problem,
    source::{File, Source},
};
use crate::{lab::step::Step, quiz::Quiz};

mod control;
mod data;
mod prose;
mod quiz;
mod shape;
mod step;

use data::Data;

/// The most errors that are shown of one file.
const MOST: usize = 25;

/// What the linter found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many lessons there are.
    pub lessons: usize,
    /// How many pages they have in one language.
    pub pages: usize,
    /// How many labs there are.
    pub labs: usize,
    /// How many steps they have.
    pub steps: usize,
    /// How many quizzes there are.
    pub quizzes: usize,
    /// How many questions there are, those of steps and quizzes included.
    pub questions: usize,
    /// Every error, by file and line.
    pub errors: CourseErrors,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.errors.is_empty() {
            writeln!(f, "{}\n", self.errors)?;
        }
        let Self { lessons, pages, labs, steps, quizzes, questions, errors: CourseErrors(errors) } = self;
        write!(
            f,
            "lessons: {lessons}, pages: {pages}, labs: {labs}, steps: {steps}, quizzes: {quizzes}, questions: {questions}, "
        )?;
        write!(f, "errors: {}", errors.len())
    }
}

/// The places that a link may lead to.
#[derive(Debug, Default)]
struct Places {
    lessons: BTreeSet<String>,
    /// The steps of each lab.
    labs: BTreeMap<String, BTreeSet<String>>,
}

/// One file under examination.
struct Sheet<'a> {
    file: &'a File,
    places: &'a Places,
    problems: Vec<Problem>,
    /// The error of reading the file into its type, which stops at the first, until its exact place is found.
    typed: Option<Problem>,
    /// The questions in it.
    questions: Vec<(String, Range<usize>)>,
}

impl<'a> Sheet<'a> {
    const fn new(file: &'a File, places: &'a Places) -> Self {
        Self { file, places, problems: Vec::new(), typed: None, questions: Vec::new() }
    }

    fn say(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.problems.push(Problem::at(self.file, span, message));
    }

    /// A problem that reading the file may have said less exactly.
    fn exact(&mut self, problem: Problem) {
        self.typed = self.typed.take().filter(|typed| typed.message != problem.message);
        self.problems.push(problem);
    }

    fn help(&mut self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::at(self.file, span, message).help(help));
    }
}

/// Checks a whole course.
pub fn check(source: &Source) -> Report {
    let mut report = Report::default();
    let mut problems = source.problems.clone();
    let lessons = layout::lessons(source, &mut problems);
    let places = places(&lessons, &mut problems);
    let mut questions = BTreeMap::new();
    for lesson in &lessons {
        for sheet in sheets(lesson, &places, &mut report) {
            close(sheet, &mut questions, &mut report, &mut problems);
        }
    }
    for quiz in &layout::quizzes(source, &mut problems) {
        report.quizzes += 1;
        let mut sheet = Sheet::new(&quiz.file, &places);
        if let Some(data) = data::check::<Quiz>(&mut sheet) {
            quiz::check(&mut sheet, &data);
        }
        // the ids of a quiz are its own
        close(sheet, &mut BTreeMap::new(), &mut report, &mut problems);
    }
    problems.sort_by_cached_key(|p| {
        let place = p.spot.as_ref().map_or((usize::MAX, 0), |s| (s.line, s.column));
        (p.path.clone(), place, p.message.clone())
    });
    problems.dedup();
    Report { errors: CourseErrors(problems), ..report }
}

/// Takes what was found in a file.
fn close(
    mut sheet: Sheet<'_>,
    questions: &mut BTreeMap<String, String>,
    report: &mut Report,
    problems: &mut Vec<Problem>,
) {
    sheet.problems.extend(sheet.typed);
    report.questions += sheet.questions.len();
    for (id, span) in sheet.questions {
        problems.extend(second(questions, "question", id, sheet.file, &span));
    }
    let hidden = sheet.problems.len().saturating_sub(MOST);
    problems.extend(sheet.problems.into_iter().take(MOST));
    if hidden > 0 {
        problems.push(Problem::of_path(&sheet.file.path, format!("and {hidden} more errors")));
    }
}

/// Every file of a lesson, examined.
fn sheets<'a>(lesson: &'a LessonFiles, places: &'a Places, report: &mut Report) -> Vec<Sheet<'a>> {
    report.lessons += 1;
    report.labs += usize::from(lesson.lab.is_some());
    report.steps += lesson.steps.len();
    let mut sheets = Vec::new();
    if let Some(file) = &lesson.head {
        let mut sheet = Sheet::new(file, places);
        data::check::<LessonToml>(&mut sheet);
        sheets.push(sheet);
    }
    if let Some(file) = &lesson.lab {
        let mut sheet = Sheet::new(file, places);
        if let Some(data) = data::check::<LabToml>(&mut sheet) {
            control::check(&mut sheet, &data);
        }
        sheets.push(sheet);
    }
    for file in &lesson.steps {
        let mut sheet = Sheet::new(file, places);
        if let Some(data) = data::check::<Step>(&mut sheet) {
            step::check(&mut sheet, &data);
        }
        sheets.push(sheet);
    }
    let mut documents = Vec::new();
    for file in lesson.ru.iter().chain(&lesson.en) {
        let mut sheet = Sheet::new(file, places);
        documents.push(prose::check(&mut sheet));
        sheets.push(sheet);
    }
    if let ([ru, en], Some(sheet)) = (&documents[..], sheets.last_mut()) {
        report.pages += ru.pages.len();
        shape::compare(sheet, ru, en);
    }
    sheets
}

fn places(lessons: &[LessonFiles], problems: &mut Vec<Problem>) -> Places {
    let mut places = Places::default();
    let mut seen = BTreeMap::new();
    for lesson in lessons {
        places.lessons.insert(lesson.id.clone());
        let Some(file) = &lesson.lab else { continue };
        let Some((lab, span)) = Data::id_of(file) else { continue };
        problems.extend(second(&mut seen, "lab", lab.clone(), file, &span));
        let mut seen = BTreeMap::new();
        for file in &lesson.steps {
            let Some((step, span)) = Data::id_of(file) else { continue };
            problems.extend(second(&mut seen, "step", step, file, &span));
        }
        places.labs.entry(lab).or_default().extend(seen.into_keys());
    }
    places
}

/// The problem that an id has been used before.
fn second(
    seen: &mut BTreeMap<String, String>,
    what: &str,
    id: String,
    file: &File,
    span: &Range<usize>,
) -> Option<Problem> {
    let message = format!("a second {what} with the id {id:?}");
    let first = seen.get(&id).map(|path| format!("the first is in {path}"));
    let Some(first) = first else {
        seen.insert(id, file.path.clone());
        return None;
    };
    Some(Problem::at(file, span, message).help(first))
}
