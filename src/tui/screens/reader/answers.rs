//! The questions at the end of a lesson.

use super::{Reader, text_columns, text_rows};
use crate::{
    store::Entry,
    tui::{
        effect::Effect,
        keymap::Command,
        model::World,
        widgets::question::{self, Laid},
    },
};

impl Reader {
    pub(super) fn answer(&mut self, command: Command, world: &mut World, out: &mut Vec<Effect>) -> bool {
        let Some(index) = self.question_index() else { return false };
        let Some(question) = self.questions.get(index) else { return false };
        let last = question.options.len().saturating_sub(1);
        let answered = self.answered(index);
        match command {
            Command::Up => self.cursor = self.cursor.saturating_sub(1),
            Command::Down => self.cursor = (self.cursor + 1).min(last),
            Command::Choose(n) if usize::from(n) <= last + 1 => {
                self.cursor = usize::from(n) - 1;
                self.choose(index, world, out);
            }
            Command::Accept if answered => self.turn(self.page + 1, world, out),
            Command::Accept if self.tried_in_vain() => self.cursor = self.untried(index),
            Command::Accept => self.choose(index, world, out),
            _ => return false,
        }
        let cursor = self.laid_question(index, self.cursor, world).cursor;
        self.scroll = question::follow(self.scroll, cursor, text_rows(world));
        true
    }

    fn choose(&mut self, index: usize, world: &mut World, out: &mut Vec<Effect>) {
        let (Some(question), Some(chosen)) = (self.questions.get(index), self.chosen.get_mut(index)) else {
            return;
        };
        let Some(option) = question.options.get(self.cursor) else { return };
        if chosen.contains(&self.cursor) {
            return;
        }
        chosen.push(self.cursor);
        let (of, question, right) = (self.lesson.clone(), question.id.clone(), option.right);
        world.remember(Entry::QuestionAnswered { of, question, option: self.cursor, right }, out);
    }

    /// Whether the option under the cursor was chosen and is not the end of it.
    pub(super) fn tried_in_vain(&self) -> bool {
        self.question_index().is_some_and(|index| {
            let tried = self.chosen.get(index).is_some_and(|chosen| chosen.contains(&self.cursor));
            tried && !self.answered(index)
        })
    }

    /// The first option that was not chosen yet.
    fn untried(&self, index: usize) -> usize {
        let chosen = self.chosen.get(index).map_or(&[][..], Vec::as_slice);
        (0..=chosen.len()).find(|option| !chosen.contains(option)).unwrap_or_default()
    }

    pub(super) fn answered(&self, index: usize) -> bool {
        let options = self.questions.get(index).map(|q| &q.options);
        let chosen = self.chosen.get(index).map_or(&[][..], Vec::as_slice);
        chosen.iter().any(|c| options.and_then(|o| o.get(*c)).is_some_and(|o| o.right))
    }

    /// How many questions were answered rightly at the first try, of those that were answered since the lesson was opened.
    pub(super) fn first_tries(&self) -> (usize, usize) {
        let tries = self.questions.iter().zip(&self.chosen);
        let firsts = tries.filter_map(|(question, chosen)| question.options.get(*chosen.first()?));
        firsts.fold((0, 0), |(right, all), option| (right + usize::from(option.right), all + 1))
    }

    pub(super) const fn question_index(&self) -> Option<usize> {
        if self.page >= self.pages.len() && self.page < self.last() {
            Some(self.page - self.pages.len())
        } else {
            None
        }
    }

    pub(super) fn laid_question(&self, index: usize, cursor: usize, world: &World) -> Laid {
        let chosen = self.chosen.get(index).map_or(&[][..], Vec::as_slice);
        match self.questions.get(index) {
            Some(question) => question::layout(question, cursor, chosen, world, text_columns(world)),
            None => Laid { lines: Vec::new(), cursor: (0, 0) },
        }
    }
}
