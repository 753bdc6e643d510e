//! *Korobka* (коробка, "box"): a glass box for containers.
//!
//! The architecture on one page. Data flows one way:
//!
//! ```text
//! course file → step → action → (stage, kernel) → trace → (probe) → observation → panel
//! ```
//!
//! | module | what it holds | may use |
//! |---|---|---|
//! | [`course`] | lessons, labs and questions as plain data; parser, catalogue, linter | pure: no I/O, no thread, no nix, no ratatui |
//! | [`lab`] | actions, facts, observations, expectations, the state machine of a run | pure, likewise |
//! | [`kernel`] | one trait in front of every system call; the only `unsafe` code | nix |
//! | [`cgroup`] | cgroups of our own: where, limits, members; every one noted before it is made | kernel, probe, lab |
//! | [`stage`] | the single-threaded helper that owns the sandbox, acts in it and cleans it up | kernel, probe, lab, cgroup, container |
//! | [`container`] | a whole box: its plan, its start, its init | kernel, lab, cgroup |
//! | [`probe`] | readers of /proc and friends, over a root path; what the machine can do | lab, kernel |
//! | [`workload`] | what subjects run | kernel |
//! | [`pty`] | the student's shell: session, reader, key encoder, screen | kernel |
//! | [`image`] | layer autopsy: an image's layers taken apart, no daemon, nothing written | nothing of ours |
//! | [`inspect`] | the same eyes on a process that somebody else made | probe, stage's witness, lab |
//! | [`store`] | progress, in an event log | |
//! | [`tape`] | writes a run down while it happens | lab, stage's protocol |
//! | [`tui`] | model, message, update, effect; screens, panels, widgets | course, lab, i18n, what inspect tells; never kernel nor stage's server |
//! | [`runtime`] | owns threads and channels, carries out effects | everything above |
//! | [`cli`] | one file a subcommand; the only place that prints | everything above |
//! | [`i18n`] | the table of strings | |
//!
//! Processes: the program (ui role), its *stage* (the same binary, one thread) and the *subject* (the same binary
//! again, the process that is put into the box). See [`role`].

pub mod cgroup;
pub mod cli;
pub mod container;
pub mod course;
pub mod i18n;
pub mod image;
pub mod inspect;
pub mod kernel;
pub mod lab;
pub mod probe;
pub mod pty;
pub mod quiz;
pub mod role;
pub mod runtime;
pub mod stage;
pub mod store;
pub mod tape;
pub mod tui;
pub mod workload;
