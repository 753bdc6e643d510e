//! `korobka inspect PID|NAME`: a process that somebody else made, seen with the eyes of the labs.

use std::io::{self, IsTerminal, Write};

use nix::libc::{EACCES, ENOENT, EPERM, ESRCH};
use serde::Serialize;

use super::{
    args::{Format, InspectArgs},
    context::Context,
    exit::{Exit, Fault},
    screen,
};
use crate::{
    i18n::{Lang, fill, t},
    image::name::show,
    inspect::{
        self, Inspection,
        find::{Answer, Found, Lost, find},
        switches::Compared,
    },
    tui::place::Target,
};

mod text;

/// The object of docs/inspect-json.md.
#[derive(Serialize)]
struct Told<'a> {
    found_by: &'a str,
    #[serde(flatten)]
    seen: &'a Inspection,
    compared: Vec<Compared>,
}

/// Finds the process, looks at it and writes what was seen; on a terminal, follows it on the screen. Status 1: there is no such process, or it may not be seen.
pub(super) fn run(context: &Context, wanted: &InspectArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let lang = context.lang;
    let found = find(&wanted.process).map_err(|lost| unfound(&wanted.process, &lost, lang))?;
    let mut seen = inspect::inspect(found.pid).map_err(|error| unseen(&found, &error, lang))?;
    if found.system.is_some() {
        seen.container = Some(wanted.process.clone());
        seen.system = found.system;
    }
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let format = match wanted.format {
        None if terminal && !wanted.plain => {
            let container = found.system.is_some().then(|| wanted.process.clone());
            return screen::process(context, Target { found, container });
        }
        format => format.unwrap_or_default(),
    };
    match format {
        Format::Json => {
            let compared = Compared::all();
            let told = Told { found_by: &found.by, seen: &seen, compared };
            writeln!(out, "{}", serde_json::to_string(&told)?)?;
        }
        Format::Text => {
            let colour = context.colour && io::stdout().is_terminal();
            text::Text { lang, colour }.write(&seen, &found, out)?;
        }
    }
    Ok(Exit::Done)
}

fn unfound(name: &str, lost: &Lost, lang: Lang) -> Fault {
    let name = show(name.as_bytes());
    match lost {
        Lost::NoName => Fault::Usage(fill(lang, "inspect.lost.no_name", &[("name", &name)])),
        Lost::Several(found) => {
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            let found = found.join(", ");
            Fault::Usage(fill(lang, "inspect.lost.several", &[("name", &name), ("found", &found)]))
        }
        Lost::Nobody(answers) => {
            let lines: Vec<_> = answers
                .iter()
                .map(|(system, answer)| format!("  {}: {}", system.name(), said(answer, lang)))
                .collect();
            let head = fill(lang, "inspect.lost.nobody", &[("name", &name)]);
            Fault::Failed(format!("{head}\n{}", lines.join("\n")))
        }
    }
}

fn said(answer: &Answer, lang: Lang) -> String {
    match answer {
        Answer::Found(found) => found.to_string(),
        Answer::Stopped => t(lang, "inspect.answer.stopped").to_owned(),
        Answer::Unknown => t(lang, "inspect.answer.unknown").to_owned(),
        Answer::Absent => t(lang, "inspect.answer.absent").to_owned(),
        Answer::Failed(cause) => fill(lang, "inspect.answer.failed", &[("cause", cause)]),
    }
}

fn unseen(found: &Found, error: &io::Error, lang: Lang) -> Fault {
    let values: [(&str, &dyn std::fmt::Display); 2] = [("pid", &found.pid), ("cause", error)];
    let key = match error.raw_os_error() {
        Some(ENOENT | ESRCH) => "inspect.lost.gone",
        Some(EACCES | EPERM) => "inspect.lost.denied",
        _ => "inspect.lost.unread",
    };
    Fault::Failed(fill(lang, key, &values))
}
