//! The terminal and the language: what the environment says.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Check, Verdict, tools::executable};

/// The smallest terminal that shows everything: columns, rows.
const SMALLEST: (u16, u16) = (80, 24);

/// Where the program was started: its environment and its terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    variables: BTreeMap<String, String>,
    size: Option<(u16, u16)>,
}

impl Surroundings {
    /// The environment of this process, and the size of its terminal in columns and rows where it has one.
    pub fn of_process(size: Option<(u16, u16)>) -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: std::env::vars_os().filter_map(text).collect(), size }
    }

    /// A made-up environment.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>, size: Option<(u16, u16)>) -> Self {
        let owned = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { variables: owned.collect(), size }
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// The file that PATH leads to.
    pub(super) fn find_program(&self, name: &str) -> Option<PathBuf> {
        let path = self.variable("PATH")?;
        path.split(':').map(|dir| Path::new(dir).join(name)).find(|file| executable(file))
    }

    /// The first of these variables that is set: `LANG=ru_RU.UTF-8`, and its value alone.
    fn first(&self, names: &[&str]) -> Option<(String, String)> {
        names.iter().find_map(|name| self.variable(name).map(|value| (format!("{name}={value}"), value)))
    }
}

pub(super) fn checks(here: &Surroundings) -> [Check; 4] {
    [size(here), colours(here), utf8(here), locale(here)]
}

fn size(here: &Surroundings) -> Check {
    let enough = here.size.is_some_and(|(columns, rows)| columns >= SMALLEST.0 && rows >= SMALLEST.1);
    let found = here.size.map_or_else(|| "-".to_owned(), |(columns, rows)| format!("{columns}×{rows}"));
    let cure = if here.size.is_some() { "doctor.cure.terminal_size" } else { "doctor.cure.terminal_none" };
    check("terminal.size", enough, found, ("doctor.meaning.terminal_size", cure))
}

/// `NO_COLOR` is a wish, not a lack.
fn colours(here: &Surroundings) -> Check {
    let term = here.variable("TERM");
    let able = here.variable("NO_COLOR").is_some() || term.as_ref().is_some_and(|term| term != "dumb");
    let found =
        here.first(&["NO_COLOR", "COLORTERM", "TERM"]).map_or_else(|| "-".to_owned(), |(shown, _)| shown);
    check(
        "terminal.colours",
        able,
        found,
        ("doctor.meaning.terminal_colours", "doctor.cure.terminal_colours"),
    )
}

fn utf8(here: &Surroundings) -> Check {
    let set = here.first(&["LC_ALL", "LC_CTYPE", "LANG"]);
    let able = set.as_ref().is_some_and(|(_, value)| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    });
    let found = set.map_or_else(|| "-".to_owned(), |(shown, _)| shown);
    check("utf8", able, found, ("doctor.meaning.utf8", "doctor.cure.utf8"))
}

fn locale(here: &Surroundings) -> Check {
    let set = here.first(&["LC_ALL", "LC_MESSAGES", "LANG"]);
    let able = set.is_some();
    let found = set.map_or_else(|| "-".to_owned(), |(shown, _)| shown);
    check("locale", able, found, ("doctor.meaning.locale", "doctor.cure.locale"))
}

fn check(id: &'static str, able: bool, found: String, keys: (&'static str, &'static str)) -> Check {
    let verdict = if able { Verdict::Ok } else { Verdict::Warn };
    Check { id, verdict, found, meaning: keys.0, cure: (!able).then_some(keys.1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(variables: &[(&str, &str)], size: Option<(u16, u16)>) -> [(Verdict, String); 4] {
        checks(&Surroundings::of(variables.iter().copied(), size)).map(|check| (check.verdict, check.found))
    }

    #[test]
    fn a_modern_terminal_has_everything() {
        let seen = verdicts(
            &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "ru_RU.UTF-8")],
            Some((120, 40)),
        );
        let found = ["120×40", "COLORTERM=truecolor", "LANG=ru_RU.UTF-8", "LANG=ru_RU.UTF-8"];
        assert_eq!(seen, found.map(|found| (Verdict::Ok, found.to_owned())));
    }

    #[test]
    fn a_bare_one_has_nothing() {
        assert_eq!(verdicts(&[], None), [(); 4].map(|()| (Verdict::Warn, "-".to_owned())));
        let seen = verdicts(&[("TERM", "dumb"), ("LC_ALL", "C"), ("LANG", "ru_RU.UTF-8")], Some((79, 50)));
        assert_eq!(seen[0].0, Verdict::Warn, "too narrow");
        assert_eq!(seen[1].0, Verdict::Warn);
        assert_eq!(seen[2], (Verdict::Warn, "LC_ALL=C".to_owned()), "LC_ALL wins");
        assert_eq!(verdicts(&[("NO_COLOR", "1"), ("TERM", "dumb")], None)[1].0, Verdict::Ok, "asked for");
    }
}
