//! What stands above a screen for a while.

use super::keymap::Command;

pub(crate) mod help;
pub(crate) mod inspector;
pub(crate) mod jump;
pub(crate) mod notice;
pub(crate) mod palette;

/// Where a scrolling command leads; none for another command.
pub(crate) fn scrolled(scroll: usize, command: Command, rows: usize) -> Option<usize> {
    Some(match command {
        Command::Up => scroll.saturating_sub(1),
        Command::Down => scroll + 1,
        Command::PageUp => scroll.saturating_sub(rows),
        Command::PageDown => scroll + rows,
        Command::Top => 0,
        Command::Bottom => usize::MAX,
        _ => return None,
    })
}
