//! The linter.

use super::{Course, CourseErrors, source::Source};

/// What the linter found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every error.
    pub errors: CourseErrors,
}

/// Checks a whole course.
pub fn check(source: &Source) -> Report {
    Report { errors: Course::from_source(source).err().unwrap_or_default() }
}
