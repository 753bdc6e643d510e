//! The lesson reader: its pages one after another, then its questions, then where to go next.

use ratatui::text::Line;

use crate::{
    course::{CourseErrors, Page},
    lab::step::Question,
    store::{Entry, Where},
    tui::{
        compositor::{Go, Layer},
        effect::Effect,
        keymap::{Command, Context},
        model::World,
        place::Place,
        popups::notice::Notice,
        widgets::{
            prose::{self, Look, Prose},
            question,
        },
    },
};

mod answers;
mod draw;
mod search;

use search::Search;

/// The widest that text is set, in columns.
const MEASURE: usize = 84;

/// The screen.
#[derive(Debug)]
pub(crate) struct Reader {
    lesson: String,
    pages: Vec<Page>,
    questions: Vec<Question>,
    /// Pages of text first, then one for each question, then the last one.
    page: usize,
    scroll: usize,
    link: Option<usize>,
    cursor: usize,
    /// What was chosen, by question.
    chosen: Vec<Vec<usize>>,
    search: Search,
}

impl Reader {
    /// Opens a lesson at the page where it was left.
    pub(crate) fn open(id: &str, world: &mut World, out: &mut Vec<Effect>) -> Result<Self, CourseErrors> {
        let lang = world.lang;
        let Some(lesson) = world.course.lesson(id) else {
            return Err(CourseErrors(vec![crate::course::Problem::of_path(id, "no such lesson")]));
        };
        let pages = lesson.pages(lang)?;
        let questions = lesson.questions.clone();
        let id = lesson.id.clone();
        let page = left_at(&id, world).min(pages.len().saturating_sub(1));
        world.remember(Entry::PageRead { lesson: id.clone(), page, pages: pages.len() }, out);
        Ok(Self {
            lesson: id,
            pages,
            chosen: vec![Vec::new(); questions.len()],
            questions,
            page,
            scroll: 0,
            link: None,
            cursor: 0,
            search: Search::default(),
        })
    }

    /// Takes the pages of the language that was switched to.
    pub(crate) fn reload(&mut self, world: &World) {
        let pages = world.course.lesson(&self.lesson).map(|lesson| lesson.pages(world.lang));
        if let Some(Ok(pages)) = pages {
            self.pages = pages;
        }
        self.search = Search::default();
        self.scroll = 0;
        self.link = None;
    }

    pub(crate) const fn context(&self, _: &World) -> Context {
        if self.search.typing {
            Context::Searching
        } else if self.question_index().is_some() {
            Context::Question
        } else {
            Context::Reader
        }
    }

    pub(crate) fn offers(&self, command: Command, world: &World) -> bool {
        match command {
            Command::NextPage => self.page < self.last(),
            Command::PreviousPage => self.page > 0,
            Command::NextLink | Command::PreviousLink => !self.prose(world).links.is_empty(),
            Command::Search => self.page < self.pages.len(),
            Command::NextHit | Command::PreviousHit => self.search.any(),
            _ => true,
        }
    }

