//! What fills the screen.

pub(crate) mod home;
pub(crate) mod lab;
pub(crate) mod process;
pub(crate) mod reader;
