//! TOML into types, with the place of an error and a guess at what was meant.

use serde::de::DeserializeOwned;

use super::{
    problem::{CourseErrors, Problem},
    source::File,
};

/// Reads a TOML file into a type.
pub(super) fn decode<T: DeserializeOwned>(file: &File) -> Result<T, CourseErrors> {
    toml::from_str(&file.text).map_err(|error| CourseErrors(vec![of_toml(file, &error)]))
}

/// A TOML error as a problem.
pub(super) fn of_toml(file: &File, error: &toml::de::Error) -> Problem {
    let message = error.message().lines().next().unwrap_or_default();
    with_guess(match error.span() {
        Some(span) => Problem::at(file, &span, message),
        None => Problem::of_path(file.path.clone(), message),
    })
}

/// The same, with a guess at what was meant, if there is one.
pub(super) fn with_guess(problem: Problem) -> Problem {
    match meant(&problem.message).map(|guess| format!("did you mean `{guess}`?")) {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// The nearest of the words that serde says it expected: ``unknown field `tittle`, expected one of `title`, …``.
fn meant(message: &str) -> Option<&str> {
    if !message.starts_with("unknown") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    nearest(wrong, quoted)
}

/// The nearest of some words, if one is near.
pub(super) fn nearest<'a>(wrong: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (score, word) = words
        .into_iter()
        .map(|word| (strsim::jaro_winkler(wrong, word), word))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.8).then_some(word)
}
