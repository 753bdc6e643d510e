//! A process that somebody else made, live: its nine switches beside Docker's, both sides of the wall, limits, layers and
//! rights. Nothing can be done to it here.

use std::rc::Rc;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};

use crate::{
    i18n::{Lang, Text, fill, t},
    inspect::{Inspection, observer::Said, words},
    lab::{
        run::Run,
        sight::Sight,
        step::{Lab, Start},
    },
    tui::{
        compositor::Go,
        effect::Effect,
        history::History,
        keymap::Command,
        model::World,
        panels::{self, mounts, switches, witness},
        place::Target,
        popups,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// Rows of the strip below the header at most.
const STRIP: usize = 3;

/// A view of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Switches,
    Witness,
    Limits,
    Layers,
    Rights,
}

impl View {
    /// In the order in which they are gone through.
    const ALL: [Self; 5] = [Self::Switches, Self::Witness, Self::Limits, Self::Layers, Self::Rights];

    const fn title(self) -> &'static str {
        match self {
            Self::Switches => "tui.process.switches",
            Self::Witness => "tui.lab.witness",
            Self::Limits => "tui.lab.limits",
            Self::Layers => "tui.lab.layers",
            Self::Rights => "tui.lab.rights",
        }
    }
}

/// How the looking goes.
#[derive(Debug)]
enum State {
    /// Nothing was seen yet.
    Looking,
    Live,
    Ended,
    /// It may not be seen any more: why.
    Unseen(String),
    /// There is no observer any more: why.
    Lost(String),
}

/// Views that share a place; the one that was focused last is seen.
struct Slot {
    area: Rect,
    views: Vec<View>,
    seen: View,
}

/// The screen.
#[derive(Debug)]
pub(crate) struct ProcessScreen {
    target: Target,
    state: State,
    /// A run of no steps: what the panels draw.
    run: Run,
    history: History,
    seen: Option<Rc<Inspection>>,
    /// All views, the one that was focused last in front.
    recent: Vec<View>,
    /// How far each is scrolled; of the witness, the selected row.
    scrolls: [usize; View::ALL.len()],
    zoom: bool,
}

impl ProcessScreen {
    /// Opens it and asks for an observer.
    pub(crate) fn open(target: Target, out: &mut Vec<Effect>) -> Self {
        out.push(Effect::Follow(target.found.pid));
        let lab = Lab {
            id: "process".to_owned(),
            title: Text::default(),
            intro: Text::default(),
            start: Start::Bare,
            sights: vec![Sight::Walls],
            controls: Vec::new(),
            steps: Vec::new(),
        };
        Self {
            target,
            state: State::Looking,
            run: Run::new(lab, false),
            history: History::default(),
            seen: None,
            recent: View::ALL.to_vec(),
            scrolls: [0; View::ALL.len()],
            zoom: false,
        }
    }

    /// Takes in what the observer says.
    pub(crate) fn hear(&mut self, said: Said) {
        match said {
            Said::Seen { mut inspection, observation } => {
                if self.target.found.system.is_some() {
                    inspection.container.clone_from(&self.target.container);
                    inspection.system = self.target.found.system;
                }
                self.history.note(&observation);
                self.run.watched(observation);
                self.seen = Some(inspection.into());
                self.state = State::Live;
            }
            Said::Ended => self.state = State::Ended,
            Said::Unseen { errno } => self.state = State::Unseen(errno),
        }
    }

    /// The observer is gone; after its last words that is as it should be.
    pub(crate) fn lost(&mut self, why: String) {
        if matches!(self.state, State::Looking | State::Live) {
            self.state = State::Lost(why);
        }
    }

    pub(crate) fn command(&mut self, command: Command, world: &World, out: &mut Vec<Effect>) -> Go {
        match command {
            Command::NextPane => self.cycle(1),
            Command::PreviousPane => self.cycle(-1),
            Command::Zoom => self.zoom = !self.zoom,
            Command::Back if self.zoom => self.zoom = false,
            // whoever asked for a process asked for nothing else
            Command::Back => out.push(Effect::Quit),
            _ => return self.scroll(command, world),
        }
        Go::Stay
    }

