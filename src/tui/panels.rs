//! Views of a run: pure functions of what was seen.

pub(crate) mod processes;
pub(crate) mod traces;
pub(crate) mod witness;
