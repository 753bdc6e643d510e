//! Cgroups of our own: where they can be made, what limits are set in them, who is in them, and that they go again.
//!
//! [`Layout`] is where this process is in each hierarchy, decided for each controller apart (a hybrid machine splits
//! them). [`Groups`] makes directories `korobka-PID-RANDOM-NAME`, each noted in the session's directory *before* it is made, so
//! that [`notes::sweep`] can remove it when whoever made it was killed. Every change goes through a
//! [`crate::kernel::Kernel`], and only to a directory of ours.
//!
//! | | v2 | v1 |
//! |---|---|---|
//! | where | one directory, beside our own cgroup or above: whoever is in a cgroup keeps it from passing controllers on | one below our own, in each hierarchy |
//! | who may | root; a user where systemd has delegated the subtree | root |
//! | end | `cgroup.kill` | thaw, and `kill(2)` until nobody is left |

pub mod delegation;
pub mod device;
mod directory;
mod groups;
mod layout;
pub mod notes;

pub use directory::Directory;
pub use groups::{Groups, unavailable};
pub use layout::{Layout, Seat};