    pub(crate) const fn word(&self, command: Command) -> &'static str {
        match command {
            Command::Back if self.zoom => "unzoom",
            Command::Back => "quit",
            _ => command.name(),
        }
    }

    /// A click focuses what is under it; on a frame that several share, the next of them.
    pub(crate) fn click(&mut self, (x, y): (u16, u16), world: &World) -> Go {
        let at = Position::new(x, y);
        let Some(slot) = self.slots(world).into_iter().find(|slot| slot.area.contains(at)) else {
            return Go::Ignored;
        };
        let next = slot.views.iter().position(|view| *view == slot.seen).unwrap_or_default() + 1;
        let next = slot.views.get(next % slot.views.len().max(1)).copied().unwrap_or(slot.seen);
        self.focus(if inner(slot.area).contains(at) { slot.seen } else { next });
        Go::Stay
    }

    fn focused(&self) -> View {
        self.recent.first().copied().unwrap_or(View::Switches)
    }

    fn focus(&mut self, view: View) {
        self.recent.retain(|other| *other != view);
        self.recent.insert(0, view);
    }

    fn cycle(&mut self, by: isize) {
        let at = (self.focused() as usize).cast_signed() + by;
        let next = at.rem_euclid(View::ALL.len().cast_signed()).cast_unsigned();
        if let Some(view) = View::ALL.get(next) {
            self.focus(*view);
        }
    }

    fn scroll(&mut self, command: Command, world: &World) -> Go {
        let view = self.focused();
        let area = self.slots(world).iter().find(|slot| slot.seen == view).map(|slot| inner(slot.area));
        let Some(area) = area else { return Go::Ignored };
        let height = usize::from(area.height).max(1);
        let last = match view {
            View::Witness => witness::rows(&self.run).len().saturating_sub(1),
            _ => self.lines(view, world, area).len().saturating_sub(height),
        };
        let Some(now) = self.scrolls.get_mut(view as usize) else { return Go::Ignored };
        let Some(scroll) = popups::scrolled(*now, command, height.saturating_sub(1).max(1)) else {
            return Go::Ignored;
        };
        *now = scroll.min(last);
        Go::Stay
    }

    /// Where everything is.
    fn slots(&self, world: &World) -> Vec<Slot> {
        let body = Rect::new(0, 1, world.size.0, world.body_rows());
        let strip = self.strip(world).len() as u16;
        let area = Rect { y: body.y + strip, height: body.height.saturating_sub(strip), ..body };
        let slot = |area: Rect, views: &[View]| {
            let seen = self.recent.iter().copied().find(|view| views.contains(view));
            Slot { area, views: views.to_vec(), seen: seen.unwrap_or(View::Switches) }
        };
        if self.zoom || area.width < 100 {
            return vec![slot(area, &View::ALL)];
        }
        let split = |area: Rect, percent: u16| {
            let width = (u32::from(area.width) * u32::from(percent) / 100) as u16;
            (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
        };
        if area.width < 150 {
            let (left, right) = split(area, 50);
            return vec![
                slot(left, &[View::Switches, View::Limits]),
                slot(right, &[View::Witness, View::Layers, View::Rights]),
            ];
        }
        let (left, rest) = split(area, 40);
        let (middle, right) = split(rest, 50);
        let upper = Rect { height: right.height / 2, ..right };
        let lower = Rect { y: upper.bottom(), height: right.height - upper.height, ..right };
        vec![
            slot(left, &[View::Switches]),
            slot(middle, &[View::Witness]),
            slot(upper, &[View::Limits]),
            slot(lower, &[View::Layers, View::Rights]),
        ]
    }

    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        frame::header(&self.title(world.lang), self.badge(world), world, frame, body);
        for (row, line) in (1..).zip(self.strip(world)) {
            let place = Rect { y: body.y + row, height: 1, ..body };
            frame.render_widget(line, place.intersection(body));
        }
        for slot in self.slots(world) {
            let titles: Vec<String> =
                slot.views.iter().map(|view| t(world.lang, view.title()).to_owned()).collect();
            let seen = slot.views.iter().position(|view| *view == slot.seen).unwrap_or_default();
            let focused = slot.seen == self.focused();
            let title = frame::tabs(&titles, seen, slot.area.width);
            frame::pane(&title, focused, world, frame, slot.area);
            let area = inner(slot.area);
            let scroll = self.scrolls.get(slot.seen as usize).copied().unwrap_or_default();
            if slot.seen == View::Witness {
                witness::draw(&self.run, (scroll, focused), world, frame, area);
            } else {
                frame::scrolled(self.lines(slot.seen, world, area), scroll, world, frame, area);
            }
        }
    }

    fn lines(&self, view: View, world: &World, area: Rect) -> Vec<Line<'static>> {
        let size = (usize::from(area.width), usize::from(area.height));
        let Some(seen) = &self.seen else {
            let key = if matches!(self.state, State::Looking) {
                "tui.process.looking"
            } else {
                "tui.lab.nothing_seen"
            };
            return vec![Line::styled(t(world.lang, key), world.theme.style(Role::Dim))];
        };
        let panel = panels::View { run: &self.run, history: &self.history, dial: None };
        match view {
            View::Switches => switches::lines(seen, world, size.0),
            View::Layers => mounts::lines(seen, world, size.0),
            View::Witness => panels::lines(Sight::Walls, panel, world, size),
            View::Limits => panels::lines(Sight::Limits, panel, world, size),
            View::Rights => panels::lines(Sight::Rights, panel, world, size),
        }
    }

    fn title(&self, lang: Lang) -> String {
        match &self.seen {
            Some(seen) => words::head(seen, &self.target.found, lang),
            None => self.target.found.to_string(),
        }
    }

    fn badge(&self, world: &World) -> Line<'static> {
        let (key, role) = match self.state {
            State::Looking => ("tui.badge.starting", Role::Badge),
            State::Live => ("tui.badge.live", Role::Badge),
            State::Ended => ("tui.badge.ended", Role::Bad),
            State::Unseen(_) | State::Lost(_) => ("tui.badge.lost", Role::Bad),
        };
        Line::from(Span::styled(format!(" {} ", t(world.lang, key)), world.theme.style(role)))
    }

    /// What the student has to know before all else: that it is over, or that one side stays dark.
    fn strip(&self, world: &World) -> Vec<Line<'static>> {
        let lang = world.lang;
        let (text, role) = match (&self.state, &self.seen) {
            (State::Ended, _) => (t(lang, "tui.process.ended").to_owned(), Role::Bad),
            (State::Unseen(errno), _) => (fill(lang, "tui.process.unseen", &[("errno", errno)]), Role::Bad),
            (State::Lost(why), _) => (fill(lang, "tui.process.lost", &[("why", why)]), Role::Bad),
            (_, Some(seen)) => match words::dark(seen, lang) {
                Some(dark) => (dark, Role::Differs),
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let width = usize::from(world.size.0).saturating_sub(2);
        let mut lines = wrap::plain(&text, world.theme.style(role), width);
        lines.truncate(STRIP);
        lines.into_iter().map(|line| Line::from([vec![Span::raw(" ")], line.spans].concat())).collect()
    }
}

fn inner(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}
