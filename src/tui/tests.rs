//! Key scripts through the real `update`, and snapshots of every screen.

mod support;
mod walk;
