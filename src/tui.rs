//! The interface, in the Elm style: [`message::Msg`] → [`update`] → [`model::Model`] and [`effect::Effect`]s → [`draw`].
//!
//! Nothing in here does I/O or starts a thread: [`crate::runtime`] does. Layers (screens and pop-ups) are kept by the
//! compositor; keys are looked up in one table, from which the footer, the help and the palette are made.

mod clean;
mod compositor;
pub mod effect;
mod highlight;
mod history;
mod keymap;
pub mod message;
pub mod model;
mod panels;
pub mod place;
mod popups;
mod screens;
mod theme;
mod update;
mod view;
mod widgets;

#[cfg(test)]
mod tests;

pub use theme::Theme;
pub use update::{go_to, update};
pub use view::draw;
