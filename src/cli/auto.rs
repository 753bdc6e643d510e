//! `korobka lab ID --auto`: every step of a lab, acted without a screen.

use std::io::Write;

use super::{
    args::{Format, LabArgs},
    context::Context,
    doctor,
    exit::{Exit, Fault},
};
use crate::{
    i18n::{Lang, fill},
    lab::{explain::explain, sight::Sight, step::Lab, trace::Failure},
    probe,
    stage::client::Client,
    tui::place::Place,
};

mod drive;
mod json;
mod live;
pub(super) mod plain;
pub(super) mod record;
#[cfg(test)]
mod tests;
mod text;

use drive::{Reporter, Told, drive};
use json::Json;
use live::Live;
use record::{Replayed, Taped};
use text::Text;

/// Acts a lab, or one step of it, and reports.
pub(super) fn run(context: &Context, args: &LabArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let lang = context.lang;
    let lab = load(context, &args.id)?;
    let only = args.step.as_deref().map(|name| step(context, &lab, name)).transpose()?;
    let reporter: &mut dyn Reporter = match args.format {
        Format::Text => &mut Text::new(out, lang),
        Format::Json => &mut Json::new(out, lang),
    };
    if let Some(path) = &args.replay {
        let mut replayed = Replayed::new(record::read(context, path, &lab)?);
        let tally = drive(&mut replayed, lab, Told { only, recorded: true }, reporter)?;
        return Ok(if tally.failed > 0 { Exit::Failed } else { Exit::Done });
    }
    let tape = args.record.as_ref().map(|path| record::create(context, path, &lab)).transpose()?;
    let client = Client::start(context.root_dir.as_deref())
        .map_err(|error| Fault::Machine(fill(lang, "cli.no_stage", &[("cause", &error)])))?;
    let mut live = Live { client, lang };
    let told = Told { only, recorded: false };
    let tally = match tape {
        Some(tape) => {
            let moves = lab.sights.contains(&Sight::Limits);
            drive(&mut Taped::new(live, tape, moves, lang), lab, told, reporter)?
        }
        None => drive(&mut live, lab, told, reporter)?,
    };
    if tally.failed > 0 {
        return Ok(Exit::Failed);
    }
    match tally.cause.and_then(|failure| obstacle(&failure, tally.passed > 0, lang)) {
        Some(obstacle) => Err(Fault::Machine(obstacle).into()),
        None => Ok(Exit::Done),
    }
}

/// What stands in the way of more than one step: what the doctor finds or, where nothing passed at all, what the
/// kernel said. The doctor tries things, so he is asked only when something was refused: otherwise the lab's calls are
/// the only ones that are made.
fn obstacle(failure: &Failure, some_passed: bool, lang: Lang) -> Option<String> {
    let said = explain(lang, failure);
    let refused =
        fill(lang, "cli.machine", &[("what", &said.what), ("why", &said.why), ("try", &said.try_next)]);
    doctor::obstacle(probe::doctor::overall(), lang).or_else(|| (!some_passed).then_some(refused))
}

/// The place of a lab and, where one is named, of a step of it; and the lab.
pub(super) fn place(context: &Context, args: &LabArgs) -> Result<(Place, Lab), Fault> {
    let lab = load(context, &args.id)?;
    let index = args.step.as_deref().map(|name| step(context, &lab, name)).transpose()?;
    let step = index.and_then(|index| lab.steps.get(index)).map(|step| step.id.clone());
    Ok((Place::Lab(lab.id.clone(), step), lab))
}

fn load(context: &Context, id: &str) -> Result<Lab, Fault> {
    let course = context.course()?;
    if let Some(lab) = course.lab(id) {
        return lab.load().map_err(|errors| context.bad_course(&errors));
    }
    let labs = course.lessons.iter().filter_map(|lesson| lesson.lab.as_ref());
    let known: Vec<_> = labs.map(|lab| lab.id.as_str()).collect();
    Err(Fault::Usage(fill(context.lang, "cli.no_lab", &[("id", &id), ("known", &known.join(", "))])))
}

/// A step by its number from 1, or by its id.
fn step(context: &Context, lab: &Lab, name: &str) -> Result<usize, Fault> {
    let number = name.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let index = number.or_else(|| lab.steps.iter().position(|step| step.id == name));
    index.filter(|index| *index < lab.steps.len()).ok_or_else(|| {
        let known: Vec<_> = lab.steps.iter().map(|step| step.id.as_str()).collect();
        let known = known.join(", ");
        let last = lab.steps.len();
        Fault::Usage(fill(context.lang, "cli.no_step", &[("id", &name), ("last", &last), ("known", &known)]))
    })
}
