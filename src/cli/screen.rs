//! The commands that open the screen.

use std::{
    ffi::OsString,
    io::{self, IsTerminal},
};

use super::{
    args::LabArgs,
    auto::{self, record},
    context::{Context, variable},
    exit::{Exit, Fault},
};
use crate::{
    i18n::fill,
    lab::recording::Recording,
    runtime::{self, Options},
    store::Store,
    tape::Tape,
    tui::{
        Theme,
        place::{Place, Target},
    },
};

/// What is recorded and what is played.
#[derive(Default)]
pub(super) struct Reels {
    pub tape: Option<Tape>,
    pub replay: Option<Recording>,
}

/// Opens a lab, and the files that go with it.
pub(super) fn lab(context: &Context, args: &LabArgs) -> anyhow::Result<Exit> {
    let (place, lab) = auto::place(context, args)?;
    let reels = Reels {
        tape: args.record.as_ref().map(|path| record::create(context, path, &lab)).transpose()?,
        replay: args.replay.as_ref().map(|path| record::read(context, path, &lab)).transpose()?,
    };
    open(context, Some(place), reels)
}

/// Follows a process. Nothing of it is remembered, so no progress is read or written.
pub(super) fn process(context: &Context, target: Target) -> anyhow::Result<Exit> {
    show(context, Some(Place::Process(target)), Reels::default(), Store::in_memory(), None)
}

/// Opens the course at a place, or at home. Without a terminal it says how to go on without one.
pub(super) fn open(context: &Context, start: Option<Place>, reels: Reels) -> anyhow::Result<Exit> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        let lab = match &start {
            Some(Place::Lab(lab, _)) => lab.as_str(),
            _ => "namespaces",
        };
        return Err(Fault::Usage(fill(context.lang, "cli.no_terminal", &[("lab", &lab)])).into());
    }
    let (store, notice) = Store::open(&context.state_dir()?);
    show(context, start, reels, store, notice.map(|notice| notice.message(context.lang)))
}

fn show(
    context: &Context,
    start: Option<Place>,
    reels: Reels,
    store: Store,
    notice: Option<String>,
) -> anyhow::Result<Exit> {
    let course = context.course()?;
    runtime::run(Options {
        course,
        lang: context.lang,
        theme: theme(context.colour, variable("COLORFGBG").as_deref()),
        store,
        notice,
        root_dir: context.root_dir.clone(),
        start,
        tape: reels.tape,
        replay: reels.replay,
        globals: globals(context),
    })?;
    Ok(Exit::Done)
}

/// Terminals that set `COLORFGBG` name the colours of text and ground: `0;15` is black on white.
fn theme(colour: bool, terminal: Option<&str>) -> Theme {
    let ground = terminal.and_then(|colours| colours.rsplit(';').next());
    match ground {
        _ if !colour => Theme::Mono,
        Some("7" | "15") => Theme::Light,
        _ => Theme::Dark,
    }
}

/// The global options that mean what this process was told: `sudo` need not keep the environment.
fn globals(context: &Context) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["--lang".into(), context.lang.code().into()];
    for (option, dir) in [("--course", &context.course_dir), ("--root-dir", &context.root_dir)] {
        words.extend(dir.iter().flat_map(|dir| [option.into(), dir.clone().into_os_string()]));
    }
    words.extend((!context.colour).then(|| "--no-color".into()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Globals, LangName};

    #[test]
    fn the_theme_goes_by_the_ground_unless_there_are_no_colours() {
        assert_eq!(theme(true, None), Theme::Dark);
        assert_eq!(theme(true, Some("15;0")), Theme::Dark);
        assert_eq!(theme(true, Some("0;default;15")), Theme::Light);
        assert_eq!(theme(false, Some("0;15")), Theme::Mono);
    }

    #[test]
    fn a_program_started_again_is_told_the_same() {
        let context = Context::new(Globals {
            lang: Some(LangName::Ru),
            course: Some("/a b".into()),
            no_color: true,
            root_dir: None,
        });
        assert_eq!(globals(&context), ["--lang", "ru", "--course", "/a b", "--no-color"].map(OsString::from));
    }
}
