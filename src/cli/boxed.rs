//! `korobka box`: a command in the whole box, in the foreground. Of the program it uses nothing but the plan and the
//! kernel: no course is read and no thread is started, so that it is there in milliseconds.

use std::{ffi::OsString, process::ExitCode};

use clap::{
    Args as Group, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};

use super::{
    args::Globals,
    context::Context,
    exit::{self, Exit, Fault},
    usage,
};
use crate::{
    cgroup::{Groups, Layout},
    container::{
        Base, Host, Plan, Wish,
        command::{Command, status_of},
        root::size_of,
        run::{GROUP, Wrong, run},
    },
    i18n::{fill, t},
    kernel::{Kernel, Linux},
    lab::{
        action::Hostname,
        dial::{Preset, Setting, Switch},
        explain::explain,
        limit::{Amount, Controller, Limit},
        trace::Failure,
    },
    probe::mountinfo::{self, Mount},
    stage::{client::sessions_dir, janitor, session::Session},
};

mod told;
mod words;

/// Over which directory of the host a root is put together: in the box's own list of mounts, so the host's stays.
const SCAFFOLDS: [&str; 3] = ["/tmp", "/run", "/mnt"];

/// The name of a box that is given none.
const DEFAULT_NAME: &str = "box";

/// What `box` takes.
#[derive(Debug, Group)]
pub(super) struct BoxArgs {
    /// Where the dial stands [default: rootless; for root: docker]
    #[arg(long, value_enum)]
    pub preset: Option<PresetName>,
    /// A switch that is on besides
    #[arg(long, value_name = "SWITCH", value_parser = switch())]
    pub with: Vec<Switch>,
    /// A switch that is off all the same
    #[arg(long, value_name = "SWITCH", value_parser = switch())]
    pub without: Vec<Switch>,
    /// The most memory: 100M. Files that the box writes lie there too, at most in half of it [without it: in 256M]
    #[arg(long, value_name = "BYTES", value_parser = amount)]
    pub memory: Option<Amount>,
    /// The most processor time, in processors: 0.5
    #[arg(long, value_name = "N", value_parser = amount)]
    pub cpus: Option<Amount>,
    /// The most processes: 64
    #[arg(long, value_name = "N", value_parser = amount)]
    pub pids: Option<Amount>,
    /// The name of the box
    #[arg(long, value_name = "NAME", default_value = DEFAULT_NAME, value_parser = hostname)]
    pub hostname: Hostname,
    /// Tell every call as it is made, with its shell line and Docker's word for it, on standard error
    #[arg(long)]
    pub explain: bool,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// A preset as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PresetName {
    /// Nothing: a plain process
    Plain,
    /// Only another root directory
    Chroot,
    /// What `docker run` makes
    Docker,
    /// What `docker run --privileged` makes
    Privileged,
    /// What rootless Docker and Podman make: all nine switches
    Rootless,
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Plain => Self::Plain,
            PresetName::Chroot => Self::Chroot,
            PresetName::Docker => Self::Docker,
            PresetName::Privileged => Self::Privileged,
            PresetName::Rootless => Self::Rootless,
        }
    }
}

/// The names are said in the help, in completions, and where a word is none of them.
fn switch() -> impl TypedValueParser<Value = Switch> {
    PossibleValuesParser::new(Switch::ALL.map(Switch::name)).try_map(|name| name.parse::<Switch>())
}

fn amount(text: &str) -> Result<Amount, String> {
    Amount::try_from(text.to_owned()).map_err(|bad| bad.to_string())
}

fn hostname(text: &str) -> Result<Hostname, String> {
    Hostname::try_from(text.to_owned()).map_err(|bad| bad.to_string())
}

/// Takes the short way where the words are `korobka box …` and make sense; none is for the whole command line, which
/// also knows what to say of words that do not.
pub(super) fn short_way(words: &[OsString]) -> Option<ExitCode> {
    let rest = words.get(1..).filter(|rest| rest.first().is_some_and(|word| word == "box"))?;
    let args = words::read(rest.get(1..)?)?;
    let context = Context::new(Globals::default());
    let exit = run_box(&context, &args).unwrap_or_else(|error| exit::explain(&error, context.lang));
    Some(ExitCode::from(exit.code()))
}

/// Runs the command; the exit status is its own.
pub(super) fn run_box(context: &Context, args: &BoxArgs) -> anyhow::Result<Exit> {
    if args.explain {
        boxed(context, args, &mut told::Told::new(context.lang))
    } else {
        boxed(context, args, &mut Linux)
    }
}

