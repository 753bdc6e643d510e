//! The state of the interface.

use std::rc::Rc;

use super::{
    compositor::{Layer, Layers},
    effect::Effect,
    popups::notice::Notice,
    screens::home::Home,
    theme::Theme,
};
use crate::{
    course::Course,
    i18n::Lang,
    lab::recording::{Recording, embedded},
    store::{Entry, Progress},
};

/// The smallest screen that is drawn on: columns, rows.
pub(crate) const SMALLEST: (u16, u16) = (60, 20);

/// What every layer may look at.
#[derive(Debug)]
pub(crate) struct World {
    pub course: Rc<Course>,
    pub lang: Lang,
    pub theme: Theme,
    /// Columns, rows.
    pub size: (u16, u16),
    pub progress: Progress,
    /// A recording that is shown in place of its lab.
    pub replay: Option<Rc<Recording>>,
    /// Whether what the stage says is written down.
    pub taped: bool,
    /// The recording of a lab for a machine with this cgroup version.
    pub recorded: fn(&str, &str) -> Option<Recording>,
}

impl World {
    /// Notes an entry, here and in the store.
    pub(crate) fn remember(&mut self, entry: Entry, out: &mut Vec<Effect>) {
        self.progress.apply(&entry);
        out.push(Effect::Remember(entry));
    }

    /// Rows between the header and the footer.
    pub(crate) const fn body_rows(&self) -> u16 {
        self.size.1.saturating_sub(2)
    }
}

/// Everything.
#[derive(Debug)]
pub struct Model {
    pub(crate) world: World,
    pub(crate) layers: Layers,
}

impl Model {
    /// The home screen.
    pub fn new(course: Rc<Course>, lang: Lang, theme: Theme, progress: Progress, size: (u16, u16)) -> Self {
        let world = World {
            course,
            lang,
            theme,
            size,
            progress,
            replay: None,
            taped: false,
            recorded: embedded::of_lab,
        };
        let home = Home::new(&world);
        Self { world, layers: Layers::new(Layer::Home(home)) }
    }

    /// Shows something to be read before all else.
    pub fn notify(&mut self, text: String) {
        self.layers.push(Layer::Notice(Notice::new("tui.notice.store", text)));
    }

    /// Shows a recording in place of its lab.
    pub fn replay(&mut self, recording: Recording) {
        self.world.replay = Some(Rc::new(recording));
    }

    /// Lets what the stage says be written down: [`Effect::Tape`].
    pub const fn tape(&mut self) {
        self.world.taped = true;
    }

    /// The language of the screen.
    pub const fn lang(&self) -> Lang {
        self.world.lang
    }
}
