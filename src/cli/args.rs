//! The arguments, as types.

use std::path::PathBuf;

use clap::{Args as Group, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::boxed::BoxArgs;
use crate::i18n::Lang;

/// What the exit status says.
pub(super) const STATUS: &str = "\
0: done. 1: a check or a step failed. 2: wrong usage. 3: this machine cannot do it. \
Of box: that of the command, 128 and the signal that ended it, 126 and 127 where it cannot be run or found.";

/// What the environment decides.
pub(super) const ENVIRONMENT: &str = "\
LC_ALL, LC_MESSAGES and LANG choose the language. NO_COLOR turns colours off. XDG_STATE_HOME and XDG_RUNTIME_DIR say \
where progress and sessions are kept.";

/// Where to read on.
pub(super) const SEE_ALSO: &str = "\
namespaces(7), user_namespaces(7), unshare(1), nsenter(1), docker(1)";

/// A glass box for containers: learn namespaces by watching the kernel.
///
/// Without a command, the course opens on the screen.
#[derive(Debug, Parser)]
#[command(name = "korobka", version, after_long_help = format!("Exit status: {STATUS}\n\nEnvironment: {ENVIRONMENT}"))]
pub(super) struct Args {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Default, Group)]
pub(super) struct Globals {
    /// Language of the course and the messages [default: the environment's, else English]
    #[arg(long, global = true, display_order = 901, value_name = "LANG", value_enum)]
    pub lang: Option<LangName>,
    /// A directory with a course of your own, in place of the one inside the program
    #[arg(long, global = true, display_order = 902, value_name = "DIR")]
    pub course: Option<PathBuf>,
    /// No colours
    #[arg(long, global = true, display_order = 903)]
    pub no_color: bool,
    /// Where progress and sessions are kept [default: the XDG directories]
    #[arg(long, global = true, display_order = 904, value_name = "DIR")]
    pub root_dir: Option<PathBuf>,
}

/// A language as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LangName {
    /// Russian
    Ru,
    /// English
    En,
}

impl From<LangName> for Lang {
    fn from(name: LangName) -> Self {
        match name {
            LangName::Ru => Self::Ru,
            LangName::En => Self::En,
        }
    }
}

/// What no flag reaches.
const EXERCISES: &str = "The exercises of the lab \"container\" (assemble it yourself: key a; break it and mend it: key b) are \
                         on the screen only.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the lessons
    Lessons,
    /// Open a lesson
    Lesson {
        /// Its id or its number
        id: String,
    },
    /// Open a lab, or act it without a screen
    #[command(after_help = EXERCISES)]
    Lab(LabArgs),
    /// Run a command in a whole box and clean up
    Box(Box<BoxArgs>),
    /// Tell what this machine can and cannot do, and why
    Doctor {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Take an image apart, layer by layer: a `docker save` tar or an OCI layout; no daemon is needed
    Image(ImageArgs),
    /// Look at any process, live: its namespaces, cgroups, layers and rights, and which of the nine switches it has
    Inspect(InspectArgs),
    /// Remove what killed sessions have left
    Clean,
    /// For authors of courses
    Course {
        #[command(subcommand)]
        command: CourseCommand,
    },
    /// Write a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual page
    Man,
}

/// What `lab` takes.
#[derive(Debug, Group)]
pub(super) struct LabArgs {
    /// Its id
    pub id: String,
    /// Act every step without a screen and tell what was seen
    #[arg(long)]
    pub auto: bool,
    /// How to write it: for people, or as JSON lines (docs/lab-json.md)
    #[arg(long, value_enum, default_value_t, requires = "auto")]
    pub format: Format,
    /// One step only, by its number or its id; what comes before it is done silently
    #[arg(long, value_name = "N")]
    pub step: Option<String>,
    /// Write down what is seen, as JSON lines (docs/recording.md)
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub record: Option<PathBuf>,
    /// Show a recorded run in place of this machine
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
}

/// What `image` takes.
#[derive(Debug, Group)]
pub(super) struct ImageArgs {
    /// A tar that `docker save` wrote, or an OCI layout: a tar or a directory
    pub file: PathBuf,
    /// How to write it: for people, or as one JSON object (docs/image-json.md)
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Which image, where FILE holds several
    #[arg(long, value_name = "NAME:TAG")]
    pub name: Option<String>,
    /// Which platform, where FILE holds several [default: this machine's]
    #[arg(long, value_name = "OS/ARCH")]
    pub platform: Option<String>,
    /// Name every file that a layer added, changed or removed
    #[arg(long)]
    pub files: bool,
}

/// What `inspect` takes.
#[derive(Debug, Group)]
pub(super) struct InspectArgs {
    /// A process id, or the name of a container of Docker, Podman, LXC or systemd-nspawn
    #[arg(value_name = "PID|NAME")]
    pub process: String,
    /// Write it once: for people, or as one JSON object (docs/inspect-json.md) [default: on a terminal, a live screen]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write it once, for people, on a terminal too
    #[arg(long, conflicts_with = "format")]
    pub plain: bool,
}

/// What can be done to a course.
#[derive(Debug, Subcommand)]
pub(super) enum CourseCommand {
    /// Check every file of a course: that of DIR, of --course, or the one inside the program
    Check {
        /// The directory that holds `lessons`
        dir: Option<PathBuf>,
    },
}

/// How to write something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// The description that completions and the manual page are made from.
pub(super) fn command() -> clap::Command {
    Args::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_holds_together() {
        command().debug_assert();
    }
}
