//! Key scripts through the real `update`, and snapshots of every screen.

mod controls;
mod dial;
mod footer;
mod hostile;
mod playback;
mod process;

mod layers;
mod sights;
mod snapshots;
mod stage;
mod style;
mod support;
mod walk;