    /// The last part of the key under which the footer names a command now.
    pub(crate) fn word(&self, command: Command, world: &World) -> &'static str {
        match command {
            Command::Open if self.link.is_some() => "follow",
            Command::Open if self.page == self.last() => "open",
            Command::Open if self.scroll + text_rows(world) < self.lines(world).len() => "page_down",
            Command::Open => "next_page",
            Command::Accept if self.search.typing => "find",
            Command::Accept if self.question_index().is_some_and(|i| self.answered(i)) => "next_page",
            Command::Accept if self.tried_in_vain() => "other_option",
            Command::Accept => "answer",
            Command::Back if self.search.what.is_empty() && !self.search.typing => "home",
            _ => command.name(),
        }
    }

    pub(crate) fn command(&mut self, command: Command, world: &mut World, out: &mut Vec<Effect>) -> Go {
        if self.search.typing {
            return self.searching(command, world, out);
        }
        if self.question_index().is_some() && self.answer(command, world, out) {
            return Go::Stay;
        }
        let rows = text_rows(world);
        match command {
            Command::Up => self.scroll = self.scroll.saturating_sub(1),
            Command::Down => self.scroll_to(self.scroll + 1, world),
            Command::PageUp => self.scroll = self.scroll.saturating_sub(rows),
            Command::PageDown => self.scroll_to(self.scroll + rows, world),
            Command::Top => self.scroll = 0,
            Command::Bottom => self.scroll_to(usize::MAX, world),
            Command::NextPage => self.turn(self.page + 1, world, out),
            Command::PreviousPage => self.turn(self.page.saturating_sub(1), world, out),
            Command::NextLink => self.select_link(1, world),
            Command::PreviousLink => self.select_link(-1, world),
            Command::Open => return self.open_link_or_go_on(world, out),
            Command::Search => self.search.begin(),
            Command::NextHit => self.go_to_hit(1, world, out),
            Command::PreviousHit => self.go_to_hit(-1, world, out),
            Command::Back if !self.search.what.is_empty() => self.search = Search::default(),
            Command::Back => return Go::Pop,
            _ => return Go::Ignored,
        }
        Go::Stay
    }

    /// A click on a line with a link follows it.
    pub(crate) fn click(&mut self, (_, row): (u16, u16), world: &mut World, out: &mut Vec<Effect>) -> Go {
        let Some(line) = row.checked_sub(draw::HEAD).map(|r| usize::from(r) + self.scroll) else {
            return Go::Ignored;
        };
        if let Some(question) = self.question_index() {
            let options = self.questions.get(question).map_or(0, |q| q.options.len());
            let hit = (0..options).find(|i| {
                let (from, to) = self.laid_question(question, *i, world).cursor;
                (from..to).contains(&line)
            });
            self.cursor = hit.unwrap_or(self.cursor);
            return Go::Stay;
        }
        match self.prose(world).links.iter().position(|link| link.line == line) {
            Some(index) => {
                self.link = Some(index);
                self.open_link_or_go_on(world, out)
            }
            None => Go::Ignored,
        }
    }

    fn searching(&mut self, command: Command, world: &mut World, out: &mut Vec<Effect>) -> Go {
        match command {
            Command::Accept => self.search.typing = false,
            Command::Back => self.search = Search::default(),
            Command::Erase => {
                self.search.erase();
                self.find(world, out);
            }
            _ => return Go::Ignored,
        }
        Go::Stay
    }

    /// A character of what is searched for.
    pub(crate) fn write(&mut self, c: char, world: &mut World, out: &mut Vec<Effect>) {
        self.search.write(c);
        self.find(world, out);
    }

    fn find(&mut self, world: &mut World, out: &mut Vec<Effect>) {
        let look = self.look(world);
        self.search.run(&self.pages, self.page, look);
        self.go_to_hit(0, world, out);
    }

    fn go_to_hit(&mut self, by: isize, world: &mut World, out: &mut Vec<Effect>) {
        let look = self.look(world);
        // the width may be another one than when it was searched
        self.search.refresh(&self.pages, look);
        if let Some((page, line)) = self.search.step(by) {
            if page != self.page {
                self.turn(page, world, out);
            }
            self.scroll_to(line.saturating_sub(text_rows(world) / 2), world);
        }
    }

    fn open_link_or_go_on(&mut self, world: &mut World, out: &mut Vec<Effect>) -> Go {
        let prose = self.prose(world);
        if let Some(link) = self.link.and_then(|i| prose.links.get(i)) {
            let address = || Go::Push(Layer::Notice(Notice::new("tui.notice.address", link.to.clone())));
            return Place::of_link(&link.to).map_or_else(address, Go::To);
        }
        if self.page == self.last() {
            return self.next_place(world).map_or(Go::Pop, Go::To);
        }
        if self.scroll + text_rows(world) < prose.lines.len() {
            self.scroll_to(self.scroll + text_rows(world), world);
        } else {
            self.turn(self.page + 1, world, out);
        }
        Go::Stay
    }

    /// Where the last page leads: the lesson's lab, else the next lesson.
    fn next_place(&self, world: &World) -> Option<Place> {
        let lessons = &world.course.lessons;
        let at = lessons.iter().position(|lesson| lesson.id == self.lesson)?;
        let lab = lessons.get(at)?.lab.as_ref().map(|lab| Place::Lab(lab.id.clone(), None));
        lab.or_else(|| lessons.get(at + 1).map(|lesson| Place::Lesson(lesson.id.clone())))
    }

    fn turn(&mut self, page: usize, world: &mut World, out: &mut Vec<Effect>) {
        self.page = page.min(self.last());
        self.scroll = 0;
        self.link = None;
        self.cursor = 0;
        let lesson = self.lesson.clone();
        if self.page < self.pages.len() {
            world.remember(Entry::PageRead { lesson, page: self.page, pages: self.pages.len() }, out);
        } else if self.page == self.last() && !world.progress.lessons.get(&lesson).is_some_and(|of| of.done) {
            world.remember(Entry::LessonDone { lesson }, out);
        }
    }

    fn select_link(&mut self, by: isize, world: &World) {
        let prose = self.prose(world);
        let count = prose.links.len();
        self.link = match self.link {
            _ if count == 0 => None,
            None if by < 0 => Some(count - 1),
            None => Some(0),
            Some(at) => at.checked_add_signed(by).filter(|at| *at < count),
        };
        if let Some(line) = self.link.and_then(|i| prose.links.get(i)).map(|link| link.line) {
            self.scroll = question::follow(self.scroll, (line, line + 1), text_rows(world));
        }
    }

    fn scroll_to(&mut self, scroll: usize, world: &World) {
        let lines = self.lines(world).len();
        self.scroll = scroll.min(lines.saturating_sub(text_rows(world)));
    }

    /// The index of the last page.
    const fn last(&self) -> usize {
        self.pages.len() + self.questions.len()
    }

    fn look(&self, world: &World) -> Look {
        Look { width: text_columns(world), theme: world.theme, focus: self.link }
    }

    fn prose(&self, world: &World) -> Prose {
        self.pages
            .get(self.page)
            .map(|page| prose::layout(&page.blocks, self.look(world)))
            .unwrap_or_default()
    }

    fn lines(&self, world: &World) -> Vec<Line<'static>> {
        if let Some(index) = self.question_index() {
            return self.laid_question(index, self.cursor, world).lines;
        }
        if self.page < self.pages.len() { self.prose(world).lines } else { self.end(world) }
    }
}

/// The page where a lesson was left; the first one where it was finished.
fn left_at(lesson: &str, world: &World) -> usize {
    match &world.progress.last {
        Some(Where::Page { lesson: last, page }) if last == lesson => *page,
        _ => {
            let of = world.progress.lessons.get(lesson).filter(|of| !of.done);
            of.and_then(|of| of.read.last().copied()).unwrap_or_default()
        }
    }
}

/// Columns of text.
fn text_columns(world: &World) -> usize {
    usize::from(world.size.0).saturating_sub(6).min(MEASURE)
}

/// Rows of text.
fn text_rows(world: &World) -> usize {
    usize::from(world.size.1.saturating_sub(draw::HEAD + 2)).max(1)
}