fn boxed(context: &Context, args: &BoxArgs, kernel: &mut dyn Kernel) -> anyhow::Result<Exit> {
    let mounts = mountinfo::own();
    let host = Host::look_among(&mounts);
    let usual = if host.uid == 0 { Preset::Docker } else { Preset::Rootless };
    let preset = args.preset.map_or(usual, Preset::from);
    let setting = Setting::turned(preset, &args.with, &args.without);
    let limits = limits(context, args, &setting)?;
    let own_root = setting.has(Switch::Root) || setting.chroot;
    let memory = args.memory.as_ref().map(Amount::number).filter(|bytes| *bytes > 0);
    let wish = Wish {
        hostname: args.hostname.as_str().to_owned(),
        dir: scaffold(),
        base: Base::Memory(size_of(memory)),
        in_user_namespace: false,
        setting,
    };
    let plan = Plan::of(wish, &host);
    let command = Command { words: args.command.clone(), own_root };
    let mut limited = None;
    if plan.setting.has(Switch::Cgroup) {
        limited = Limited::make(context, kernel, &mounts, &limits)?;
    }
    let outcome = run(kernel, plan, &command, limited.as_ref().map(|limited| &limited.groups));
    if let Some(limited) = limited {
        limited.end(kernel)?;
    }
    match outcome {
        Ok(status) => Ok(Exit::Command(u8::try_from(status).unwrap_or(u8::MAX))),
        Err(Wrong::Unmade(refused)) => Err(machine(context, &refused.failure).into()),
        Err(Wrong::Command(errno)) => {
            let errno = nix::errno::Errno::from_raw(errno);
            let name =
                args.command.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
            let key = if status_of(errno) == 127 { "cli.box.not_found" } else { "cli.box.not_run" };
            let cause = format!("{errno:?}");
            let line = fill(context.lang, key, &[("command", &name), ("cause", &cause)]);
            super::context::complain(&format!("{}: {line}", t(context.lang, "cli.error")));
            Ok(Exit::Command(u8::try_from(status_of(errno)).unwrap_or(u8::MAX)))
        }
    }
}

fn machine(context: &Context, failure: &Failure) -> Fault {
    let said = explain(context.lang, failure);
    let values: &[(&str, &dyn std::fmt::Display)] =
        &[("what", &said.what), ("why", &said.why), ("try", &said.try_next)];
    Fault::Machine(fill(context.lang, "cli.machine", values))
}

fn scaffold() -> String {
    let there = |dir: &&str| std::path::Path::new(dir).is_dir();
    SCAFFOLDS.into_iter().find(there).unwrap_or("/tmp").to_owned()
}

/// The limits that were asked for. They make no sense without the cgroup that they are set in.
fn limits(context: &Context, args: &BoxArgs, setting: &Setting) -> Result<Vec<(Limit, Amount)>, Fault> {
    let asked = [
        ("--memory", Limit::MemoryMax, &args.memory),
        ("--cpus", Limit::CpuMax, &args.cpus),
        ("--pids", Limit::PidsMax, &args.pids),
    ];
    let mut limits = Vec::new();
    for (option, limit, amount) in asked {
        let Some(amount) = amount else { continue };
        if !limit.accepts(amount) {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("what", &option), ("value", amount)];
            let mut text = fill(context.lang, "cli.usage.value", values);
            let example = usage::example(option).unwrap_or_default();
            text.push_str(&fill(context.lang, "cli.usage.example", &[("example", &example)]));
            return Err(Fault::Usage(text));
        }
        if !setting.has(Switch::Cgroup) {
            return Err(Fault::Usage(fill(context.lang, "cli.box.no_cgroup", &[("what", &option)])));
        }
        limits.push((limit, amount.clone()));
    }
    Ok(limits)
}

/// The box's cgroup, and the session's directory that holds the note of it for the janitor.
struct Limited {
    session: Session,
    groups: Groups,
}

impl Limited {
    /// Makes the cgroup with its limits in force. None where the machine lets us make none and none was asked for.
    fn make(
        context: &Context,
        kernel: &mut dyn Kernel,
        mounts: &[Mount],
        limits: &[(Limit, Amount)],
    ) -> anyhow::Result<Option<Self>> {
        let demanded = !limits.is_empty();
        let layout = Layout::among(std::path::Path::new("/"), mounts)?;
        if layout.seats().is_empty() && !demanded {
            return Ok(None);
        }
        let sessions = sessions_dir(context.root_dir.as_deref());
        let session = janitor::begin(&sessions)?;
        let groups = Groups::new(layout, session.dir());
        let mut limited = Self { session, groups };
        let wanted = [Controller::Cpu, Controller::Memory, Controller::Pids];
        let made = limited.groups.make(kernel, GROUP, &wanted).and_then(|()| {
            limits.iter().try_for_each(|(limit, amount)| limited.groups.set(kernel, GROUP, *limit, amount))
        });
        match made {
            Ok(()) => Ok(Some(limited)),
            Err(failure) => {
                limited.end(kernel)?;
                if demanded { Err(machine(context, &failure).into()) } else { Ok(None) }
            }
        }
    }

    /// Removes the cgroup and the session's directory.
    fn end(mut self, kernel: &mut dyn Kernel) -> anyhow::Result<()> {
        if !self.groups.directories(GROUP).is_empty() && self.groups.remove(kernel, GROUP).is_err() {
            // Somebody is in it still: they are ended, as when the box is killed.
            self.groups.end();
        }
        self.session.remove()?;
        Ok(())
    }
}
