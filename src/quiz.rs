//! Questions of every kind as plain data, what may be answered to them, and what an answer is worth. Pure: a question comes
//! from a course file, an answer from a screen, a page or a file, and the grade is the same for all of them.
//!
//! Everything that can be chosen has an id of its own, so that neither a corrected typo nor a shuffle changes what was
//! answered.

pub mod answer;
pub mod check;
pub mod grade;
pub mod kind;
pub mod question;
pub mod sheet;
pub mod shuffle;
pub mod wording;

pub use answer::{Answer, Misfit};
pub use grade::{Grade, Mark, Verdict};
pub use kind::Kind;
pub use question::{Question, Scoring};
pub use sheet::Quiz;
