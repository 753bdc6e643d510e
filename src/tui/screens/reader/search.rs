//! Searching the pages of a lesson.

use crate::{
    course::Page,
    tui::widgets::prose::{self, Look},
};

/// What is searched for and where it was found.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Whether it is being typed.
    pub typing: bool,
    pub what: String,
    /// Pages and lines.
    hits: Vec<(usize, usize)>,
    at: usize,
}

impl Search {
    pub(super) fn begin(&mut self) {
        *self = Self { typing: true, ..Self::default() };
    }

    pub(super) fn write(&mut self, c: char) {
        self.what.push(c);
    }

    pub(super) fn erase(&mut self) {
        self.what.pop();
    }

    pub(super) const fn any(&self) -> bool {
        !self.hits.is_empty()
    }

    /// The number of the hit that is shown, from 1, and of all.
    pub(super) const fn count(&self) -> (usize, usize) {
        if self.hits.is_empty() { (0, 0) } else { (self.at + 1, self.hits.len()) }
    }

    /// Searches all pages; the first hit on or after a page is the one to show.
    pub(super) fn run(&mut self, pages: &[Page], from: usize, look: Look) {
        self.refresh(pages, look);
        self.at = self.hits.iter().position(|(page, _)| *page >= from).unwrap_or_default();
    }

    /// Searches again, since lines depend on the width.
    pub(super) fn refresh(&mut self, pages: &[Page], look: Look) {
        let what = self.what.to_lowercase();
        self.hits.clear();
        if what.is_empty() {
            return;
        }
        for (number, page) in pages.iter().enumerate() {
            let in_title = page.title.to_lowercase().contains(&what);
            let lines = prose::layout(&page.blocks, look).lines;
            let found =
                lines.iter().enumerate().filter(|(_, l)| l.to_string().to_lowercase().contains(&what));
            let mut hits: Vec<_> = found.map(|(line, _)| (number, line)).collect();
            if in_title && hits.first() != Some(&(number, 0)) {
                hits.insert(0, (number, 0));
            }
            self.hits.append(&mut hits);
        }
        self.at = self.at.min(self.hits.len().saturating_sub(1));
    }

    /// Moves on by so many hits, around the end; the page and line of the one reached.
    pub(super) fn step(&mut self, by: isize) -> Option<(usize, usize)> {
        let count = self.hits.len().cast_signed();
        if count == 0 {
            return None;
        }
        self.at = (self.at.cast_signed() + by).rem_euclid(count).cast_unsigned();
        self.hits.get(self.at).copied()
    }
}
