//! The table of strings in both languages, and its look-up.
//!
//! One file a room: `assets/locales/<lang>/<room>.toml`; the key of a string is `<room>.<table>.<name>`.

use std::{collections::BTreeMap, fmt::Display, sync::OnceLock};

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets/locales");

/// A language of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Русский.
    Ru,
    /// English.
    #[default]
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ru, Self::En];

    /// `ru` or `en`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Ru => Self::En,
            Self::En => Self::Ru,
        }
    }

    /// What a locale's name asks for: `ru_RU.UTF-8` is Russian, anything else English, `locale(7)`.
    pub fn of_locale(name: &str) -> Self {
        if name == "ru" || name.starts_with("ru_") || name.starts_with("ru.") { Self::Ru } else { Self::En }
    }
}

/// A text that a course file gives in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ru => &self.ru,
            Lang::En => &self.en,
        }
    }
}

/// The string of a key. A key that is missing shows itself (a test finds it before a student does).
pub fn t(lang: Lang, key: &'static str) -> &'static str {
    find(lang, key).unwrap_or(key)
}

/// The string of a key made while running, if there is one: `explain.mount.EPERM`.
pub fn find(lang: Lang, key: &str) -> Option<&'static str> {
    table(lang).get(key).map(String::as_str)
}

/// The string of a key with its `{name}` places filled.
pub fn fill(lang: Lang, key: &'static str, values: &[(&str, &dyn Display)]) -> String {
    values.iter().fold(t(lang, key).to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), &value.to_string())
    })
}

/// Every key of a language, in order.
pub fn keys(lang: Lang) -> impl Iterator<Item = &'static str> {
    table(lang).keys().map(String::as_str)
}

fn table(lang: Lang) -> &'static BTreeMap<String, String> {
    static RU: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    static EN: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let cell = match lang {
        Lang::Ru => &RU,
        Lang::En => &EN,
    };
    cell.get_or_init(|| read(lang))
}

fn read(lang: Lang) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for file in FILES.get_dir(lang.code()).into_iter().flat_map(Dir::files) {
        let room = file.path().file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        if let Some(Ok(value)) = file.contents_utf8().map(toml::from_str::<toml::Table>) {
            flatten(room, toml::Value::Table(value), &mut all);
        }
    }
    all
}

fn flatten(prefix: &str, value: toml::Value, into: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                flatten(&format!("{prefix}.{name}"), value, into);
            }
        }
        toml::Value::String(text) => {
            into.insert(prefix.to_owned(), text);
        }
        other => {
            into.insert(prefix.to_owned(), other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_locale_file_parses_and_both_languages_have_the_same_keys_and_places() {
        for dir in FILES.dirs() {
            for file in dir.files() {
                let text = file.contents_utf8().expect("utf-8");
                toml::from_str::<toml::Table>(text)
                    .unwrap_or_else(|e| panic!("{}: {e}", file.path().display()));
            }
        }
        let missing: Vec<_> = Lang::ALL
            .iter()
            .flat_map(|lang| {
                keys(*lang).filter(|k| find(lang.other(), k).is_none()).map(move |k| (lang.other(), k))
            })
            .collect();
        assert_eq!(missing, [], "keys that one language lacks");
        for key in keys(Lang::En) {
            assert_eq!(places(find(Lang::En, key)), places(find(Lang::Ru, key)), "places of {key}");
        }
    }

    fn places(text: Option<&str>) -> Vec<String> {
        let text = text.unwrap_or_default();
        let mut found: Vec<String> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
            .collect();
        found.sort();
        found
    }
}
