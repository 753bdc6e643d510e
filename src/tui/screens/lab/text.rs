//! What the text pane says: the step, the prediction, what came of it, the question.

use ratatui::text::{Line, Span};

use super::{LabScreen, Page, Stage};
use crate::{
    i18n::{fill, t},
    lab::{
        explain,
        fact::{FactId, Side},
        run::{Grade, Graded, Outcome, Phase, Rung, Status},
        step::Step,
        trace::Failure,
    },
    tui::{
        clean,
        model::World,
        theme::Role,
        widgets::{question, wrap},
    },
};

/// Lines, those of the cursor, and those of each row that can be chosen.
#[derive(Default)]
pub(super) struct Text {
    pub lines: Vec<Line<'static>>,
    pub cursor: (usize, usize),
    pub choices: Vec<(usize, usize)>,
}

/// Puts lines together.
pub(super) struct Writer<'a> {
    pub(super) world: &'a World,
    width: usize,
    pub(super) text: Text,
}

impl Writer<'_> {
    pub(super) fn blank(&mut self) {
        if !self.text.lines.is_empty() {
            self.text.lines.push(Line::default());
        }
    }

    pub(super) fn say(&mut self, text: &str, role: Role) {
        let style = self.world.theme.style(role);
        self.text.lines.extend(wrap::plain(text, style, self.width));
    }

    pub(super) fn key(&mut self, key: &'static str, role: Role) {
        self.say(t(self.world.lang, key), role);
    }

    fn markdown(&mut self, source: &str) {
        self.text.lines.extend(question::text(source, self.world, self.width));
    }

    /// A text behind a mark that stands out of it.
    pub(super) fn marked(&mut self, mark: &str, role: Role, text: &str, rest: Role) {
        let indent = mark.chars().count() + 1;
        let style = self.world.theme.style(rest);
        let lines = wrap::plain(text, style, self.width.saturating_sub(indent));
        for (i, mut line) in lines.into_iter().enumerate() {
            let mark = if i == 0 { format!("{mark} ") } else { " ".repeat(indent) };
            line.spans.insert(0, Span::styled(mark, self.world.theme.style(role)));
            self.text.lines.push(line);
        }
    }
}

impl LabScreen {
    /// Lays the text out.
    pub(super) fn text(&self, world: &World, width: usize) -> Text {
        let mut writer = Writer { world, width, text: Text::default() };
        match (&self.stage, self.run.phase()) {
            (Stage::Lost(why), _) => lost(why, &mut writer),
            (Stage::Starting, _) => writer.key("tui.lab.starting", Role::Dim),
            (Stage::Ready(_), _) if self.workshop.is_some() => {
                if let Some(workshop) = &self.workshop {
                    workshop.write(&self.run, &mut writer);
                }
            }
            (_, Phase::Entering) => writer.key("tui.lab.entering", Role::Dim),
            (_, Phase::Acting) => writer.key("tui.lab.acting", Role::Dim),
            (_, Phase::Gone { signal }) => gone(signal, &mut writer),
            (_, Phase::Predict) => self.predict(&mut writer),
            (_, Phase::Observed) => match self.page {
                Page::Result => self.result(&mut writer),
                Page::Why => self.why(&mut writer),
                Page::End => self.end(&mut writer),
            },
        }
        if let Some(trouble) = &self.trouble {
            writer.blank();
            writer.marked("!", Role::Bad, &clean::clean(trouble), Role::Plain);
        }
        writer.text
    }

