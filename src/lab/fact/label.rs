//! What a fact is called, in both languages.

use super::{Fact, Side};
use crate::i18n::{Lang, find};

impl Fact {
    /// Its name on a panel, a few words.
    pub fn label(self, lang: Lang) -> &'static str {
        find(lang, &format!("fact.label.{}", self.key())).unwrap_or_else(|| self.id())
    }

    /// One sentence on what it is and why it matters.
    pub fn about(self, lang: Lang) -> &'static str {
        find(lang, &format!("fact.about.{}", self.key())).unwrap_or_else(|| self.id())
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
    fn a_label_fits_a_panel() {
        for lang in Lang::ALL {
            for fact in Fact::ALL {
                let label = fact.label(lang);
                assert!(label.chars().count() <= 24, "{label}");
            }
        }
    }
}
