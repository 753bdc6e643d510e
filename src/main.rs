//! The binary: chooses a role before any thread starts, then runs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    korobka::role::dispatch()
}
