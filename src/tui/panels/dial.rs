//! The dial: where it stands and where it is meant to go, the nine switches, and the matrix of questions × switches. A
//! cell of the matrix says what turning that one switch would change; every answer comes from a box that was started for
//! it.

use ratatui::text::{Line, Span};

use super::{Pen, View, sight};
use crate::{
    i18n::{fill, t},
    lab::{
        dial::{
            Answer, Measured, Probe, Switch,
            board::{Board, Cell},
        },
        explain,
        sight::Sight,
        trace::Failure,
    },
    tui::{clean, model::World, theme::Role, widgets::wrap},
};

/// Switches in a row.
pub(crate) const ROW: usize = 3;

/// A switch that is turned on, which the machine refused.
const REFUSED: &str = "[!]";

/// Columns of an answer: `yes`, `нет`, and a mark before it.
const ANSWER: usize = 5;

/// The lines of the panel.
pub(super) fn lines(view: View<'_>, world: &World, size: (usize, usize)) -> Vec<Line<'static>> {
    let nothing = sight::Drawn::default();
    let Some(board) = view.dial else { return sight::lines(Sight::Dial, view, world, size, nothing) };
    let panel = Panel { board, pen: Pen { world, width: size.0 } };
    let mut lines = panel.head();
    lines.extend(panel.switches());
    lines.extend(panel.matrix());
    lines.extend(panel.notes());
    lines
}

/// Milliseconds with two digits after the point.
pub(super) fn ms(measured: &Measured) -> String {
    format!("{}.{:02}", measured.us / 1000, measured.us % 1000 / 10)
}

struct Panel<'a> {
    board: &'a Board,
    pen: Pen<'a>,
}

