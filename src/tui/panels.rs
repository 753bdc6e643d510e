//! Views of a run: pure functions of what was seen.

use ratatui::text::Line;

use super::{history::History, model::World};
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
