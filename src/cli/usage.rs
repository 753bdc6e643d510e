//! Wrong usage in the student's language, and the help that is asked for.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{
    context::{complain, environment_lang},
    exit::Exit,
};
use crate::i18n::{Lang, fill, t};

/// Prints what clap has to say: help to standard output, an error to standard error.
pub(super) fn explain(error: &clap::Error, words: &[OsString]) -> Exit {
    if !error.use_stderr() {
        // a reader that has gone away is no error
        drop(error.print());
        return Exit::Done;
    }
    let lang = lang_of_words(words).unwrap_or_else(environment_lang);
    let message = message(error, lang);
    complain(&format!("{}: {message}\n{}", t(lang, "cli.error"), t(lang, "cli.usage.more")));
    Exit::Usage
}

/// The language that the words ask for, though they make no sense otherwise.
fn lang_of_words(words: &[OsString]) -> Option<Lang> {
    let mut words = words.iter().filter_map(|word| word.to_str());
    let value = words.find_map(|word| match word {
        "--lang" => Some(None),
        _ => word.strip_prefix("--lang=").map(Some),
    })?;
    let value = value.or_else(|| words.next());
    Lang::ALL.into_iter().find(|lang| value == Some(lang.code()))
}

fn message(error: &clap::Error, lang: Lang) -> String {
    let key = match error.kind() {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "cli.usage.value",
        ErrorKind::UnknownArgument => "cli.usage.unknown",
        ErrorKind::InvalidSubcommand => "cli.usage.command",
        ErrorKind::MissingRequiredArgument => "cli.usage.missing",
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return t(lang, "cli.usage.no_command").to_owned();
        }
        ErrorKind::ArgumentConflict | ErrorKind::TooManyValues => "cli.usage.twice",
        _ => return error.to_string().trim().to_owned(),
    };
    let what = context(error, ContextKind::InvalidSubcommand)
        .or_else(|| context(error, ContextKind::InvalidArg))
        .unwrap_or_default();
    let value = context(error, ContextKind::InvalidValue).unwrap_or_default();
    let mut text = fill(lang, key, &[("what", &what), ("value", &value)]);
    let known = context(error, ContextKind::ValidValue);
    let near = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    if let Some(known) = known {
        text.push_str(&fill(lang, "cli.usage.known", &[("values", &known)]));
    } else if let Some(example) = example(&what) {
        text.push_str(&fill(lang, "cli.usage.example", &[("example", &example)]));
    } else if let Some(near) = near.iter().find_map(|kind| context(error, *kind)) {
        text.push_str(&fill(lang, "cli.usage.near", &[("near", &near)]));
    }
    text
}

/// A value that an option of `box` takes; `what` begins with the option.
pub(super) fn example(what: &str) -> Option<&'static str> {
    let examples = [("--memory", "100M"), ("--cpus", "0.5"), ("--pids", "64"), ("--hostname", "web")];
    let option = what.split_whitespace().next()?;
    examples.into_iter().find(|(name, _)| *name == option).map(|(_, value)| value)
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        ContextValue::Number(number) => Some(number.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::Args;

    fn said(words: &[&str], lang: Lang) -> String {
        let error = Args::try_parse_from(words).expect_err("wrong usage");
        message(&error, lang)
    }

    #[test]
    fn wrong_usage_names_the_word_that_is_wrong_in_both_languages() {
        for lang in Lang::ALL {
            for (words, named) in [
                (&["korobka", "lba"][..], "lba"),
                (&["korobka", "--colour"], "--colour"),
                (&["korobka", "lab"], "<ID>"),
                (&["korobka", "--lang", "de"], "de"),
                (&["korobka", "lab", "x", "--format", "json"], "--auto"),
                (&["korobka", "completions", "nosuchshell"], "nosuchshell"),
            ] {
                let said = said(words, lang);
                assert!(said.contains(named) && !said.contains("error:"), "{words:?}: {said}");
            }
        }
        let near = said(&["korobka", "lessns"], Lang::Ru);
        assert!(
            near.starts_with("нет такой команды: lessns (похоже на: ") && near.contains("lessons"),
            "{near}"
        );
        assert_eq!(
            said(&["korobka", "--lang", "de"], Lang::En),
            "--lang <LANG> cannot be “de” (known: ru, en)"
        );
    }

    #[test]
    fn the_language_is_found_in_words_that_make_no_sense() {
        let lang = |words: &[&str]| lang_of_words(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(lang(&["korobka", "nonsense", "--lang", "ru"]), Some(Lang::Ru));
        assert_eq!(lang(&["korobka", "--lang=en", "nonsense"]), Some(Lang::En));
        assert_eq!(lang(&["korobka", "--lang"]), None);
        assert_eq!(lang(&["korobka", "--lang", "de"]), None);
    }
}
