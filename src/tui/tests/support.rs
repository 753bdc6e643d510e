//! A model without a world around it: keys go in, effects and screens come out.

use std::rc::Rc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use crate::{
    course::{Course, source::Source},
    i18n::Lang,
    pty,
    store::Progress,
    tui::{self, Theme, effect::Effect, message::Msg, model::Model, place::Place},
};

/// A small course with everything a screen can show; the lab is the real one.
pub(super) fn course() -> Rc<Course> {
    Rc::new(Course::from_source(&Source::of_texts(TEXTS)).expect("a good course"))
}

const TEXTS: [(&str, &str); 5] = [
    ("lessons/01-isolation/lesson.toml", include_str!("fixture/lesson.toml")),
    ("lessons/01-isolation/ru.md", include_str!("fixture/ru.md")),
    ("lessons/01-isolation/en.md", include_str!("fixture/en.md")),
    ("lessons/01-isolation/lab/lab.toml", include_str!("fixture/lab.toml")),
    ("lessons/01-isolation/lab/01-uts.toml", include_str!("fixture/uts.toml")),
];

/// The program without threads.
pub(super) struct Bench {
    pub model: Model,
    pub effects: Vec<Effect>,
    pub shell: Option<pty::Screen>,
}

impl Bench {
    pub(super) fn new(size: (u16, u16), lang: Lang, theme: Theme) -> Self {
        Self::with(size, lang, theme, Progress::default())
    }

    pub(super) fn with(size: (u16, u16), lang: Lang, theme: Theme, progress: Progress) -> Self {
        let model = Model::new(course(), lang, theme, progress, size);
        Self { model, effects: Vec::new(), shell: None }
    }

    /// With the small course, whose lab looks at something.
    pub(super) fn looking_at(sight: &str, size: (u16, u16), lang: Lang, theme: Theme) -> Self {
        Self::of_lab(&format!("sights = [\"{sight}\"]\n"), size, lang, theme)
    }

    /// With the small course, and more in its lab's file.
    pub(super) fn of_lab(more: &str, size: (u16, u16), lang: Lang, theme: Theme) -> Self {
        let lab = format!("{}{more}", include_str!("fixture/lab.toml"));
        let texts = TEXTS.map(|(path, text)| (path, if path.ends_with("lab.toml") { &*lab } else { text }));
        let course = Course::from_source(&Source::of_texts(texts)).expect("a good course");
        let model = Model::new(Rc::new(course), lang, theme, Progress::default(), size);
        Self { model, effects: Vec::new(), shell: None }
    }

    /// With the small course, whose lab turns the dial.
    pub(super) fn turning_the_dial(size: (u16, u16)) -> Self {
        let lab = format!("{}sights = [\"dial\"]\n", include_str!("fixture/lab.toml"));
        let step = include_str!("fixture/uts.toml")
            .replace("{ do = \"unshare\", ns = [\"uts\"] }", "{ do = \"dial\", preset = \"chroot\" }");
        let texts = TEXTS.map(|(path, text)| match path.rsplit('/').next() {
            Some("lab.toml") => (path, &*lab),
            Some("01-uts.toml") => (path, &*step),
            _ => (path, text),
        });
        let course = Course::from_source(&Source::of_texts(texts)).expect("a good course");
        let model = Model::new(Rc::new(course), Lang::En, Theme::Mono, Progress::default(), size);
        Self { model, effects: Vec::new(), shell: None }
    }

    /// Opens a lab, wherever it stands in the list.
    pub(super) fn goes_to_lab(&mut self, id: &str) -> &mut Self {
        let effects = tui::go_to(&mut self.model, Place::Lab(id.to_owned(), None));
        self.effects.extend(effects);
        self
    }

    /// With the real course.
    pub(super) fn of_the_course(size: (u16, u16), lang: Lang) -> Self {
        let course = Rc::new(Course::embedded().expect("a good course"));
        let model = Model::new(course, lang, Theme::Mono, Progress::default(), size);
        Self { model, effects: Vec::new(), shell: None }
    }

    /// Sends a message and keeps the effects.
    pub(super) fn send(&mut self, msg: Msg) -> &mut Self {
        self.effects.extend(tui::update(&mut self.model, msg));
        self
    }

    /// Types: letters as they stand, other keys in angle brackets: `<enter>`, `<tab>`, `<c-p>`.
    pub(super) fn keys(&mut self, script: &str) -> &mut Self {
        let mut rest = script;
        while let Some(first) = rest.chars().next() {
            let name =
                rest.strip_prefix('<').and_then(|r| r.split_once('>')).filter(|(name, _)| name.len() > 1);
            let event = if let Some((name, tail)) = name {
                rest = tail;
                named(name)
            } else {
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
                KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE)
            };
            self.send(Msg::Key(event));
        }
        self
    }

    pub(super) fn buffer(&self) -> Buffer {
        let (columns, rows) = self.model.world.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a test terminal");
        terminal.draw(|frame| tui::draw(&self.model, self.shell.as_ref(), frame)).expect("drawn");
        terminal.backend().buffer().clone()
    }

    /// The screen as text.
    pub(super) fn screen(&self) -> String {
        text(&self.buffer())
    }

    #[track_caller]
    pub(super) fn sees(&mut self, what: &str) -> &mut Self {
        let screen = self.screen();
        assert!(screen.contains(what), "{what:?} is not on the screen:\n{screen}");
        self
    }

    #[track_caller]
    pub(super) fn lacks(&mut self, what: &str) -> &mut Self {
        let screen = self.screen();
        assert!(!screen.contains(what), "{what:?} is on the screen:\n{screen}");
        self
    }
}

fn named(name: &str) -> KeyEvent {
    let (modifiers, name) = match name.split_once('-') {
        Some(("c", key)) => (KeyModifiers::CONTROL, key),
        Some(("a", key)) => (KeyModifiers::ALT, key),
        _ => (KeyModifiers::NONE, name),
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "bs" => KeyCode::Backspace,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "space" => KeyCode::Char(' '),
        key => KeyCode::Char(key.chars().next().expect("a key")),
    };
    KeyEvent::new(code, modifiers)
}

/// Rows of text, without the blanks at their ends.
pub(super) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content.chunks(width).map(|cells| {
        let mut row = String::new();
        let mut skip = 0;
        for cell in cells {
            if skip == 0 {
                row.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        row.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}
