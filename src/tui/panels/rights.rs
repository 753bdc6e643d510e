//! The rights: what the process may still do.

use ratatui::text::Line;

use super::{View, sight};
use crate::{lab::sight::Sight, tui::model::World};

/// The lines of the panel.
pub(super) fn lines(view: View<'_>, world: &World, size: (usize, usize)) -> Vec<Line<'static>> {
    sight::lines(Sight::Rights, view, world, size)
}
