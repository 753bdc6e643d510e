//! The command line: one file a subcommand, and the only place that prints.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use clap::Parser;

mod args;
mod auto;
mod boxed;
mod check;
mod clean;
mod columns;
mod context;
pub mod doctor;
mod exit;
mod image;
mod inspect;
mod lessons;
mod man;
mod screen;
mod usage;

use args::{Args, Command, CourseCommand, Format};
use context::Context;
use exit::Exit;
use screen::Reels;

/// Reads the arguments of this process, does what they say and tells how it ended.
pub fn run() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(exit) = boxed::short_way(&words) {
        return exit;
    }
    let exit = match Args::try_parse_from(&words) {
        Ok(args) => {
            let context = Context::new(args.globals);
            dispatch(args.command, &context).unwrap_or_else(|error| exit::explain(&error, context.lang))
        }
        Err(error) => usage::explain(&error, &words),
    };
    ExitCode::from(exit.code())
}

fn dispatch(command: Option<Command>, context: &Context) -> anyhow::Result<Exit> {
    let mut out = io::stdout();
    let exit = match command {
        None => screen::open(context, None, Reels::default())?,
        Some(Command::Lesson { id }) if !io::stdout().is_terminal() => lessons::read(context, &id, &mut out)?,
        Some(Command::Lesson { id }) => {
            screen::open(context, Some(lessons::place(context, &id)?), Reels::default())?
        }
        Some(Command::Lab(lab)) if lab.auto => auto::run(context, &lab, &mut out)?,
        Some(Command::Lab(lab)) => screen::lab(context, &lab)?,
        Some(Command::Image(wanted)) => image::run(context, &wanted, &mut out)?,
        Some(Command::Inspect(wanted)) => inspect::run(context, &wanted, &mut out)?,
        Some(Command::Box(args)) => boxed::run_box(context, &args)?,
        Some(Command::Clean) => clean::run(context, &mut out)?,
        Some(Command::Lessons) => lessons::list(context, &mut out)?,
        Some(Command::Doctor { format }) => {
            let form = match format {
                Format::Json => doctor::Form::Json,
                Format::Text => doctor::Form::Text { colour: context.colour && io::stdout().is_terminal() },
            };
            doctor::run(form, context.lang, &mut out)?
        }
        Some(Command::Course { command: CourseCommand::Check { dir } }) => {
            check::run(context, dir.as_deref(), &mut out)?
        }
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut args::command(), "korobka", &mut script);
            out.write_all(&script)?;
            Exit::Done
        }
        Some(Command::Man) => {
            man::write(&mut out)?;
            Exit::Done
        }
    };
    out.flush()?;
    Ok(exit)
}
