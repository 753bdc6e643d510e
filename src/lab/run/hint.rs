//! The ladder of hints: the idea, the place, what the student's own state shows, the solution.

use super::Run;
use crate::{
    i18n::{Lang, t},
    lab::{
        action::shell_lines,
        expectation::{Expectation, Moments},
        trace::Trace,
    },
};

/// A rung of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The idea.
    Principle,
    /// Where to look.
    Place,
    /// The first expectation that does not hold, with the value that is there.
    State,
    /// The lines to type.
    Solution,
}

impl Rung {
    /// From the first to the last.
    pub const ALL: [Self; 4] = [Self::Principle, Self::Place, Self::State, Self::Solution];
}

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Which rung.
    pub rung: Rung,
    /// What it says; the solution has a line for each line to type.
    pub text: String,
}

impl Run {
    /// Climbs one rung; nothing happens on the last.
    pub fn hint(&mut self) {
        if let Some(rungs) = self.rungs.get_mut(self.index) {
            *rungs = Rung::ALL.len().min(*rungs + 1);
        }
    }

    /// How many hints were taken in a step.
    pub fn hints_taken(&self, index: usize) -> usize {
        self.rungs.get(index).copied().unwrap_or(0)
    }

    /// The hints taken in this step.
    pub fn hints(&self, lang: Lang) -> Vec<Hint> {
        let taken = self.hints_taken(self.index);
        let hint = |rung: &Rung| Some(Hint { rung: *rung, text: self.hint_text(*rung, lang)? });
        Rung::ALL.iter().take(taken).filter_map(hint).collect()
    }

    fn hint_text(&self, rung: Rung, lang: Lang) -> Option<String> {
        let step = self.step()?;
        Some(match rung {
            Rung::Principle => step.hints.principle.get(lang).to_owned(),
            Rung::Place => step.hints.place.get(lang).to_owned(),
            Rung::State => self.state_hint(&step.expect, lang),
            Rung::Solution => {
                let lines = shell_lines(&step.actions, self.scene());
                if lines.is_empty() { t(lang, "lab.hint.no_shell").to_owned() } else { lines.join("\n") }
            }
        })
    }

    fn state_hint(&self, expect: &[Expectation], lang: Lang) -> String {
        let acted = self.outcome();
        let hand = self.hands.newest().filter(|_| acted.is_none_or(|o| o.by_hand));
        let by_hand = hand.is_some();
        let Some((began, after)) = hand.or_else(|| self.began.as_ref().zip(self.now.as_ref())) else {
            return t(lang, "lab.hint.no_subject").to_owned();
        };
        let before = acted.filter(|_| !by_hand).map_or(began, |o| &o.before);
        let traces: &[Trace] = acted.map_or(&[], |o| &o.traces);
        let moments = Moments { before, after, traces, by_hand };
        match expect.iter().find(|e| !e.met(moments)) {
            Some(expectation) => expectation.unmet(after, lang),
            None => t(lang, "lab.hint.all_met").to_owned(),
        }
    }
}
