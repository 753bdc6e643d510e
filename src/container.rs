//! The whole box: a position of the dial becomes an ordered list of kernel calls ([`plan`]), one `clone3(2)` starts the
//! process that carries them out on itself ([`start()`]), and what then runs in it is the caller's affair: a command
//! (`korobka box`), or the questions of the dial.
//!
//! ```text
//! parent   clone3 ── id maps ──────── cgroups ──────────── waits
//! child            └ root, /proc, pivot_root, name, lo ┘ └ cgroup namespace, rights, the command
//! ```
//!
//! The child does not wait for its cgroups while it builds its root: on cgroup v1 to join one takes the kernel
//! milliseconds, on another processor.

pub mod command;
mod front;
pub mod host;
pub mod init;
pub mod notation;
pub mod plan;
mod rights;
pub mod root;
pub mod run;
pub mod start;

pub use host::Host;
pub use plan::{Base, Plan, Step, Wish};
pub use start::{Line, Parent, start};
