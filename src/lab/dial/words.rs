//! What the parts of the dial are called, in both languages: `assets/locales/<lang>/dial.toml`.

use super::{Preset, Probe, Switch};
use crate::i18n::{Lang, find};

impl Switch {
    /// Its name on the panel.
    pub fn label(self, lang: Lang) -> &'static str {
        find(lang, &format!("dial.switch.{}", self.name())).unwrap_or_else(|| self.name())
    }

    /// One or two sentences on what it is.
    pub fn about(self, lang: Lang) -> &'static str {
        find(lang, &format!("dial.about.{}", self.name())).unwrap_or_else(|| self.name())
    }
}

impl Preset {
    /// Its name on the panel.
    pub fn label(self, lang: Lang) -> &'static str {
        find(lang, &format!("dial.preset.{}", self.name())).unwrap_or_else(|| self.name())
    }
}

impl Probe {
    /// The question, as the rest of a sentence that begins with "the box".
    pub fn label(self, lang: Lang) -> &'static str {
        find(lang, &format!("dial.probe.{}", self.key())).unwrap_or_else(|| self.key())
    }

    const fn key(self) -> &'static str {
        match self {
            Self::HostProcesses => "host_processes",
            Self::HostFiles => "host_files",
            Self::HostPort => "host_port",
            Self::Hostname => "hostname",
            Self::HostRoot => "host_root",
            Self::Memory => "memory",
            Self::Forks => "forks",
            Self::Survives => "survives",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_on_the_dial_has_words_in_both_languages() {
        for lang in Lang::ALL {
            for switch in Switch::ALL {
                assert!(switch.about(lang).contains(switch.label(lang)), "{switch}");
            }
            for probe in Probe::ALL {
                assert_ne!(probe.label(lang), probe.key());
            }
            for preset in Preset::ALL {
                assert!(find(lang, &format!("dial.preset.{}", preset.name())).is_some());
            }
        }
    }
}
