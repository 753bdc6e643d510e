//! Expectations in words.

use super::{Condition, Expectation};
use crate::{
    i18n::{Lang, fill, t},
    lab::{
        fact::Fact,
        observation::{Observation, Value},
    },
};

impl Expectation {
    /// A name for programs: the fact's id, or the call and the error it is refused with.
    pub fn id(&self) -> String {
        match self {
            Self::Fact { fact, .. } => fact.to_string(),
            Self::Refused { refused, errno } => format!("{refused}.{errno}"),
        }
    }

    /// "host name (inside): box".
    pub fn words(&self, lang: Lang) -> String {
        match self {
            Self::Fact { fact, is } => fill(
                lang,
                "lab.want.line",
                &[
                    ("label", &fact.fact.label(lang)),
                    ("side", &t(lang, fact.side.key())),
                    ("wanted", &is.words(fact.fact, lang)),
                ],
            ),
            Self::Refused { refused, errno } => {
                fill(lang, "lab.want.refusal", &[("call", refused), ("errno", errno)])
            }
        }
    }

    /// What is there in place of what is wanted: "host name (inside): now laptop; wanted: box".
    pub fn unmet(&self, seen: &Observation, lang: Lang) -> String {
        match self {
            Self::Fact { fact, is } => {
                let now = seen.get(*fact).map(Value::short).filter(|now| !now.is_empty());
                let now = now.map(|now| fact.fact.say(&now, lang));
                fill(
                    lang,
                    "lab.hint.unmet",
                    &[
                        ("label", &fact.fact.label(lang)),
                        ("side", &t(lang, fact.side.key())),
                        ("now", &now.as_deref().unwrap_or("—")),
                        ("wanted", &is.words(fact.fact, lang)),
                    ],
                )
            }
            Self::Refused { refused, errno } => {
                fill(lang, "lab.hint.unmet_refusal", &[("call", refused), ("errno", errno)])
            }
        }
    }
}

impl Condition {
    fn words(&self, fact: Fact, lang: Lang) -> String {
        let number;
        let (key, value) = match self {
            Self::DiffersFromHost => ("lab.want.differs_from_host", ""),
            Self::SameAsHost => ("lab.want.same_as_host", ""),
            Self::Changed => ("lab.want.changed", ""),
            Self::Unchanged => ("lab.want.unchanged", ""),
            Self::Equals(value) if value.is_empty() => ("lab.want.nothing", ""),
            Self::Equals(value) => ("lab.want.equals", value.as_str()),
            Self::Contains(value) => ("lab.want.contains", value.as_str()),
            Self::Lacks(value) => ("lab.want.lacks", value.as_str()),
            Self::NotEmpty => ("lab.want.not_empty", ""),
            Self::Grew => ("lab.want.grew", ""),
            Self::AtLeast(n) | Self::AtMost(n) => {
                number = n.to_string();
                let least = matches!(self, Self::AtLeast(_));
                (if least { "lab.want.at_least" } else { "lab.want.at_most" }, number.as_str())
            }
        };
        fill(lang, key, &[("value", &fact.say(value, lang))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::fact::FactId;

    #[test]
    fn an_expectation_has_a_name_and_words() {
        let fact = |is| Expectation::Fact { fact: FactId::subject(Fact::Ipc), is };
        let nothing = fact(Condition::Equals(String::new()));
        assert_eq!(nothing.id(), "subject.ipc");
        assert_eq!(nothing.words(Lang::En), "IPC objects (inside): nothing");
        assert_eq!(
            nothing.unmet(&Observation::default(), Lang::En),
            "IPC objects (inside): now —; wanted: nothing"
        );
        assert_eq!(fact(Condition::NotEmpty).words(Lang::Ru), "объекты IPC (внутри): хоть что-нибудь");
        let refused = Expectation::Refused { refused: "unshare".to_owned(), errno: "EPERM".to_owned() };
        assert_eq!(refused.id(), "unshare.EPERM");
        assert_eq!(refused.words(Lang::En), "the kernel refuses unshare with EPERM");
    }
}
