//! The role of this process, chosen from its arguments before any thread starts.

use std::process::ExitCode;

/// Runs the role that the arguments name.
pub fn dispatch() -> ExitCode {
    ExitCode::SUCCESS
}
