//! What every command needs: language, colours, course, directories.

use std::{env, io::Write, path::PathBuf};

use etcetera::{BaseStrategy, base_strategy};

use super::{args::Globals, exit::Fault};
use crate::{
    course::{Course, CourseErrors},
    i18n::{Lang, fill, t},
};

/// What the global options and the environment say.
#[derive(Debug)]
pub(super) struct Context {
    pub lang: Lang,
    pub colour: bool,
    pub course_dir: Option<PathBuf>,
    pub root_dir: Option<PathBuf>,
}

impl Context {
    pub(super) fn new(globals: Globals) -> Self {
        Self {
            lang: globals.lang.map_or_else(|| lang_of(variable), Into::into),
            colour: !globals.no_color && variable("NO_COLOR").is_none(),
            course_dir: globals.course,
            root_dir: globals.root_dir,
        }
    }

    /// The course of `--course`, or the one inside the program.
    pub(super) fn course(&self) -> Result<Course, Fault> {
        let course = self.course_dir.as_deref().map_or_else(Course::embedded, Course::from_dir);
        course.map_err(|errors| self.bad_course(&errors))
    }

    /// Errors in course files, with their places.
    pub(super) fn bad_course(&self, errors: &CourseErrors) -> Fault {
        Fault::Failed(format!("{}\n\n{errors}", t(self.lang, "cli.bad_course")))
    }

    /// Where progress is kept.
    pub(super) fn state_dir(&self) -> Result<PathBuf, Fault> {
        if let Some(dir) = &self.root_dir {
            return Ok(dir.clone());
        }
        let strategy = base_strategy::choose_base_strategy()
            .map_err(|e| Fault::Usage(fill(self.lang, "cli.no_home", &[("cause", &e)])))?;
        let dir = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
        Ok(dir.join("korobka"))
    }
}

/// An environment variable that is set to something.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The language that the environment asks for, `locale(7)`: the first of these that is set decides.
pub(super) fn lang_of(variable: impl Fn(&str) -> Option<String>) -> Lang {
    let name = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| variable(name));
    name.map_or(Lang::En, |name| Lang::of_locale(&name))
}

/// The language of this process's environment.
pub(super) fn environment_lang() -> Lang {
    lang_of(variable)
}

/// Writes to standard error, where there is one.
pub(super) fn complain(text: &str) {
    // nobody is left to tell where standard error itself cannot be written
    // one write: two processes of a box tell their calls at once, and no line of theirs is torn
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_chooses_the_language() {
        let lang = |set: &[(&str, &str)]| {
            lang_of(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(lang(&[]), Lang::En);
        assert_eq!(lang(&[("LANG", "ru_RU.UTF-8")]), Lang::Ru);
        assert_eq!(lang(&[("LANG", "ru_RU.UTF-8"), ("LC_MESSAGES", "C")]), Lang::En);
        assert_eq!(lang(&[("LANG", "C"), ("LC_MESSAGES", "de_DE"), ("LC_ALL", "ru_UA.utf8")]), Lang::Ru);
    }

    #[test]
    fn everything_is_below_a_root_directory_that_is_named() {
        let context = Context::new(Globals { root_dir: Some("/x".into()), ..Globals::default() });
        assert_eq!(context.state_dir().expect("named"), PathBuf::from("/x"));
    }
}
