//! Drawing the reader.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Reader, text_columns};
use crate::{
    i18n::{fill, t},
    tui::{
        model::World,
        place::Place,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// Rows above the text: header, blank, title, blank.
pub(super) const HEAD: u16 = 4;

impl Reader {
    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let style = |role| world.theme.style(role);
        let lesson = world.course.lesson(&self.lesson);
        let name = lesson.map(|l| format!("{}. {}", l.number, l.title.get(world.lang))).unwrap_or_default();
        let pages = self.last() + 1;
        let place = format!(
            "{} {}",
            frame::bar(self.page + 1, pages, 10),
            fill(world.lang, "tui.reader.page", &[("page", &(self.page + 1)), ("pages", &pages)])
        );
        let right = self.search_line(world).unwrap_or_else(|| Line::styled(place, style(Role::Dim)));
        frame::header(&name, right, world, frame, body);
        let columns = text_columns(world) as u16;
        let x = body.x + body.width.saturating_sub(columns) / 2;
        let title = Rect { x, y: body.y + 2, width: columns, height: 1 };
        frame.render_widget(
            Span::styled(wrap::fit(&self.title(world), usize::from(columns)), style(Role::Title)),
            title,
        );
        let height = body.height.saturating_sub(HEAD);
        let area = Rect { x, y: body.y + HEAD, width: (columns + 1).min(body.right() - x), height };
        let mut lines = self.lines(world);
        if !self.search.what.is_empty() {
            lines = lines.iter().map(|line| mark(line, &self.search.what, style(Role::Found))).collect();
        }
        frame::scrolled(lines, self.scroll, world, frame, area);
    }

    fn title(&self, world: &World) -> String {
        if let Some(index) = self.question_index() {
            let (number, all) = (index + 1, self.questions.len());
            return fill(world.lang, "tui.reader.question", &[("number", &number), ("all", &all)]);
        }
        let page = self.pages.get(self.page).map(|page| page.title.clone());
        page.unwrap_or_else(|| t(world.lang, "tui.reader.end_title").to_owned())
    }

    /// The last page.
    pub(super) fn end(&self, world: &World) -> Vec<Line<'static>> {
        let width = text_columns(world);
        let (right, all) = self.first_tries();
        let mut text = Vec::new();
        if all > 0 {
            text.push(fill(world.lang, "tui.reader.answered", &[("right", &right), ("all", &all)]));
        }
        text.push(match self.next_place(world) {
            Some(Place::Lab(id, _)) => {
                let title = world.course.lab(&id).map_or("", |lab| lab.title.get(world.lang));
                fill(world.lang, "tui.reader.next_lab", &[("title", &title)])
            }
            Some(Place::Lesson(id)) => {
                let title = world.course.lesson(&id).map_or("", |lesson| lesson.title.get(world.lang));
                fill(world.lang, "tui.reader.next_lesson", &[("title", &title)])
            }
            None | Some(Place::Process(_)) => t(world.lang, "tui.reader.next_none").to_owned(),
        });
        if let Some(lesson) = world.course.lesson(&self.lesson).filter(|l| !l.sources.is_empty()) {
            text.push(fill(world.lang, "tui.reader.sources", &[("sources", &lesson.sources.join(" · "))]));
        }
        let lines = |paragraph: &String| wrap::plain(paragraph, world.theme.style(Role::Plain), width);
        text.iter().map(lines).collect::<Vec<_>>().join(&Line::default())
    }

    fn search_line(&self, world: &World) -> Option<Line<'static>> {
        if !self.search.typing && self.search.what.is_empty() {
            return None;
        }
        let (number, all) = self.search.count();
        let count = fill(world.lang, "tui.reader.hits", &[("number", &number), ("all", &all)]);
        let cursor = if self.search.typing { "▏" } else { "" };
        let role = if all == 0 && !self.search.what.is_empty() { Role::Bad } else { Role::Dim };
        Some(Line::from(vec![
            Span::styled(format!("/{}{cursor}  ", self.search.what), world.theme.style(Role::Key)),
            Span::styled(count, world.theme.style(role)),
        ]))
    }
}

/// The line with every place where the text occurs in another style.
fn mark(line: &Line<'static>, what: &str, style: Style) -> Line<'static> {
    let what: Vec<char> = what.to_lowercase().chars().collect();
    let chars: Vec<(char, Style)> =
        line.spans.iter().flat_map(|span| span.content.chars().map(|c| (c, span.style))).collect();
    let same = |a: char, b: char| a == b || a.to_lowercase().eq(std::iter::once(b));
    let mut marked: Vec<bool> = vec![false; chars.len()];
    for (from, window) in chars.windows(what.len().max(1)).enumerate() {
        if window.iter().zip(&what).all(|((a, _), b)| same(*a, *b)) {
            marked.iter_mut().skip(from).take(what.len()).for_each(|m| *m = true);
        }
    }
    let mut spans: Vec<Span<'static>> = Vec::new();
    for ((c, own), marked) in chars.into_iter().zip(marked) {
        let style = if marked { style } else { own };
        match spans.last_mut().filter(|last| last.style == style) {
            Some(last) => last.content.to_mut().push(c),
            None => spans.push(Span::styled(c.to_string(), style)),
        }
    }
    Line { spans, ..Line::default() }
}
