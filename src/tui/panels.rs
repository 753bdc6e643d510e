//! Views of a run: pure functions of what was seen.

use ratatui::text::{Line, Span};

use super::{clean, history::History, model::World, theme::Role, widgets::wrap};
use crate::lab::{dial::board::Board, run::Run, sight::Sight};

pub(crate) mod dial;
mod layers;
mod limits;
pub(crate) mod mounts;
pub(crate) mod processes;
mod rights;
mod sight;
pub(crate) mod switches;
pub(crate) mod traces;
pub(crate) mod witness;

/// What the panel of a sight looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub run: &'a Run,
    /// The numbers of the past seconds.
    pub history: &'a History,
    /// The dial, where the lab looks at it.
    pub dial: Option<&'a Board>,
}

/// Writes lines of a panel that is so many columns wide.
#[derive(Clone, Copy)]
struct Pen<'a> {
    world: &'a World,
    width: usize,
}

impl Pen<'_> {
    /// A text in one role, broken into lines.
    fn say(&self, text: &str, role: Role) -> Vec<Line<'static>> {
        wrap::plain(&clean::clean(text), self.world.theme.style(role), self.width)
    }

    /// A piece of a line.
    fn span(&self, text: impl Into<String>, role: Role) -> Span<'static> {
        Span::styled(text.into(), self.world.theme.style(role))
    }
}

/// The lines of a sight's panel for a place of so many columns and rows; what does not fit is scrolled to.
pub(crate) fn lines(sight: Sight, view: View<'_>, world: &World, size: (usize, usize)) -> Vec<Line<'static>> {
    match sight {
        Sight::Limits => limits::lines(view, world, size),
        Sight::Layers => layers::lines(view, world, size),
        Sight::Rights => rights::lines(view, world, size),
        Sight::Dial => dial::lines(view, world, size),
        Sight::Walls => sight::lines(Sight::Walls, view, world, size, sight::Drawn::default()),
    }
}
