//! What a fact is called and how its values are said, in both languages.

use super::{Fact, Side};
use crate::i18n::{Lang, find, t};

impl Fact {
    /// Its name on a panel, a few words.
    pub fn label(self, lang: Lang) -> &'static str {
        find(lang, &format!("fact.label.{}", self.key())).unwrap_or_else(|| self.id())
    }

    /// One sentence on what it is and why it matters.
    pub fn about(self, lang: Lang) -> &'static str {
        find(lang, &format!("fact.about.{}", self.key())).unwrap_or_else(|| self.id())
    }

    /// A value as it is shown: what is an answer, and not a name, is in the language of the screen.
    pub fn say(self, value: &str, lang: Lang) -> String {
        let asked = self.id().starts_with("dial.");
        let key = match (self, value) {
            (_, "yes") if asked => "fact.value.yes",
            (_, "no") if asked => "fact.value.no",
            (Self::SeesHost | Self::Escape | Self::RightsReadOnly, "yes") => "fact.value.yes",
            (
                Self::SeesHost | Self::Escape | Self::BoxMount | Self::DiskQuota | Self::RightsReadOnly,
                "no",
            ) => "fact.value.no",
            (Self::Frozen, "frozen") => "fact.value.frozen",
            (Self::Frozen, "running") => "fact.value.running",
            (Self::HostPort, "open") => "fact.value.open",
            _ => return value.to_owned(),
        };
        t(lang, key).to_owned()
    }

    fn key(self) -> String {
        self.id().replace('.', "_")
    }
}

impl Side {
    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Host => "fact.side.host",
            Self::Subject => "fact.side.subject",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_label_and_a_sentence_in_both_languages() {
        for lang in Lang::ALL {
            for fact in Fact::ALL {
                for kind in ["label", "about"] {
                    let key = format!("fact.{kind}.{}", fact.key());
                    assert!(find(lang, &key).is_some_and(|text| !text.is_empty()), "{}: {key}", lang.code());
                }
            }
        }
    }

    #[test]
    fn an_answer_is_said_in_the_language_and_a_name_is_left_as_it_is() {
        assert_eq!(Fact::SeesHost.say("yes", Lang::Ru), "да");
        assert_eq!(Fact::Escape.say("no", Lang::Ru), "нет");
        assert_eq!(Fact::HostPort.say("open", Lang::Ru), "открыт");
        assert_eq!(Fact::BoxMount.say("tmpfs", Lang::Ru), "tmpfs");
        assert_eq!(Fact::Hostname.say("yes", Lang::Ru), "yes");
        assert_eq!(Fact::SeesHost.say("yes", Lang::En), "yes");
    }

    #[test]
    fn a_label_fits_the_column_of_the_narrowest_panel() {
        // of a terminal of 80 columns, beside the text
        const NARROWEST: usize = 19;
        for lang in Lang::ALL {
            let facts = Fact::ALL.iter().map(|fact| fact.label(lang));
            let probes = crate::lab::dial::Probe::ALL.iter().map(|probe| probe.label(lang));
            for label in facts.chain(probes) {
                assert!(unicode_width::UnicodeWidthStr::width(label) <= NARROWEST, "{label}");
            }
        }
    }
}
