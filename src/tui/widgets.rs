//! Pieces of screens that know nothing of what they show.

pub(crate) mod footer;
pub(crate) mod frame;
pub(crate) mod prose;
pub(crate) mod question;
pub(crate) mod spark;
pub(crate) mod terminal;
pub(crate) mod wrap;
