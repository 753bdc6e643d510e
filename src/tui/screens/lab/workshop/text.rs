//! What the text pane says of an exercise.

use super::{Exercise, Workshop};
use crate::{
    i18n::{fill, t},
    lab::{
        assemble::{Assembly, Verdict},
        expectation::Moments,
        mend::{Outcome, Ward},
        run::Run,
    },
    tui::{
        screens::lab::text::{Writer, explained},
        theme::Role,
    },
};

impl Workshop {
    /// Writes the exercise, with what came of it in its run.
    pub(in super::super) fn write(&self, run: &Run, writer: &mut Writer<'_>) {
        match &self.exercise {
            Exercise::Assemble(assembly) => assemble(assembly, run, writer),
            Exercise::Mend(ward) => mend(ward, run, writer),
        }
    }
}

fn assemble(assembly: &Assembly, run: &Run, writer: &mut Writer<'_>) {
    writer.key("workshop.assemble.title", Role::Title);
    writer.key("workshop.assemble.intro", Role::Plain);
    writer.blank();
    for (at, piece) in assembly.order().iter().enumerate() {
        let (mark, role) = match assembly.verdict() {
            Verdict::Holds => ("✓", Role::Good),
            Verdict::Running(done) | Verdict::Failed(done) if at < done => ("✓", Role::Good),
            Verdict::Failed(failed) if at == failed => ("✗", Role::Bad),
            Verdict::Running(done) if at == done => ("…", Role::Dim),
            _ => (" ", Role::Plain),
        };
        let point = match (at == assembly.cursor(), assembly.held()) {
            (false, _) => " ",
            (true, false) => "▸",
            (true, true) => "↕",
        };
        let label = format!("{}. {}", at + 1, piece.label(writer.world.lang));
        let words = if at == assembly.cursor() { Role::Key } else { Role::Plain };
        let from = writer.text.lines.len();
        writer.marked(&format!("{point}{mark}"), role, &label, words);
        if at == assembly.cursor() {
            writer.text.cursor = (from, writer.text.lines.len());
        }
    }
    writer.blank();
    match assembly.verdict() {
        Verdict::Untried => {
            writer.key("workshop.assemble.how", Role::Dim);
            refused(run, writer);
        }
        Verdict::Running(_) => writer.key("tui.lab.acting", Role::Dim),
        Verdict::Holds => {
            writer.marked("✓", Role::Good, t(writer.world.lang, "workshop.assemble.holds"), Role::Good);
            writer.key("workshop.assemble.after", Role::Plain);
        }
        Verdict::Failed(at) => {
            let text = fill(writer.world.lang, "workshop.assemble.failed", &[("number", &(at + 1))]);
            writer.marked("✗", Role::Bad, &text, Role::Bad);
            if let Some(reason) = assembly.reason(at) {
                writer.say(reason.text(writer.world.lang), Role::Strong);
            }
            refused(run, writer);
            unmet(run, writer);
        }
    }
}

fn mend(ward: &Ward, run: &Run, writer: &mut Writer<'_>) {
    let lang = writer.world.lang;
    writer.say(&fill(lang, "workshop.mend.title", &[("seed", &format!("{:02}", ward.seed()))]), Role::Title);
    writer.key("workshop.mend.intro", Role::Plain);
    writer.blank();
    for (at, fault) in ward.offered().iter().enumerate() {
        let (mark, role) = match ward.outcome() {
            Outcome::Holds(chosen) if chosen == *fault => ("✓", Role::Good),
            Outcome::Failed(chosen) if chosen == *fault => ("✗", Role::Bad),
            Outcome::Running(chosen) if chosen == *fault => ("…", Role::Dim),
            _ => (" ", Role::Plain),
        };
        let (point, words) = if at == ward.cursor() { ("▸", Role::Key) } else { (" ", Role::Plain) };
        let from = writer.text.lines.len();
        writer.marked(&format!("{point}{mark}"), role, fault.label(lang), words);
        if at == ward.cursor() {
            writer.text.cursor = (from, writer.text.lines.len());
        }
    }
    writer.blank();
    match ward.outcome() {
        Outcome::Untried => {
            writer.key("workshop.mend.how", Role::Dim);
            refused(run, writer);
        }
        Outcome::Running(_) => writer.key("tui.lab.acting", Role::Dim),
        Outcome::Holds(fault) => {
            let text = fill(lang, "workshop.mend.holds", &[("tries", &ward.tries())]);
            writer.marked("✓", Role::Good, &text, Role::Good);
            writer.say(fault.about(lang), Role::Plain);
        }
        Outcome::Failed(_) => {
            writer.marked("✗", Role::Bad, t(lang, "workshop.mend.failed"), Role::Bad);
            refused(run, writer);
            unmet(run, writer);
        }
    }
}

/// The call that failed, if one did: the kernel's own reason.
fn refused(run: &Run, writer: &mut Writer<'_>) {
    if let Some(failure) = run.outcome().and_then(|outcome| outcome.failure.as_ref()) {
        explained(failure, writer);
    }
}

/// The rows that a whole box would show otherwise.
fn unmet(run: &Run, writer: &mut Writer<'_>) {
    let (Some(step), Some(outcome)) = (run.step(), run.outcome()) else { return };
    if outcome.failure.is_some() {
        return;
    }
    let moments =
        Moments { before: &outcome.before, after: &outcome.after, traces: &outcome.traces, by_hand: false };
    for expectation in step.expect.iter().filter(|expectation| !expectation.met(moments)) {
        let text = expectation.unmet(&outcome.after, writer.world.lang);
        writer.marked("✗", Role::Bad, &crate::tui::clean::clean(&text), Role::Plain);
    }
}