    fn predict(&self, writer: &mut Writer<'_>) {
        let Some(step) = self.run.step() else { return };
        let lang = writer.world.lang;
        if self.run.index() == 0 {
            writer.markdown(self.run.lab().intro.get(lang));
            writer.blank();
        }
        writer.markdown(step.text.get(lang));
        writer.blank();
        writer.key("tui.lab.predict", Role::Title);
        for (i, id) in step.prediction.rows.iter().enumerate() {
            let (point, role) = if i == self.cursor { ("▸", Role::Key) } else { (" ", Role::Plain) };
            let tick = if self.run.ticked(i) { "[x]" } else { "[ ]" };
            let from = writer.text.lines.len();
            writer.marked(&format!("{point} {tick}"), role, &row_name(*id, writer.world), role);
            let to = writer.text.lines.len();
            writer.text.choices.push((from, to));
            if i == self.cursor {
                writer.text.cursor = (from, to);
            }
        }
        writer.blank();
        let sure = |n: u8| if self.run.confidence() == Some(n) { "●" } else { "○" };
        let (one, two, three) = (sure(1), sure(2), sure(3));
        let scale = fill(lang, "tui.lab.confidence", &[("one", &one), ("two", &two), ("three", &three)]);
        writer.say(&scale, Role::Plain);
        if let Some(why) = step.only_enter() {
            writer.blank();
            writer.key(why, Role::Dim);
        }
        self.hints(writer);
    }

    fn hints(&self, writer: &mut Writer<'_>) {
        for hint in self.run.hints(writer.world.lang) {
            writer.blank();
            let name = match hint.rung {
                Rung::Principle => "tui.hint.principle",
                Rung::Place => "tui.hint.place",
                Rung::State => "tui.hint.state",
                Rung::Solution => "tui.hint.solution",
            };
            writer.key(name, Role::Title);
            if hint.rung == Rung::Solution {
                for line in clean::clean_lines(&hint.text) {
                    writer.marked(" ", Role::Code, &line, Role::Code);
                }
            } else {
                writer.say(&clean::clean(&hint.text), Role::Plain);
            }
        }
    }

    fn result(&self, writer: &mut Writer<'_>) {
        let (Some(step), Some(outcome)) = (self.run.step(), self.run.outcome()) else { return };
        let (key, mark, role) = match outcome.status {
            Status::Passed if outcome.by_hand => ("tui.lab.passed_by_hand", "✓", Role::Good),
            Status::Passed => ("tui.lab.passed", "✓", Role::Good),
            Status::Failed => ("tui.lab.failed", "✗", Role::Bad),
            Status::Unavailable => ("tui.lab.unavailable", "✗", Role::Bad),
        };
        writer.marked(mark, role, t(writer.world.lang, key), role);
        if let Some(failure) = &outcome.failure {
            explained(failure, writer);
            if self.root_may_help() {
                writer.blank();
                writer.key("tui.lab.sudo", Role::Strong);
            }
            if self.scope_may_help() {
                writer.blank();
                writer.key("tui.lab.scope", Role::Strong);
            }
            if self.recording_offered() {
                writer.blank();
                writer.key("tui.recorded.offer", Role::Strong);
            }
        }
        if let Some(graded) = &outcome.prediction {
            writer.blank();
            prediction(step, outcome, graded, writer);
        }
        if outcome.passed() {
            writer.blank();
            writer.markdown(step.after.get(writer.world.lang));
        } else {
            self.hints(writer);
        }
    }

    fn why(&self, writer: &mut Writer<'_>) {
        let Some(step) = self.run.step() else { return };
        let answers = self.run.answers(self.run.index());
        let laid = question::layout(&step.why, self.cursor, answers, writer.world, writer.width);
        writer.text.lines.extend(laid.lines);
        writer.text.cursor = laid.cursor;
        writer.text.choices = (0..step.why.options.len())
            .map(|i| question::layout(&step.why, i, answers, writer.world, writer.width).cursor)
            .collect();
    }

