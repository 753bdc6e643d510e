//! Home: the map of the course, with the place where the student was already selected.

use std::collections::BTreeSet;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    course::{LabHead, Lesson},
    i18n::{fill, t},
    store::Where,
    tui::{
        compositor::Go,
        keymap::Command,
        model::World,
        place::Place,
        theme::Role,
        widgets::{frame, question, wrap},
    },
};

/// Rows above the list.
const HEAD: u16 = 4;

/// The widest that text is set, in columns.
const MEASURE: u16 = 92;

/// The screen.
#[derive(Debug)]
pub(crate) struct Home {
    selected: usize,
}

/// A row of the map.
enum Item<'a> {
    Lesson(&'a Lesson),
    Lab(&'a Lesson, &'a str),
}

impl Home {
    pub(crate) fn new(world: &World) -> Self {
        let mut home = Self { selected: 0 };
        home.select_last(world);
        home
    }

    /// Selects where the student was last.
    pub(crate) fn select_last(&mut self, world: &World) {
        let at = world.progress.last.as_ref().and_then(|last| {
            items(world).iter().position(|item| match (item, last) {
                (Item::Lesson(lesson), Where::Page { lesson: id, .. }) => lesson.id == *id,
                (Item::Lab(_, lab), Where::Step { lab: id, .. }) => lab == id,
                _ => false,
            })
        });
        self.selected = at.unwrap_or(self.selected);
    }

    pub(crate) fn command(&mut self, command: Command, world: &World) -> Go {
        let last = items(world).len().saturating_sub(1);
        match command {
            Command::Up => self.selected = self.selected.saturating_sub(1),
            Command::Down => self.selected = (self.selected + 1).min(last),
            Command::Top => self.selected = 0,
            Command::Bottom => self.selected = last,
            Command::Open => return self.open(world),
            _ => return Go::Ignored,
        }
        Go::Stay
    }

    fn open(&self, world: &World) -> Go {
        match items(world).get(self.selected) {
            Some(Item::Lesson(lesson)) => Go::To(Place::Lesson(lesson.id.clone())),
            Some(Item::Lab(_, lab)) => Go::To(Place::Lab((*lab).to_owned(), None)),
            None => Go::Stay,
        }
    }

    /// A click selects a row; on the selected one it opens.
    pub(crate) fn click(&mut self, (_, row): (u16, u16), world: &World) -> Go {
        let Some(index) = row.checked_sub(HEAD).map(|i| usize::from(i) + self.scroll(world)) else {
            return Go::Ignored;
        };
        if index >= items(world).len() {
            return Go::Ignored;
        }
        if index == self.selected {
            return self.open(world);
        }
        self.selected = index;
        Go::Stay
    }

    fn scroll(&self, world: &World) -> usize {
        (self.selected + 1).saturating_sub(list_rows(world))
    }

    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let width = body.width.min(MEASURE);
        let area = Rect { x: body.x + (body.width - width) / 2, width, ..body };
        let style = |role| world.theme.style(role);
        let read = world.course.lessons.iter().filter(|l| is_done(&l.id, world)).count();
        let all = world.course.lessons.len();
        let progress = format!(
            "{} {}",
            frame::bar(read, all, 8),
            fill(world.lang, "tui.home.read", &[("read", &read), ("all", &all),])
        );
        frame::header(
            t(world.lang, "tui.home.title"),
            Line::styled(progress, style(Role::Dim)),
            world,
            frame,
            area,
        );
        let items = items(world);
        let hello = match world.progress.last {
            _ if !items.is_empty() && items.iter().all(|item| described(item, world).1) => {
                "tui.home.all_done"
            }
            Some(_) => "tui.home.welcome_back",
            None => "tui.home.welcome",
        };
        let row = |y: u16| Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
        frame.render_widget(Span::styled(t(world.lang, hello), style(Role::Plain)), row(area.y + 2));