impl Panel<'_> {
    /// Here │ goal, and how the measuring goes.
    fn head(&self) -> Vec<Line<'static>> {
        let lang = self.pen.world.lang;
        let here =
            self.board.setting().preset().map_or_else(|| t(lang, "dial.preset.none"), |p| p.label(lang));
        let here = fill(lang, "dial.panel.here", &[("preset", &here)]);
        let mut goal = fill(lang, "dial.panel.goal", &[("preset", &self.board.goal().label(lang))]);
        if self.board.goal_refused() {
            goal.push(' ');
            goal.push_str(REFUSED);
        }
        let half = self.pen.width.saturating_sub(1) / 2;
        let names = Line::from(vec![
            self.pen.span(wrap::pad(&here, half), Role::Strong),
            self.pen.span("│", Role::Frame),
            self.pen.span(wrap::fit(&goal, half), Role::Plain),
        ]);
        let (done, all) = self.board.progress();
        let (text, role) = match (self.board.broken(), self.board.here()) {
            (Some(_), _) => (t(lang, "dial.panel.broken").to_owned(), Role::Bad),
            (None, Some(here)) if done == all && !here.refused.is_empty() => {
                (fill(lang, "dial.panel.without", &[("mark", &REFUSED)]), Role::Bad)
            }
            (None, Some(here)) if done == all => {
                let reached = self.board.reached();
                let key = if reached { "dial.panel.reached" } else { "dial.panel.ready" };
                (fill(lang, key, &[("ms", &ms(here))]), if reached { Role::Good } else { Role::Dim })
            }
            _ => (fill(lang, "dial.panel.measuring", &[("done", &done), ("all", &all)]), Role::Dim),
        };
        vec![names, Line::from(self.pen.span(wrap::fit(&text, self.pen.width), role))]
    }

    /// Three rows of three: `▸4[x] root≠`, the last mark where the goal has it otherwise; `[!]` was refused.
    fn switches(&self) -> Vec<Line<'static>> {
        let goal = self.board.goal().setting();
        let cell = |(at, switch): (usize, &Switch)| {
            let on = self.board.setting().has(*switch);
            let selected = self.board.selected() == *switch;
            let point = if selected { "▸" } else { " " };
            let tick = match (on, self.board.refused(*switch)) {
                (true, true) => REFUSED,
                (true, false) => "[x]",
                _ => "[ ]",
            };
            let other = if goal.has(*switch) == on { "" } else { "≠" };
            let text = format!("{point}{}{tick} {}{other}", at + 1, switch.label(self.pen.world.lang));
            let role = match (selected, other.is_empty(), on) {
                (true, ..) => Role::Selected,
                (_, false, _) => Role::Differs,
                (_, _, true) => Role::Strong,
                _ => Role::Plain,
            };
            self.pen.span(wrap::pad(&text, self.pen.width / ROW), role)
        };
        let cells: Vec<Span<'static>> = Switch::ALL.iter().enumerate().map(cell).collect();
        cells.chunks(ROW).map(|row| Line::from(row.to_vec())).collect()
    }

    /// One row a question: the answer here, at the goal, and what each switch would change.
    fn matrix(&self) -> Vec<Line<'static>> {
        let lang = self.pen.world.lang;
        let gap = if self.pen.width >= 64 { " " } else { "" };
        let flips = Switch::ALL.len() * (1 + gap.len());
        let label = self.pen.width.saturating_sub(2 * ANSWER + 1 + flips);
        let numbers: String = ('1'..='9').flat_map(|n| gap.chars().chain([n])).collect();
        let head = format!(
            "{}{}{} {numbers}",
            wrap::pad(t(lang, "dial.panel.probe"), label),
            wrap::pad(&format!(" {}", t(lang, "dial.panel.now")), ANSWER),
            wrap::pad(&format!(" {}", t(lang, "dial.panel.wanted")), ANSWER),
        );
        let mut lines = vec![Line::from(self.pen.span(head, Role::Dim))];
        for probe in Probe::ALL {
            let (now, wanted) = (self.board.now(probe), self.board.wanted_answer(probe));
            let differs = matches!((now, wanted), (Some(a), Some(b)) if a.yes != b.yes);
            let mark = if differs { "≠" } else { " " };
            let role = if differs { Role::Differs } else { Role::Plain };
            let mut spans = vec![
                self.pen.span(wrap::pad(probe.label(lang), label), Role::Plain),
                self.pen.span(wrap::pad(&format!(" {}", self.answer(now)), ANSWER), Role::Strong),
                self.pen.span(wrap::pad(&format!("{mark}{}", self.answer(wanted)), ANSWER), role),
                Span::raw(" "),
            ];
            spans.extend(Switch::ALL.map(|switch| self.cell(probe, switch, gap)));
            lines.push(Line::from(spans));
        }
        lines.push(Line::from(
            self.pen.span(wrap::fit(t(lang, "dial.panel.legend"), self.pen.width), Role::Dim),
        ));
        lines
    }

    fn answer(&self, answer: Option<&Answer>) -> &'static str {
        let lang = self.pen.world.lang;
        match answer.map(|answer| answer.yes) {
            None => "…",
            Some(None) => "?",
            Some(Some(true)) => t(lang, "dial.panel.yes"),
            Some(Some(false)) => t(lang, "dial.panel.no"),
        }
    }

    fn cell(&self, probe: Probe, switch: Switch, gap: &str) -> Span<'static> {
        let (mark, role) = match self.board.cell(probe, switch) {
            Cell::Waiting => ("…", Role::Dim),
            Cell::Same => ("·", Role::Dim),
            Cell::Becomes(true) => ("+", Role::Changed),
            Cell::Becomes(false) => ("−", Role::Changed),
            Cell::Refused => ("×", Role::Bad),
            Cell::Unknown => ("?", Role::Dim),
        };
        self.pen.span(format!("{gap}{mark}"), role)
    }

    /// The selected switch, what was refused, and what was seen.
    fn notes(&self) -> Vec<Line<'static>> {
        let lang = self.pen.world.lang;
        let mut lines = self.pen.say(self.board.selected().about(lang), Role::Plain);
        if let Some(failure) = self.board.broken() {
            lines.extend(self.failure(t(lang, "dial.panel.broken"), failure));
        }
        let Some(here) = self.board.here() else { return lines };
        if let Some(failure) = &here.failure {
            lines.extend(self.failure(t(lang, "dial.panel.failed"), failure));
        }
        for (switches, failure) in said_once(&here.refused) {
            let names: Vec<_> = switches.iter().map(|switch| switch.label(lang)).collect();
            let text = fill(lang, "dial.panel.refused", &[("switch", &names.join(", "))]);
            lines.extend(self.failure(&text, failure));
        }
        if !here.answers.is_empty() {
            lines.push(Line::default());
            lines.extend(self.pen.say(t(lang, "dial.panel.seen"), Role::Title));
        }
        for answer in &here.answers {
            let seen = clean::clean(&answer.seen);
            let seen = if seen.is_empty() { t(lang, "dial.panel.unseen") } else { &seen };
            lines.extend(self.pen.say(&format!("{}: {seen}", answer.probe.label(lang)), Role::Plain));
        }
        lines
    }

    fn failure(&self, title: &str, failure: &Failure) -> Vec<Line<'static>> {
        let explained = explain::explain(self.pen.world.lang, failure);
        let mut lines = self.pen.say(&format!("✗ {title}: {}", clean::clean(&explained.what)), Role::Bad);
        lines.extend(self.pen.say(explained.why, Role::Plain));
        lines.extend(self.pen.say(explained.try_next, Role::Plain));
        lines
    }
}

/// The switches that were refused, those together that one and the same failure stopped.
fn said_once(refused: &[(Switch, Failure)]) -> Vec<(Vec<Switch>, &Failure)> {
    let mut said: Vec<(Vec<Switch>, &Failure)> = Vec::new();
    for (switch, failure) in refused {
        let same = |(_, other): &&mut (Vec<Switch>, &Failure)| {
            (&other.operation, &other.errno, &other.path)
                == (&failure.operation, &failure.errno, &failure.path)
        };
        match said.iter_mut().find(same) {
            Some((switches, _)) => switches.push(*switch),
            None => said.push((vec![*switch], failure)),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_said_once_with_all_that_it_stopped() {
        let failure = |operation: &str, argument: &str| Failure {
            operation: operation.to_owned(),
            arguments: vec![argument.to_owned()],
            errno: "EPERM".to_owned(),
            path: None,
        };
        let refused = [
            (Switch::Uts, failure("unshare", "CLONE_NEWUTS")),
            (Switch::Cgroup, failure("mkdir", "/x")),
            (Switch::Net, failure("unshare", "CLONE_NEWNET")),
        ];
        let said: Vec<_> = said_once(&refused).into_iter().map(|(switches, _)| switches).collect();
        assert_eq!(said, [vec![Switch::Uts, Switch::Net], vec![Switch::Cgroup]]);
    }
}
