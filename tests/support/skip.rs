//! Saying what could not be run.

use std::io::Write;

/// Says by name what this machine cannot run, and why. Written past the test harness, which hides what passes.
///
/// With `KOROBKA_TEST_ALL` set (continuous integration), nothing may be skipped.
pub(crate) fn skip(name: &str, reason: &str) {
    let must = std::env::var_os("KOROBKA_TEST_ALL").is_some();
    assert!(!must, "{name} cannot be skipped here: {reason}");
    writeln!(std::io::stderr(), "SKIPPED {name}: {reason}").expect("stderr");
}
