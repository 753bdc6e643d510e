//! Which files make up which lesson, and which quiz.

use std::collections::BTreeMap;

use super::{
    CourseErrors, LabHead, LabToml, Lesson, LessonToml, QuizHead,
    problem::Problem,
    read,
    source::{File, Source},
};

const LESSONS: &str = "lessons";
const QUIZZES: &str = "quizzes";
const A_LESSON: &str =
    "a lesson is NN-name/ with lesson.toml, ru.md, en.md and, for a lab, lab/lab.toml and lab/NN-step.toml";
const A_QUIZ: &str = "a quiz is NN-name.toml";

/// The files of one lesson.
#[derive(Debug, Default)]
pub(super) struct LessonFiles {
    pub(super) id: String,
    pub(super) number: u32,
    /// Its directory, as messages show it.
    pub(super) path: String,
    pub(super) head: Option<File>,
    pub(super) ru: Option<File>,
    pub(super) en: Option<File>,
    pub(super) lab: Option<File>,
    pub(super) steps: Vec<File>,
}

/// The lessons of a source in the order of their directories; what does not belong is a problem.
pub(super) fn lessons(source: &Source, problems: &mut Vec<Problem>) -> Vec<LessonFiles> {
    let mut found: BTreeMap<&str, LessonFiles> = BTreeMap::new();
    for path in source.below(LESSONS).filter(|p| !p.starts_with('.')) {
        let whole = format!("{LESSONS}/{path}");
        let Some((dir, inner)) = path.split_once('/') else {
            problems.push(misplaced(source, &whole, A_LESSON));
            continue;
        };
        let lesson = found.entry(dir).or_insert_with(|| LessonFiles::new(source, dir));
        if lesson.id.is_empty() || !lesson.take(inner, source.file(&whole)) {
            problems.push(misplaced(source, &whole, A_LESSON));
        }
    }
    found.retain(|_, lesson| !lesson.id.is_empty());
    let lessons: Vec<_> = found.into_values().collect();
    for lesson in &lessons {
        lesson.missing(problems);
    }
    same_twice(&lessons, problems);
    if lessons.is_empty() && problems.is_empty() {
        problems.push(Problem::of_path(source.shown("lessons/"), "no lessons"));
    }
    lessons
}

impl LessonFiles {
    /// Of a directory; without an id where the name is not a lesson's.
    fn new(source: &Source, dir: &str) -> Self {
        let (number, id) = numbered(dir).unwrap_or_default();
        Self { id: id.to_owned(), number, path: source.shown(&format!("{LESSONS}/{dir}")), ..Self::default() }
    }

    fn take(&mut self, inner: &str, file: Option<File>) -> bool {
        match inner {
            "lesson.toml" => self.head = file,
            "ru.md" => self.ru = file,
            "en.md" => self.en = file,
            "lab/lab.toml" => self.lab = file,
            _ => match inner
                .strip_prefix("lab/")
                .and_then(|name| name.strip_suffix(".toml"))
                .and_then(numbered)
            {
                Some(_) => self.steps.extend(file),
                None => return false,
            },
        }
        true
    }

    fn missing(&self, problems: &mut Vec<Problem>) {
        let wanted = [("lesson.toml", &self.head), ("ru.md", &self.ru), ("en.md", &self.en)];
        for (name, _) in wanted.iter().filter(|(_, file)| file.is_none()) {
            let path = format!("{}/{name}", self.path);
            // what could not be read has been said
            if !problems.iter().any(|p| p.path == path) {
                problems.push(Problem::of_path(path, "missing"));
            }
        }
        if self.lab.is_none() && !self.steps.is_empty() {
            problems.push(Problem::of_path(format!("{}/lab/lab.toml", self.path), "missing"));
        }
        if self.lab.is_some() && self.steps.is_empty() {
            problems.push(Problem::of_path(format!("{}/lab", self.path), "a lab without steps"));
        }
    }

    /// The lesson, heads only. A file that is missing has been said already.
    pub(super) fn load(self) -> Result<Lesson, CourseErrors> {
        let (Some(head), Some(ru), Some(en)) = (self.head, self.ru, self.en) else {
            return Err(CourseErrors::default());
        };
        let toml: LessonToml = read::decode(&head)?;
        let lab = match self.lab {
            None => None,
            Some(file) => {
                let LabToml { id, title, intro, start, sights, controls } = read::decode(&file)?;
                Some(LabHead { id, title, intro, start, sights, controls, steps: self.steps })
            }
        };
        let LessonToml { title, summary, minutes, sources, questions } = toml;
        Ok(Lesson {
            id: self.id,
            number: self.number,
            title,
            summary,
            minutes,
            sources,
            questions,
            lab,
            ru,
            en,
        })
    }
}

/// `05-namespaces` is number 5 and the name `namespaces`.
fn numbered(name: &str) -> Option<(u32, &str)> {
    let (number, id) = name.split_once('-')?;
    let digits = (2..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    (digits && is_id(id)).then(|| number.parse().ok().map(|n| (n, id)))?
}

/// Whether a text is an id: small letters, digits and inner hyphens.
pub(super) fn is_id(text: &str) -> bool {
    let all = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    all && !text.is_empty() && text.len() <= 40 && !text.starts_with('-') && !text.ends_with('-')
}

fn misplaced(source: &Source, path: &str, what: &str) -> Problem {
    Problem::of_path(source.shown(path), "not a file of a course").help(what)
}

/// The quizzes of a source in the order of their names; what does not belong is a problem.
pub(super) fn quizzes(source: &Source, problems: &mut Vec<Problem>) -> Vec<QuizHead> {
    let mut found: Vec<QuizHead> = Vec::new();
    for path in source.below(QUIZZES).filter(|p| !p.starts_with('.')) {
        let whole = format!("{QUIZZES}/{path}");
        let (Some((number, id)), Some(file)) =
            (path.strip_suffix(".toml").and_then(numbered), source.file(&whole))
        else {
            problems.push(misplaced(source, &whole, A_QUIZ));
            continue;
        };
        if found.iter().any(|earlier| earlier.id == id || earlier.number == number) {
            problems.push(Problem::of_path(&file.path, format!("a second quiz {number} or {id:?}")));
        }
        found.push(QuizHead { id: id.to_owned(), number, file });
    }
    found
}

fn same_twice(lessons: &[LessonFiles], problems: &mut Vec<Problem>) {
    for (i, lesson) in lessons.iter().enumerate() {
        for earlier in lessons.iter().take(i) {
            if earlier.id == lesson.id {
                problems.push(Problem::of_path(&lesson.path, format!("a second lesson {:?}", lesson.id)));
            }
            if earlier.number == lesson.number {
                problems.push(Problem::of_path(&lesson.path, format!("a second lesson {}", lesson.number)));
            }
        }
    }
}
