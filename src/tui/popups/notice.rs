//! A message that asks for nothing but to be read.

use ratatui::{Frame, layout::Rect, text::Line};

use crate::{
    course::CourseErrors,
    i18n::t,
    tui::{
        clean,
        compositor::Go,
        keymap::Command,
        model::World,
        theme::Role,
        widgets::{frame, wrap},
    },
};

/// The pop-up.
#[derive(Debug)]
pub(crate) struct Notice {
    title: &'static str,
    text: String,
    scroll: usize,
}

impl Notice {
    /// A message under a title (a key of the table).
    pub(crate) const fn new(title: &'static str, text: String) -> Self {
        Self { title, text, scroll: 0 }
    }

    /// What is wrong with a course file.
    #[expect(clippy::needless_pass_by_value, reason = "taken from a Result where it is not needed any more")]
    pub(crate) fn course(errors: CourseErrors) -> Self {
        Self::new("tui.notice.course", errors.to_string())
    }

    pub(crate) fn command(&mut self, command: Command, world: &World) -> Go {
        let rows = usize::from(world.body_rows());
        match super::scrolled(self.scroll, command, rows) {
            Some(scroll) => self.scroll = scroll.min(self.text.lines().count()),
            None if command == Command::Back => return Go::Pop,
            None => return Go::Ignored,
        }
        Go::Stay
    }

    pub(crate) fn draw(&self, world: &World, frame: &mut Frame<'_>, body: Rect) {
        let width = body.width.saturating_sub(4).min(84);
        let style = world.theme.style(Role::Plain);
        let lines: Vec<Line<'_>> = clean::clean_lines(&self.text)
            .iter()
            .flat_map(|line| {
                let wrapped = wrap::plain(line, style, usize::from(width.saturating_sub(4)));
                if wrapped.is_empty() { vec![Line::default()] } else { wrapped }
            })
            .collect();
        let size = (width, lines.len() as u16 + 2);
        let area = frame::popup(t(world.lang, self.title), size, world, frame, body);
        frame::scrolled(lines, self.scroll, world, frame, area);
    }
}
