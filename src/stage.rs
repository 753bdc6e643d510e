//! The stage: a process with one thread that owns the sandbox. It starts subjects, acts on them from outside, watches
//! them, and takes everything with it when it ends.
//!
//! The user interface speaks to it through [`client`] only; [`protocol`] is what they say.

pub mod protocol;
