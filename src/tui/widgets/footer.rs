//! The last row: the keys that do something now, made from the keymap.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};
use unicode_width::UnicodeWidthStr;

use crate::{
    i18n,
    tui::{
        compositor::Layer,
        keymap::{Binding, Command, bindings},
        model::World,
        theme::Role,
    },
};

/// Space between two keys, in columns.
const GAP: usize = 2;

struct Item {
    key: String,
    word: &'static str,
    command: Command,
}

impl Item {
    fn of(binding: &Binding, layer: &Layer, world: &World) -> Self {
        let key = binding.keys.first().map(|key| key.label()).unwrap_or_default();
        let key = match (binding.command, layer) {
            (Command::Choose(1), Layer::Lab(lab)) => format!("1-{}", lab.digits()),
            _ => key,
        };
        let label = i18n::find(world.lang, &format!("tui.key.{}", layer.word(binding.command, world)))
            .unwrap_or_default();
        Self { key, word: label, command: binding.command }
    }

    fn width(&self) -> usize {
        self.key.width() + 1 + self.word.width()
    }
}

/// Draws it.
pub(crate) fn draw(layer: &Layer, world: &World, frame: &mut Frame<'_>, area: Rect) {
    let mut spans = vec![Span::raw(" ")];
    for item in items(layer, world, area) {
        spans.push(Span::styled(item.key, world.theme.style(Role::Key)));
        spans.push(Span::styled(format!(" {}{}", item.word, " ".repeat(GAP)), world.theme.style(Role::Dim)));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The command whose key is shown at a column.
pub(crate) fn command_at(layer: &Layer, world: &World, area: Rect, column: u16) -> Option<Command> {
    let mut from = 1;
    let column = usize::from(column.checked_sub(area.x)?);
    for item in items(layer, world, area) {
        let to = from + item.width();
        if (from..to).contains(&column) {
            return Some(item.command);
        }
        from = to + GAP;
    }
    None
}

/// As many as there is room for, from the left; the way back and the help always stay. Digits go first: they stand
/// beside what they choose.
fn items(layer: &Layer, world: &World, area: Rect) -> Vec<Item> {
    let mut items: Vec<Item> = bindings(layer.context(world))
        .filter(|binding| binding.footer && layer.offers(binding.command, world))
        .map(|binding| Item::of(binding, layer, world))
        .collect();
    let room = usize::from(area.width).saturating_sub(1);
    while items.len() > 1 && items.iter().map(|i| i.width() + GAP).sum::<usize>() > room + GAP {
        let stays = |item: &Item| matches!(item.command, Command::Back | Command::Help | Command::LeaveShell);
        let digits = items.iter().position(|item| matches!(item.command, Command::Choose(_)));
        let Some(last) = digits.or_else(|| items.iter().rposition(|item| !stays(item))) else { break };
        items.remove(last);
    }
    items
}
