//! "Docker's container and yours": the nine switches of a process beside those of two presets, with what the kernel says;
//! below, what one has and the other lacks, and what each system turns on unasked.

use ratatui::text::Line;

use super::Pen;
use crate::{
    i18n::t,
    inspect::{
        Inspection,
        switches::{Compared, Verdict},
        systems::System,
        words,
    },
    lab::dial::Switch,
    tui::{clean, model::World, theme::Role, widgets::wrap},
};

/// Columns of a switch's name, of one answer.
const COLUMNS: (usize, usize) = (8, 10);
/// With less room, the evidence has a line of its own.
const ROOM: usize = 30;
/// Columns of a system's name.
const SYSTEM: usize = 15;

/// The lines of the panel.
pub(crate) fn lines(seen: &Inspection, world: &World, width: usize) -> Vec<Line<'static>> {
    let panel = Panel { presets: Compared::all(), pen: Pen { world, width } };
    let mut lines = vec![panel.head(seen)];
    lines.extend(seen.switches.iter().flat_map(|verdict| panel.row(verdict)));
    for sentence in words::compared(&seen.switches, world.lang) {
        lines.push(Line::default());
        lines.extend(panel.pen.say(&sentence, Role::Strong));
    }
    lines.push(Line::default());
    lines.extend(panel.systems(seen));
    lines
}

struct Panel<'a> {
    presets: Vec<Compared>,
    pen: Pen<'a>,
}

impl Panel<'_> {
    /// Columns that are left of a line for what the kernel says.
    fn room(&self) -> Option<usize> {
        let (name, answer) = COLUMNS;
        let room = self.pen.width.saturating_sub(name + answer * (1 + self.presets.len()));
        (room >= ROOM).then_some(room)
    }

    fn head(&self, seen: &Inspection) -> Line<'static> {
        let (name, answer) = COLUMNS;
        let mut text = format!("{}{}", wrap::pad("", name), wrap::pad(&format!(" {}", seen.pid), answer));
        let presets = self.presets.iter().map(|preset| format!(" {}", preset.preset.name()));
        text.extend(presets.map(|preset| wrap::pad(&preset, answer)));
        if self.room().is_some() {
            text.push_str(t(self.pen.world.lang, "inspect.switches.evidence"));
        }
        Line::from(self.pen.span(wrap::fit(&text, self.pen.width), Role::Dim))
    }

    /// `net      yes     yes     ≠no      net:[4026532281] ≠ net:[4026531840]`
    fn row(&self, verdict: &Verdict) -> Vec<Line<'static>> {
        let (name, answer) = COLUMNS;
        let lang = self.pen.world.lang;
        let role = if verdict.on == Some(true) { Role::Strong } else { Role::Plain };
        let mut spans = vec![
            self.pen.span(wrap::pad(verdict.switch.name(), name), role),
            self.pen.span(wrap::pad(&format!(" {}", words::mark(verdict.on, lang)), answer), role),
        ];
        for preset in &self.presets {
            let on = preset.on.contains(&verdict.switch);
            let differs = verdict.on.is_some_and(|own| own != on);
            let (sign, role) = if differs { ("≠", Role::Differs) } else { (" ", Role::Dim) };
            let text = format!("{sign}{}", words::mark(Some(on), lang));
            spans.push(self.pen.span(wrap::pad(&text, answer), role));
        }
        let evidence = clean::clean(&verdict.evidence);
        if let Some(room) = self.room() {
            spans.push(self.pen.span(wrap::fit(&evidence, room), Role::Code));
            return vec![Line::from(spans)];
        }
        let evidence = wrap::fit(&evidence, self.pen.width.saturating_sub(2));
        vec![Line::from(spans), Line::from(self.pen.span(format!("  {evidence}"), Role::Code))]
    }

    /// A row for each system of the lecture, a sign for each switch.
    fn systems(&self, seen: &Inspection) -> Vec<Line<'static>> {
        let lang = self.pen.world.lang;
        let mut lines = self.pen.say(t(lang, "inspect.title.systems"), Role::Title);
        let natural: usize = Switch::ALL.iter().map(|switch| switch.name().len() + 1).sum();
        // with less room, the first letters of each: they stand in the order of the rows above
        let short = (self.pen.width.saturating_sub(SYSTEM) / Switch::ALL.len()).max(3);
        let narrow = SYSTEM + natural > self.pen.width + 1;
        let cell_of = |switch: Switch| if narrow { short } else { switch.name().len() + 1 };
        let row = |name: &str, cell: &dyn Fn(Switch) -> String| {
            let cells = Switch::ALL.map(|switch| {
                let room = cell_of(switch);
                let text: String = cell(switch).chars().take(room - 1).collect();
                wrap::pad(&text, room)
            });
            let cells = cells.concat();
            wrap::fit(format!("{}{cells}", wrap::pad(name, SYSTEM)).trim_end(), self.pen.width)
        };
        let sign = |on| words::sign(on).to_owned();
        let own = |switch| seen.switches.iter().find(|v| v.switch == switch).and_then(|v| v.on);
        lines.push(Line::from(self.pen.span(row("", &|switch| switch.name().to_owned()), Role::Dim)));
        lines.push(Line::from(
            self.pen.span(row(&seen.pid.to_string(), &|switch| sign(own(switch))), Role::Strong),
        ));
        for system in System::ALL {
            let usual = system.usual();
            let text = row(system.name(), &|switch| sign(Some(usual.contains(&switch))));
            lines.push(Line::from(self.pen.span(text, Role::Plain)));
        }
        lines.extend(self.pen.say(t(lang, "inspect.systems.note"), Role::Dim));
        lines
    }
}
