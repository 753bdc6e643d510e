//! Drawing: a pure function of the model, and of the shell's screen where there is a shell.

use ratatui::{
    Frame,
    layout::{Alignment, Rect},
    text::Line,
    widgets::Paragraph,
};

use super::{
    compositor::Layer,
    keymap::Command,
    model::{Model, SMALLEST},
    theme::Role,
    widgets::footer,
};
use crate::{i18n, pty};

/// Draws the whole screen.
pub fn draw(model: &Model, shell: Option<&pty::Screen>, frame: &mut Frame<'_>) {
    let (world, area) = (&model.world, frame.area());
    frame.buffer_mut().set_style(area, world.theme.style(Role::Plain));
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(model, frame);
        return;
    }
    let [body, bottom] = split(area);
    for layer in model.layers.visible() {
        match layer {
            Layer::Home(home) => home.draw(world, frame, body),
            Layer::Reader(reader) => reader.draw(world, frame, body),
            Layer::Lab(lab) => lab.draw(world, shell, frame, body),
            Layer::Process(process) => process.draw(world, frame, body),
            Layer::Help(help) => help.draw(world, frame, body),
            Layer::Palette(palette) => palette.draw(world, frame, body),
            Layer::Jump(jump) => jump.draw(world, frame, body),
            Layer::Inspector(inspector) => inspector.draw(world, frame, body),
            Layer::Notice(notice) => notice.draw(world, frame, body),
        }
    }
    footer::draw(model.layers.top(), world, frame, bottom);
}

/// The command of the key shown at a place of the footer.
pub(crate) fn footer_command(model: &Model, at: (u16, u16)) -> Option<Command> {
    let (columns, rows) = model.world.size;
    let [_, bottom] = split(Rect::new(0, 0, columns, rows));
    (at.1 == bottom.y).then(|| footer::command_at(model.layers.top(), &model.world, bottom, at.0)).flatten()
}

/// Everything but the last row, and the last row.
fn split(area: Rect) -> [Rect; 2] {
    let body = Rect { height: area.height.saturating_sub(1), ..area };
    [body, Rect { y: area.y + body.height, height: 1.min(area.height), ..area }]
}

fn too_small(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let text = i18n::fill(
        model.world.lang,
        "tui.too_small",
        &[
            ("width", &area.width),
            ("height", &area.height),
            ("least_width", &SMALLEST.0),
            ("least_height", &SMALLEST.1),
        ],
    );
    let style = model.world.theme.style(Role::Plain);
    let lines: Vec<Line<'_>> = super::widgets::wrap::plain(&text, style, usize::from(area.width));
    frame.render_widget(Paragraph::new(lines).alignment(Alignment::Center), area);
}
