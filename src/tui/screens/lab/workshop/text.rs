//! What the text pane says of an exercise.

use super::{Exercise, Workshop};
use crate::{
    i18n::{fill, t},
    lab::{
        assemble::{Assembly, Piece, Verdict},
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
    let lang = writer.world.lang;
    match assembly.verdict() {
        Verdict::Untried => {
            writer.key("workshop.assemble.intro", Role::Plain);
            writer.key("workshop.assemble.how", Role::Dim);
            for piece in assembly.left_out() {
                let overlay = *piece == Piece::Overlay;
                let key =
                    if overlay { "workshop.assemble.no_overlay" } else { "workshop.assemble.no_cgroup" };
                writer.key(key, Role::Strong);
            }
        }
        Verdict::Running(_) => writer.key("tui.lab.acting", Role::Dim),
        Verdict::Holds => writer.marked("✓", Role::Good, t(lang, "workshop.assemble.holds"), Role::Good),
        Verdict::Failed(at) => {
            let text = fill(lang, "workshop.assemble.failed", &[("number", &(at + 1))]);
            writer.marked("✗", Role::Bad, &text, Role::Bad);
            if let Some(reason) = assembly.reason(at) {
                writer.say(reason.text(lang), Role::Strong);
            }
        }
    }
    writer.blank();
    for (at, piece) in assembly.order().iter().enumerate() {
        let mark = match assembly.verdict() {
            Verdict::Holds => Mark::Good,
            Verdict::Running(done) | Verdict::Failed(done) if at < done => Mark::Good,
            Verdict::Failed(failed) if at == failed => Mark::Bad,
            Verdict::Running(done) if at == done => Mark::Waits,
            _ => Mark::None,
        };
        let label = format!("{}. {}", at + 1, piece.label(lang));
        let hand = (at == assembly.cursor()).then_some(if assembly.held() { "↕" } else { "▸" });
        row(hand, mark, &label, writer);
    }
    if assembly.verdict() == Verdict::Holds {
        writer.blank();
        writer.key("workshop.assemble.after", Role::Plain);
    } else {
        refused(run, writer);
        unmet(run, matches!(assembly.verdict(), Verdict::Failed(_)), writer);
    }
}

fn mend(ward: &Ward, run: &Run, writer: &mut Writer<'_>) {
    let lang = writer.world.lang;
    writer.say(&fill(lang, "workshop.mend.title", &[("seed", &format!("{:02}", ward.seed()))]), Role::Title);
    match ward.outcome() {
        Outcome::Untried => {
            writer.key("workshop.mend.intro", Role::Plain);
            writer.key("workshop.mend.how", Role::Dim);
            for fault in ward.spared() {
                writer.say(&fill(lang, "workshop.mend.spared", &[("fault", &fault.label(lang))]), Role::Dim);
            }
        }
        Outcome::Running(_) => writer.key("tui.lab.acting", Role::Dim),
        Outcome::Holds(_) => {
            let text = fill(lang, "workshop.mend.holds", &[("tries", &ward.tries())]);
            writer.marked("✓", Role::Good, &text, Role::Good);
        }
        Outcome::Failed(_) => writer.marked("✗", Role::Bad, t(lang, "workshop.mend.failed"), Role::Bad),
    }
    writer.blank();
    for (at, fault) in ward.offered().iter().enumerate() {
        let mark = match ward.outcome() {
            Outcome::Holds(chosen) if chosen == *fault => Mark::Good,
            Outcome::Failed(chosen) if chosen == *fault => Mark::Bad,
            Outcome::Running(chosen) if chosen == *fault => Mark::Waits,
            _ => Mark::None,
        };
        row((at == ward.cursor()).then_some("▸"), mark, fault.label(lang), writer);
    }
    if let Outcome::Holds(fault) = ward.outcome() {
        writer.blank();
        writer.say(fault.about(lang), Role::Plain);
    } else {
        refused(run, writer);
        unmet(run, matches!(ward.outcome(), Outcome::Failed(_)), writer);
    }
}

/// What came of a row.
#[derive(Clone, Copy)]
enum Mark {
    Good,
    Bad,
    Waits,
    None,
}

/// A row that can be chosen; what points at it is shown where the cursor is.
fn row(point: Option<&str>, mark: Mark, label: &str, writer: &mut Writer<'_>) {
    let (mark, role) = match mark {
        Mark::Good => ("✓", Role::Good),
        Mark::Bad => ("✗", Role::Bad),
        Mark::Waits => ("…", Role::Dim),
        Mark::None => (" ", Role::Plain),
    };
    let words = if point.is_some() { Role::Key } else { Role::Plain };
    let from = writer.text.lines.len();
    writer.marked(&format!("{}{mark}", point.unwrap_or(" ")), role, label, words);
    if point.is_some() {
        writer.text.cursor = (from, writer.text.lines.len());
    }
}

/// The call that failed, if one did: the kernel's own reason.
fn refused(run: &Run, writer: &mut Writer<'_>) {
    if let Some(failure) = run.outcome().and_then(|outcome| outcome.failure.as_ref()) {
        explained(failure, writer);
    }
}

/// The rows that a whole box would show otherwise.
fn unmet(run: &Run, failed: bool, writer: &mut Writer<'_>) {
    let (Some(step), Some(outcome)) = (run.step(), run.outcome()) else { return };
    if !failed || outcome.failure.is_some() {
        return;
    }
    writer.blank();
    let moments =
        Moments { before: &outcome.before, after: &outcome.after, traces: &outcome.traces, by_hand: false };
    for expectation in step.expect.iter().filter(|expectation| !expectation.met(moments)) {
        let text = expectation.unmet(&outcome.after, writer.world.lang);
        writer.marked("✗", Role::Bad, &crate::tui::clean::clean(&text), Role::Plain);
    }
}
