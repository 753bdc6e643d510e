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
        let world = World { course, lang, theme, size, progress };
        let home = Home::new(&world);
        Self { world, layers: Layers::new(Layer::Home(home)) }
    }

    /// Shows something to be read before all else.
    pub fn notify(&mut self, text: String) {
        self.layers.push(Layer::Notice(Notice::new("tui.notice.store", text)));
    }

    /// The language of the screen.
    pub const fn lang(&self) -> Lang {
        self.world.lang
    }
}
