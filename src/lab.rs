//! Labs: what can be done to a subject, what can be seen of it, and what that means for a step. Pure: no I/O.

pub mod action;
pub mod assemble;
pub mod capability;
pub mod control;
pub mod dial;
pub mod dice;
pub mod expectation;
pub mod explain;
pub mod fact;
pub mod layers;
pub mod ledger;
pub mod limit;
pub mod mend;
pub mod namespace;
pub mod observation;
pub mod recording;
pub mod run;
pub mod seccomp;
pub mod sight;
pub mod step;
pub mod trace;
