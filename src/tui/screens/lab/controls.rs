//! The controls of a lab, opened over the text pane, so that the panels beside it are seen to move: a list of things to
//! try, a field for what some of them ask for, and what came of the last one.

use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{LabScreen, keys};
use crate::{
    i18n::{fill, t},
    lab::{
        control::{Control, LONGEST, Unfit},
        explain::explain,
        run::{Run, Tried},
    },
    tui::{
        clean,
        compositor::Go,
        effect::Effect,
        keymap::{Command, Context, latin},
        model::World,
        panels::traces,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// The list while it is open.
#[derive(Debug, Default)]
pub(super) struct Controls {
    selected: usize,
    /// What was typed into the field of the selected control, while it is asked for.
    typed: Option<String>,
    /// Why that was not taken.
    wrong: Option<Unfit>,
}

impl Controls {
    pub(super) const fn context(&self) -> Context {
        if self.typed.is_some() { Context::Field } else { Context::Controls }
    }
}

impl LabScreen {
    /// Opens the list.
    pub(super) fn open_controls(&mut self) {
        self.controls = Some(Controls::default());
    }

    /// Whether a command would do something while the list is open.
    pub(super) fn control_offers(&self, command: Command) -> bool {
        match command {
            Command::Accept => self.run.can_try(),
            Command::Undo => self.run.can_try() && !self.run.tried().is_empty(),
            _ => true,
        }
    }

    /// A command while the list is open.
    pub(super) fn control_command(&mut self, command: Command, out: &mut Vec<Effect>) -> Go {
        let last = self.run.lab().controls.len().saturating_sub(1);
        let Some(controls) = &mut self.controls else { return Go::Ignored };
        match (command, &mut controls.typed) {
            (Command::Accept, _) => self.accept(out),
            (Command::Undo, None) => self.go(Run::undo, out),
            (Command::Up, None) => controls.selected = controls.selected.saturating_sub(1),
            (Command::Down, None) => controls.selected = (controls.selected + 1).min(last),
            (Command::Erase, Some(typed)) => {
                typed.pop();
                controls.wrong = None;
            }
            (Command::Back, Some(_)) => {
                controls.typed = None;
                controls.wrong = None;
            }
            (Command::Back, None) => self.controls = None,
            _ => return Go::Ignored,
        }
        Go::Stay
    }

    /// A character: of the field, or the key of a control.
    pub(crate) fn write(&mut self, c: char, out: &mut Vec<Effect>) {
        let key = latin(c).to_ascii_lowercase();
        let keyed = self.run.lab().controls.iter().position(|control| control.key == Some(key));
        let Some(controls) = &mut self.controls else { return };
        if let Some(typed) = &mut controls.typed {
            controls.wrong = None;
            if typed.chars().count() < LONGEST {
                typed.push(c);
            }
        } else if let Some(keyed) = keyed {
            controls.selected = keyed;
            self.accept(out);
        }
    }

    /// Asks for the field of the selected control, or tries it.
    fn accept(&mut self, out: &mut Vec<Effect>) {
        let Some(controls) = self.controls.as_mut().filter(|_| self.run.can_try()) else { return };
        let Some(control) = self.run.lab().controls.get(controls.selected).cloned() else { return };
        let typed = match (&control.field, controls.typed.take()) {
            (Some(_), None) => {
                controls.typed = Some(String::new());
                return;
            }
            (_, typed) => typed.unwrap_or_default(),
        };
        match control.action(&typed) {
            Ok(action) => {
                let value = control.value(&typed).to_owned();
                self.go(|run| run.try_out(&control.id, &value, vec![action]), out);
            }
            Err(unfit) => {
                controls.typed = Some(typed);
                controls.wrong = Some(unfit);
            }
        }
    }

    /// A mouse event while the list is open: a click selects a control, and on the selected one tries it.
    pub(super) fn control_mouse(&mut self, event: MouseEvent, world: &World, out: &mut Vec<Effect>) -> bool {
        let area = self.control_area(self.below_strip(keys::body(world)));
        if !area.contains(Position::new(event.column, event.row)) {
            return false;
        }
        let line = usize::from(event.row.saturating_sub(area.y + 1));
        let Some(controls) = &mut self.controls else { return false };
        match event.kind {
            MouseEventKind::ScrollUp => drop(self.control_command(Command::Up, out)),
            MouseEventKind::ScrollDown => drop(self.control_command(Command::Down, out)),
            MouseEventKind::Down(_) if line < self.run.lab().controls.len() && controls.typed.is_none() => {
                if controls.selected == line {
                    self.accept(out);
                } else {
                    controls.selected = line;
                }
            }
            _ => {}
        }
        true
    }

    /// Where the list is drawn: over the text, or at the left of what has the whole screen.
    fn control_area(&self, body: Rect) -> Rect {
        let slots = self.panes.slots(body, self.shell.is_some());
        let area = slots.first().map_or(body, |slot| slot.area);
        Rect { width: if self.panes.zoom { area.width.min(60) } else { area.width }, ..area }
    }

    /// Draws the list, where it is open.
    pub(super) fn draw_controls(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let Some(controls) = &self.controls else { return };
        let area = self.control_area(body);
        let inside =
            frame::popup(t(world.lang, "tui.control.title"), (area.width, area.height), world, frame, area);
        let width = usize::from(inside.width);
        let list = &self.run.lab().controls;
        let row = |(i, control): (usize, &Control)| {
            let key = control.key.map_or_else(|| " ".to_owned(), String::from);
            let (mark, role) =
                if i == controls.selected { ("▸", Role::Selected) } else { (" ", Role::Plain) };
            let text = format!("{mark} {key}  {}", control.label.get(world.lang));
            Line::styled(wrap::pad(&text, width), world.theme.style(role))
        };
        let mut lines: Vec<_> = list.iter().enumerate().map(row).collect();
        lines.push(Line::default());
        match list.get(controls.selected).zip(controls.typed.as_ref()) {
            Some((control, typed)) => {
                lines.extend(field(control, typed, controls.wrong.as_ref(), world, width));
            }
            None => lines.extend(self.run.tried().last().into_iter().flat_map(|tried| {
                let mut lines = traces::name(tried, &self.run, world, width);
                lines.extend(came(tried, world, width));
                lines
            })),
        }
        // the end is what was just done
        let skip = lines.len().saturating_sub(usize::from(inside.height)).min(controls.selected);
        frame::scrolled(lines, skip, world, frame, inside);
    }
}

/// The field of a control.
fn field(
    control: &Control,
    typed: &str,
    wrong: Option<&Unfit>,
    world: &World,
    width: usize,
) -> Vec<Line<'static>> {
    let style = |role| world.theme.style(role);
    let Some(field) = &control.field else { return Vec::new() };
    let mut lines = wrap::plain(field.label.get(world.lang), style(Role::Strong), width);
    let typed = clean::clean(typed);
    let mut input = vec![Span::styled(format!("> {typed}▏"), style(Role::Key))];
    if typed.is_empty() {
        input.push(Span::styled(field.default.clone(), style(Role::Dim)));
    }
    lines.push(Line::from(input));
    let (role, text) = match wrong {
        None => {
            (Role::Dim, fill(world.lang, "tui.control.wanted", &[("wanted", &field.kind.wanted(world.lang))]))
        }
        Some(Unfit::Kind { .. }) => {
            (Role::Bad, fill(world.lang, "tui.control.unfit", &[("wanted", &field.kind.wanted(world.lang))]))
        }
        Some(Unfit::Action(_)) => (Role::Bad, t(world.lang, "tui.control.not_taken").to_owned()),
    };
    lines.extend(wrap::plain(&text, style(role), width));
    lines
}

/// What came of it: the calls, and why it was taken back at once, if it was.
fn came(tried: &Tried, world: &World, width: usize) -> Vec<Line<'static>> {
    let style = |role| world.theme.style(role);
    let mut lines = Vec::new();
    for trace in &tried.traces {
        lines.extend(wrap::plain(&clean::clean(&trace.line()), style(Role::Code), width));
    }
    if let Some(failure) = &tried.failure {
        let said = explain(world.lang, failure);
        // the call that was refused stands above already
        if tried.traces.is_empty() {
            lines.extend(wrap::plain(&said.what, style(Role::Plain), width));
        }
        for text in [said.why, said.try_next] {
            lines.extend(wrap::plain(text, style(Role::Plain), width));
        }
    }
    lines
}