    fn end(&self, writer: &mut Writer<'_>) {
        let steps = self.run.lab().steps.len();
        let outcomes: Vec<_> = (0..steps).filter_map(|i| self.run.outcome_of(i)).collect();
        let passed = outcomes.iter().filter(|o| o.passed()).count();
        let by_hand = outcomes.iter().filter(|o| o.passed() && o.by_hand).count();
        let rows: Vec<_> =
            outcomes.iter().filter_map(|o| o.prediction.as_ref()).flat_map(|g| &g.rows).collect();
        let right = rows.iter().filter(|(_, grade)| grade.right()).count();
        let lang = writer.world.lang;
        writer.key("tui.lab.end", Role::Title);
        writer.blank();
        writer.say(&fill(lang, "tui.lab.end_steps", &[("passed", &passed), ("all", &steps)]), Role::Plain);
        writer.say(&fill(lang, "tui.lab.end_by_hand", &[("by_hand", &by_hand)]), Role::Plain);
        if !rows.is_empty() {
            let counts = fill(lang, "tui.lab.end_rows", &[("right", &right), ("all", &rows.len())]);
            writer.say(&counts, Role::Plain);
        }
        writer.blank();
        if self.dial.is_some() {
            writer.key("tui.lab.end_workshop", Role::Strong);
            writer.blank();
        }
        writer.key("tui.lab.end_next", Role::Plain);
    }
}

fn lost(why: &str, writer: &mut Writer<'_>) {
    writer.marked("✗", Role::Bad, t(writer.world.lang, "tui.lab.lost"), Role::Bad);
    writer.blank();
    writer.say(&clean::clean(why), Role::Plain);
    writer.blank();
    writer.key("tui.lab.lost_try", Role::Strong);
}

fn gone(signal: Option<i32>, writer: &mut Writer<'_>) {
    let lang = writer.world.lang;
    let text = match signal {
        Some(signal) => fill(lang, "tui.lab.gone_signal", &[("signal", &signal)]),
        None => t(lang, "tui.lab.gone").to_owned(),
    };
    writer.marked("✗", Role::Bad, &text, Role::Bad);
    writer.blank();
    writer.key("tui.lab.gone_try", Role::Strong);
}

/// What happened, why, what to try.
pub(super) fn explained(failure: &Failure, writer: &mut Writer<'_>) {
    let explained = explain::explain(writer.world.lang, failure);
    for (key, text) in [
        ("tui.lab.what", clean::clean(&explained.what)),
        ("tui.lab.cause", explained.why.to_owned()),
        ("tui.lab.try", explained.try_next.to_owned()),
    ] {
        writer.blank();
        writer.key(key, Role::Title);
        writer.say(&text, Role::Plain);
    }
}

fn prediction(step: &Step, outcome: &Outcome, graded: &Graded, writer: &mut Writer<'_>) {
    let lang = writer.world.lang;
    let right = graded.rows.iter().filter(|(_, grade)| grade.right()).count();
    let all = graded.rows.len();
    writer.say(&fill(lang, "tui.lab.predicted", &[("right", &right), ("all", &all)]), Role::Title);
    for (id, grade) in &graded.rows {
        let (mark, key, role) = match grade {
            Grade::Hit => ("✓", "tui.lab.hit", Role::Good),
            Grade::CorrectRejection => ("✓", "tui.lab.rejected", Role::Good),
            Grade::Miss => ("✗", "tui.lab.miss", Role::Bad),
            Grade::FalseAlarm => ("✗", "tui.lab.false_alarm", Role::Bad),
        };
        let text = format!("{}: {}", row_name(*id, writer.world), t(lang, key));
        writer.marked(mark, role, &text, Role::Plain);
    }
    if !graded.right() && graded.confidence == Some(3) && outcome.passed() {
        writer.key("tui.lab.sure_but_wrong", Role::Strong);
    }
    for refutation in graded.refutations(step) {
        writer.blank();
        writer.markdown(refutation.text.get(lang));
    }
}

/// `host name · inside`.
fn row_name(id: FactId, world: &World) -> String {
    let side = if id.side == Side::Host { "tui.lab.host" } else { "tui.lab.inside" };
    format!("{} · {}", id.fact.label(world.lang), t(world.lang, side))
}
