//! The stage: a process with one thread that owns the sandbox. It starts subjects, acts on them from outside, watches
//! them, and takes everything with it when it ends.
//!
//! The user interface speaks to it through [`client`] only; [`protocol`] is what they say, [`order`] what the stage and
//! a subject say to each other.

pub mod act;
pub mod cage;
pub mod client;
pub mod dial;
pub mod escape;
pub mod farewell;
pub mod janitor;
pub mod member;
pub mod observe;
pub mod order;
pub mod protocol;
pub mod server;
pub mod session;
pub mod shell;
pub mod subject;
pub mod terminal;
pub mod troupe;
pub mod wire;
pub mod witness;
