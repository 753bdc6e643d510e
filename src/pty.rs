//! The student's shell: a pseudo-terminal whose screen the program keeps and draws.
//!
//! Bytes from the terminal go through a [`Screen`], which keeps cells and throws away every control sequence; keys,
//! mouse and pasted text go the other way through [`keys`]. Who runs on the other end is not known here.

mod exchange;
pub mod keys;
mod screen;
mod session;

pub use screen::{Attributes, Cell, Color, Cursor, Modes, Mouse, Screen};
pub use session::{Error, Session};
