//! (see the design)

pub mod doctor;
