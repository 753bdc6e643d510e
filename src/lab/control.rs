//! Controls: what a student may try on the subject outside of any step. A control is a template of one action, with at
//! most one place for a value that the student types.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::action::Action;
use crate::i18n::{Lang, Text, t};

/// Letters that mean something else while the controls are open.
pub const RESERVED: &str = "jkqu";

/// The longest value that can be typed, in characters.
pub const LONGEST: usize = 64;

/// Something to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// `memory-max`; unique in the lab.
    pub id: String,
    /// The key that tries it while the controls are open: a small letter or a digit.
    pub key: Option<char>,
    /// What it does, in a few words.
    pub label: Text,
    /// An action as it is written in a step, without what the student types.
    pub action: Map<String, Value>,
    /// What the student types.
    pub field: Option<Field>,
}

/// The place of a value in an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The key of the action that takes the value: `value` of `{ do = "…", value = "…" }`.
    pub name: String,
    /// What is asked for.
    pub label: Text,
    /// What an empty input stands for.
    pub default: String,
    /// What may be typed.
    pub kind: Kind,
}

/// What may be typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Bytes or a count, as cgroup files take them: `100M`, `4096`, `max`.
    Amount,
    /// A whole number, also below 0; the action takes it as a number.
    Number,
    /// Some words, without control characters.
    Text,
    /// A path below a directory that the action knows: relative, without `..`.
    Path,
}

/// A value that a field does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not of the field's kind.
    #[error("not {wanted}: {value:?}")]
    Kind {
        /// What may be typed.
        wanted: &'static str,
        /// What was.
        value: String,
    },
    /// Of the field's kind, but the action does not take it.
    #[error("{0}")]
    Action(String),
}

impl Kind {
    /// What may be typed, with an example.
    pub fn wanted(self, lang: Lang) -> &'static str {
        t(
            lang,
            match self {
                Self::Amount => "lab.field.amount",
                Self::Number => "lab.field.number",
                Self::Text => "lab.field.text",
                Self::Path => "lab.field.path",
            },
        )
    }

    /// The value as an action takes it, where it is of this kind.
    fn value(self, typed: &str) -> Option<Value> {
        let plain =
            !typed.is_empty() && typed.chars().count() <= LONGEST && !typed.chars().any(char::is_control);
        let fits = plain
            && match self {
                Self::Amount => is_amount(typed),
                Self::Number | Self::Text => true,
                Self::Path => {
                    !typed.starts_with('/') && typed.split('/').all(|part| !matches!(part, "" | "." | ".."))
                }
            };
        match self {
            Self::Number => typed.parse::<i64>().ok().filter(|_| fits).map(Value::from),
            _ => fits.then(|| Value::from(typed)),
        }
    }
}

/// `max`, or digits with K, M, G or T behind them, of either case.
fn is_amount(typed: &str) -> bool {
    let digits = typed.strip_suffix(['K', 'M', 'G', 'T', 'k', 'm', 'g', 't']).unwrap_or(typed);
    typed == "max" || (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

impl Control {
    /// What is typed, or what an empty input stands for.
    pub fn value<'a>(&'a self, typed: &'a str) -> &'a str {
        match &self.field {
            Some(field) if typed.trim().is_empty() => &field.default,
            Some(_) => typed.trim(),
            None => "",
        }
    }

    /// The action, with what was typed; nothing typed stands for the default.
    pub fn action(&self, typed: &str) -> Result<Action, Unfit> {
        let mut action = self.action.clone();
        if let Some(field) = &self.field {
            let typed = self.value(typed);
            let value = field.kind.value(typed).ok_or_else(|| Unfit::Kind {
                wanted: field.kind.wanted(Lang::En),
                value: typed.to_owned(),
            })?;
            action.insert(field.name.clone(), value);
        }
        Action::deserialize(Value::Object(action)).map_err(|error| Unfit::Action(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(text: &str) -> Control {
        toml::from_str(text).expect("a control")
    }

    const NAME: &str = r#"
        id = "name"
        key = "n"
        label = { ru = "имя", en = "a name" }
        action = { do = "set-hostname" }
        field = { name = "name", label = { ru = "имя", en = "name" }, default = "box", kind = "text" }
    "#;

    #[test]
    fn what_is_typed_goes_into_the_action_and_nothing_is_the_default() {
        let name = control(NAME);
        let action = |typed| name.action(typed).map(|action| serde_json::to_value(action).expect("json"));
        assert_eq!(action(" "), Ok(serde_json::json!({ "do": "set-hostname", "name": "box" })));
        assert_eq!(action("inner"), Ok(serde_json::json!({ "do": "set-hostname", "name": "inner" })));
        assert!(matches!(action("two words"), Err(Unfit::Action(why)) if why.contains("not a host name")));
        assert!(matches!(action("a\tb"), Err(Unfit::Kind { .. })));
        assert!(matches!(action(&"a".repeat(65)), Err(Unfit::Kind { .. })));
    }

    #[test]
    fn every_kind_takes_its_own() {
        let takes = |kind: Kind, good: &[&str], bad: &[&str]| {
            for typed in good {
                assert!(kind.value(typed).is_some(), "{kind:?} {typed:?}");
            }
            for typed in bad {
                assert!(kind.value(typed).is_none(), "{kind:?} {typed:?}");
            }
        };
        takes(Kind::Amount, &["max", "0", "4096", "100M", "1g"], &["", "M", "-1", "1.5G", "10 M", "maxi"]);
        takes(Kind::Number, &["0", "-60", "86400"], &["", "1.5", "1M", "99999999999999999999"]);
        takes(Kind::Text, &["a", "two words", "имя"], &["", "a\nb", "\u{1b}[2J"]);
        takes(Kind::Path, &["etc/motd", "a"], &["/etc", "../etc", "a/../b", "a//b", ".", ""]);
        assert_eq!(Kind::Number.value("-60"), Some(Value::from(-60)));
    }

    #[test]
    fn a_control_without_a_field_is_its_action() {
        let fork = control(
            r#"id = "fork"
            label = { ru = "ветвление", en = "fork" }
            action = { do = "clone" }"#,
        );
        assert_eq!(fork.action("whatever"), Ok(Action::Clone { ns: Vec::new() }));
    }
}
