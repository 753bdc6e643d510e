//! The three notations of a step: the system calls as issued with their real results, the shell lines, Docker's words.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::{View, dial::ms};
use crate::{
    i18n::{fill, t},
    lab::{
        action::{Action, shell_lines},
        dial::{Measured, board::Board, box_line, docker_lines, shell_line},
        run::{Phase, Run, Tried},
        trace::{Actor, Trace},
    },
    tui::{
        clean, highlight,
        model::World,
        theme::Role,
        widgets::wrap::{self, Run as Piece},
    },
};

/// The lines of the panel: the dial's where it was measured, else the step's.
pub(crate) fn lines(view: View<'_>, world: &World, width: usize) -> Vec<Line<'static>> {
    match view.dial.and_then(Board::here) {
        Some(measured) => dialled(measured, world, width),
        None => of_step(view.run, world, width),
    }
}

/// The box at the dial's position.
fn dialled(measured: &Measured, world: &World, width: usize) -> Vec<Line<'static>> {
    let (count, took) = (measured.traces.len(), ms(measured));
    let title = fill(world.lang, "dial.calls.title", &[("calls", &count), ("ms", &took)]);
    let mut lines = wrap::plain(&title, world.theme.style(Role::Title), width);
    measured.traces.iter().for_each(|trace| call(trace, world, width, &mut lines));
    let setting = &measured.setting;
    let notations = [
        ("dial.calls.shell", shell_line(setting).into_iter().collect(), "dial.calls.shell_none", "sh"),
        ("dial.calls.box", box_line(setting).into_iter().collect(), "dial.calls.box_none", "sh"),
        ("tui.lab.docker", docker_lines(setting), "dial.calls.docker_none", "dockerfile"),
    ];
    for (title, texts, none, language) in notations {
        lines.push(Line::default());
        lines.push(heading(title, world));
        if texts.is_empty() {
            let none = format!("  {}", t(world.lang, none));
            lines.extend(wrap::plain(&none, world.theme.style(Role::Dim), width));
        }
        lines.extend(texts.iter().flat_map(|text| code(text, language, world, width)));
    }
    lines
}

fn of_step(run: &Run, world: &World, width: usize) -> Vec<Line<'static>> {
    let Some(step) = run.step() else { return Vec::new() };
    let mut lines = vec![heading("tui.lab.calls", world)];
    match run.outcome() {
        Some(outcome) if outcome.by_hand => lines.push(note("tui.lab.calls_by_hand", world)),
        Some(outcome) if outcome.traces.is_empty() => lines.push(note("tui.lab.calls_none", world)),
        Some(outcome) => outcome.traces.iter().for_each(|trace| call(trace, world, width, &mut lines)),
        None if run.phase() == Phase::Predict => lines.push(note("tui.lab.calls_later", world)),
        None => lines.push(note("tui.lab.calls_none", world)),
    }
    lines.push(Line::default());
    lines.push(heading("tui.lab.shell_lines", world));
    let shell = shell_lines(&step.actions, run.scene());
    if shell.is_empty() {
        lines.push(note("tui.lab.shell_lines_none", world));
    }
    for line in shell {
        lines.extend(code(&line, "sh", world, width));
    }
    if let Some(why) = step.only_enter() {
        let apart = format!("  {}", t(world.lang, why));
        lines.extend(wrap::plain(&apart, world.theme.style(Role::Dim), width));
    }
    lines.push(Line::default());
    lines.push(heading("tui.lab.docker", world));
    let mut docker: Vec<String> = step.actions.iter().filter_map(Action::docker).collect();
    docker.dedup();
    if docker.is_empty() {
        lines.push(note("tui.lab.docker_none", world));
    }
    for line in docker {
        lines.extend(code(&line, "dockerfile", world, width));
    }
    tried(run, world, width, &mut lines);
    lines
}

/// What was tried outside of the step, the newest last.
fn tried(run: &Run, world: &World, width: usize, lines: &mut Vec<Line<'static>>) {
    if run.tried().is_empty() {
        return;
    }
    lines.push(Line::default());
    lines.push(heading("tui.control.tried", world));
    for tried in run.tried() {
        lines.extend(name(tried, run, world, width));
        tried.traces.iter().for_each(|trace| call(trace, world, width, lines));
        for line in shell_lines(&tried.actions, run.scene()) {
            lines.extend(code(&line, "sh", world, width));
        }
        for line in tried.actions.iter().filter_map(Action::docker) {
            lines.extend(code(&line, "dockerfile", world, width));
        }
    }
}

/// What was tried: `✓ memory.max = 100M`.
pub(crate) fn name(tried: &Tried, run: &Run, world: &World, width: usize) -> Vec<Line<'static>> {
    let control = run.lab().controls.iter().find(|control| control.id == tried.control);
    let label = control.map_or(tried.control.as_str(), |control| control.label.get(world.lang));
    let (mark, role) = if tried.failure.is_some() { ("✗", Role::Bad) } else { ("✓", Role::Good) };
    let typed =
        if tried.typed.is_empty() { String::new() } else { format!(": {}", clean::clean(&tried.typed)) };
    wrap::plain(&format!("{mark} {label}{typed}"), world.theme.style(role), width)
}

fn heading(key: &'static str, world: &World) -> Line<'static> {
    Line::styled(t(world.lang, key), world.theme.style(Role::Title))
}

fn note(key: &'static str, world: &World) -> Line<'static> {
    Line::styled(format!("  {}", t(world.lang, key)), world.theme.style(Role::Dim))
}

/// `✓ unshare(CLONE_NEWUTS) = 0`, and at the right edge how long it took and who made it.
fn call(trace: &Trace, world: &World, width: usize, lines: &mut Vec<Line<'static>>) {
    let style = |role| world.theme.style(role);
    let (mark, role) = if trace.errno.is_some() { ("✗ ", Role::Bad) } else { ("  ", Role::Code) };
    let stage = if trace.actor == Actor::Stage { t(world.lang, "tui.lab.by_stage") } else { "" };
    let took = format!("{stage} {}", fill(world.lang, "tui.lab.us", &[("us", &trace.us)]));
    let pieces = [Piece::new(clean::clean(&trace.line()), style(role))];
    let mut wrapped = wrap::wrap(&pieces, width.saturating_sub(3)).lines;
    let gap = wrapped.last().map_or(0, |last| width.saturating_sub(last.width() + took.width() + 3));
    match wrapped.last_mut() {
        Some(last) if gap > 0 => {
            last.spans.push(Span::styled(format!("{}{took}", " ".repeat(gap)), style(Role::Dim)));
        }
        _ => wrapped.push(Line::styled(took.trim().to_owned(), style(Role::Dim))),
    }
    for (i, mut line) in wrapped.into_iter().enumerate() {
        line.spans.insert(0, Span::styled(if i == 0 { mark } else { "  " }, style(role)));
        lines.push(line);
    }
}

/// A line of code behind its prompt.
fn code(text: &str, language: &str, world: &World, width: usize) -> Vec<Line<'static>> {
    let pieces: Vec<Piece> = highlight::line(language, text)
        .into_iter()
        .map(|(role, piece)| Piece::new(piece, world.theme.style(role)))
        .collect();
    let prompt = if language == "sh" { "  $ " } else { "  " };
    let mut lines = wrap::wrap(&pieces, width.saturating_sub(prompt.len())).lines;
    for (i, line) in lines.iter_mut().enumerate() {
        let mark = if i == 0 { prompt.to_owned() } else { " ".repeat(prompt.len()) };
        line.spans.insert(0, Span::styled(mark, world.theme.style(Role::Dim)));
    }
    lines
}
