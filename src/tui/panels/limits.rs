//! The limits: what a cgroup allows, and what its processes use.

use ratatui::text::Line;

use super::{View, sight};
use crate::{lab::sight::Sight, tui::model::World};

/// The lines of the panel.
pub(super) fn lines(view: View<'_>, world: &World, size: (usize, usize)) -> Vec<Line<'static>> {
    sight::lines(Sight::Limits, view, world, size)
}
