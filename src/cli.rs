//! The command line: one file a subcommand, and the only place that prints.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;

mod args;
mod check;
mod context;
pub mod doctor;
mod exit;
mod lessons;
mod usage;

use args::{Args, Command, CourseCommand, Format};
use context::Context;
use exit::Exit;

/// Reads the arguments of this process, does what they say and tells how it ended.
pub fn run() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let exit = match Args::try_parse_from(&words) {
        Ok(args) => {
            let context = Context::new(args.globals);
            dispatch(args.command, &context).unwrap_or_else(|error| exit::explain(&error, context.lang))
        }
        Err(error) => usage::explain(&error, &words),
    };
    ExitCode::from(exit.code())
}

fn dispatch(command: Command, context: &Context) -> anyhow::Result<Exit> {
    let mut out = io::stdout();
    let exit = match command {
        Command::Lessons => lessons::list(context, &mut out)?,
        Command::Doctor { format } => {
            let form = match format {
                Format::Json => doctor::Form::Json,
                Format::Text => doctor::Form::Text { colour: context.colour && io::stdout().is_terminal() },
            };
            doctor::run(form, context.lang, &mut out)?
        }
        Command::Course { command: CourseCommand::Check { dir } } => {
            check::run(context, dir.as_deref(), &mut out)?
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut args::command(), "korobka", &mut script);
            out.write_all(&script)?;
            Exit::Done
        }
        Command::Man => {
            clap_mangen::Man::new(args::command()).render(&mut out)?;
            Exit::Done
        }
    };
    out.flush()?;
    Ok(exit)
}
