//! The role of this process, chosen from its arguments before any thread starts.
//!
//! The program starts itself again as `@stage`, `@subject` and `@observer`, with one end of a socket as standard input. Everything else
//! is the command line.

use std::{
    ffi::OsString,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    process::ExitCode,
};

use crate::{
    cli,
    inspect::observer,
    kernel::process,
    stage::{order::Fault, server, subject},
};

/// Runs the role that the arguments name.
pub fn dispatch() -> ExitCode {
    if let Err(errno) = process::heed_children() {
        tracing::error!(%errno, "the end of children goes unnoticed");
    }
    let mut args = std::env::args_os().skip(1);
    match args.next().as_ref().and_then(|role| role.to_str()) {
        Some("@stage") => stage(&args.collect::<Vec<_>>()),
        Some("@observer") => observer(&args.collect::<Vec<_>>()),
        Some("@subject") => standard_input().map_or(ExitCode::FAILURE, |socket| done(subject::run(socket))),
        _ => cli::run(),
    }
}

fn stage(args: &[OsString]) -> ExitCode {
    let number = |at: usize| args.get(at).and_then(|text| text.to_str()?.parse::<i32>().ok());
    let fault = number(1).zip(number(2));
    let fault = fault.and_then(|(at, errno)| Some(Fault { at: u32::try_from(at).ok()?, errno }));
    match (args.first(), standard_input()) {
        (Some(sessions), Some(socket)) => done(server::run(socket, &PathBuf::from(sessions), fault)),
        _ => ExitCode::FAILURE,
    }
}

fn observer(args: &[OsString]) -> ExitCode {
    let pid = args.first().and_then(|text| text.to_str()?.parse().ok());
    match (pid, standard_input()) {
        (Some(pid), Some(socket)) => done(observer::run(&socket, pid)),
        _ => ExitCode::FAILURE,
    }
}

/// The socket, moved away from number 0: a forked child must not keep the socket of the process it was forked from.
fn standard_input() -> Option<OwnedFd> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
    nix::unistd::dup2_stdin(std::fs::File::open("/dev/null").ok()?).ok()?;
    process::keep_descriptors_in();
    Some(socket)
}

/// Roles have nobody to print to: their parent reads the end of the socket.
fn done<E: std::fmt::Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "role ended");
            ExitCode::FAILURE
        }
    }
}