        let rows = list_rows(world);
        for (i, item) in items.iter().enumerate().skip(self.scroll(world)).take(rows) {
            let y = area.y + HEAD + (i - self.scroll(world)) as u16;
            frame.render_widget(line(item, i == self.selected, world, usize::from(row(y).width)), row(y));
        }
        let shown = items.len().min(rows) as u16;
        let about = Rect {
            y: area.y + HEAD + shown + 1,
            height: body.height.saturating_sub(HEAD + shown + 1),
            x: area.x + 3,
            width: area.width.saturating_sub(4),
        };
        let text = match items.get(self.selected) {
            Some(Item::Lesson(lesson)) => lesson.summary.get(world.lang),
            Some(Item::Lab(lesson, _)) => lesson.lab.as_ref().map_or("", |lab| lab.intro.get(world.lang)),
            None => t(world.lang, "tui.home.empty"),
        };
        frame::scrolled(question::text(text, world, usize::from(about.width)), 0, world, frame, about);
    }
}

/// Rows of the list; the rest of the body is for what is said about the selected one.
fn list_rows(world: &World) -> usize {
    usize::from(world.body_rows().saturating_sub(HEAD + 5)).max(1)
}

fn items(world: &World) -> Vec<Item<'_>> {
    world
        .course
        .lessons
        .iter()
        .flat_map(|lesson| {
            let lab = lesson.lab.as_ref().map(|lab| Item::Lab(lesson, &lab.id));
            std::iter::once(Item::Lesson(lesson)).chain(lab)
        })
        .collect()
}

/// Its name, whether it is done, how far it is, how long it takes.
fn described(item: &Item<'_>, world: &World) -> (String, bool, String, String) {
    match item {
        Item::Lesson(lesson) => lesson_line(lesson, world),
        Item::Lab(lesson, id) => lab_line(lesson, id, world),
    }
}

fn line(item: &Item<'_>, selected: bool, world: &World, width: usize) -> Line<'static> {
    let (name, done, status, minutes) = described(item, world);
    let mark = if done { "✓" } else { " " };
    let right = format!("{status}{minutes:>9} ");
    let left = wrap::pad(
        &format!("{} {mark} {name}", if selected { "▸" } else { " " }),
        width.saturating_sub(right.width()),
    );
    if selected {
        return Line::styled(left + &right, world.theme.style(Role::Selected));
    }
    let role = if done { Role::Good } else { Role::Dim };
    Line::from(vec![
        Span::styled(left, world.theme.style(Role::Plain)),
        Span::styled(right, world.theme.style(role)),
    ])
}

fn is_done(lesson: &str, world: &World) -> bool {
    world.progress.lessons.get(lesson).is_some_and(|of| of.done)
}

fn lesson_line(lesson: &Lesson, world: &World) -> (String, bool, String, String) {
    let done = is_done(&lesson.id, world);
    let status = match world.progress.lessons.get(&lesson.id) {
        _ if done => t(world.lang, "tui.home.done").to_owned(),
        Some(of) => fill(world.lang, "tui.home.pages", &[("read", &of.read.len()), ("pages", &of.pages)]),
        None => String::new(),
    };
    let name = format!("{}. {}", lesson.number, lesson.title.get(world.lang));
    (name, done, status, fill(world.lang, "tui.home.minutes", &[("minutes", &lesson.minutes)]))
}

fn lab_line(lesson: &Lesson, id: &str, world: &World) -> (String, bool, String, String) {
    let steps = lesson.lab.as_ref().map_or(0, LabHead::len);
    let passed = world.progress.labs.get(id).map_or(0, BTreeSet::len);
    let done = steps > 0 && passed >= steps;
    let status = match passed {
        _ if done => t(world.lang, "tui.home.done").to_owned(),
        0 => String::new(),
        _ => fill(world.lang, "tui.home.steps", &[("passed", &passed), ("all", &steps)]),
    };
    let title = lesson.lab.as_ref().map_or("", |lab| lab.title.get(world.lang));
    (format!("   {} {title}", t(world.lang, "tui.home.lab")), done, status, String::new())
}
