//! What a message does to the model. Pure: whatever concerns the world outside comes back as effects.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent, MouseEventKind};

use super::{
    compositor::{Go, Layer},
    effect::Effect,
    keymap::{self, Command, Context},
    message::Msg,
    model::Model,
    place::Place,
    popups::{help::Help, notice::Notice, palette::Palette},
    screens::{lab::LabScreen, process::ProcessScreen, reader::Reader},
};

/// Takes a message in; the effects are to be carried out in order.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut out = Vec::new();
    match msg {
        Msg::Key(event) if event.kind != KeyEventKind::Release => key(model, event, &mut out),
        Msg::Key(_) | Msg::ShellChanged => {}
        Msg::Mouse(event) => mouse(model, event, &mut out),
        Msg::Paste(text) => paste(model, text, &mut out),
        Msg::Resize(columns, rows) => model.world.size = (columns, rows),
        Msg::Stage(event) => {
            if let Some(lab) = model.layers.lab_mut() {
                let raw = lab.stage(event, &mut model.world, &mut out);
                if let (Some(raw), Layer::Inspector(inspector)) = (raw, model.layers.top_mut()) {
                    inspector.arrived(raw);
                }
            }
        }
        Msg::StageLost(why) => {
            if let Some(lab) = model.layers.lab_mut() {
                lab.lost(why);
            }
        }
        Msg::Followed(said) => {
            if let Some(process) = model.layers.process_mut() {
                process.hear(said);
            }
        }
        Msg::FollowLost(why) => {
            if let Some(process) = model.layers.process_mut() {
                process.lost(why);
            }
        }
        Msg::TapeLost(why) => {
            model.world.taped = false;
            model.layers.push(Layer::Notice(Notice::new("tui.recorded.tape_lost", why)));
        }
        Msg::ShellFailed(why) => {
            if let Some(lab) = model.layers.lab_mut() {
                lab.no_shell(Some(why));
            }
        }
        Msg::Terminate => out.push(Effect::Quit),
    }
    if let Some(lab) = model.layers.lab_mut() {
        lab.ask_dial(&mut out);
        lab.fit_shell(&model.world, &mut out);
    }
    out
}

/// Opens a place in the course, above what is open.
pub fn go_to(model: &mut Model, place: Place) -> Vec<Effect> {
    let mut out = Vec::new();
    open(model, place, &mut out);
    out
}

fn key(model: &mut Model, event: KeyEvent, out: &mut Vec<Effect>) {
    let context = model.layers.top().context(&model.world);
    if let Some(command) = keymap::command(context, event) {
        run(model, command, out);
        return;
    }
    match context {
        Context::Shell => out.push(Effect::Type(event)),
        Context::Searching | Context::Palette | Context::Controls | Context::Field => {
            let typed = !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
            if let (KeyCode::Char(c), true) = (event.code, typed) {
                write(model, c, out);
            }
        }
        _ => {}
    }
}

fn write(model: &mut Model, c: char, out: &mut Vec<Effect>) {
    match model.layers.top_mut() {
        Layer::Palette(palette) => palette.write(c),
        Layer::Reader(reader) => reader.write(c, &mut model.world, out),
        Layer::Lab(lab) => lab.write(c, out),
        _ => {}
    }
}

fn paste(model: &mut Model, text: String, out: &mut Vec<Effect>) {
    match model.layers.top().context(&model.world) {
        Context::Shell => out.push(Effect::Paste(text)),
        Context::Searching | Context::Palette | Context::Field => {
            for c in text.chars().filter(|c| !c.is_control()) {
                write(model, c, out);
            }
        }
        _ => {}
    }
}

fn run(model: &mut Model, command: Command, out: &mut Vec<Effect>) {
    if !model.layers.top().offers(command, &model.world) {
        return;
    }
    match command {
        Command::Quit => out.push(Effect::Quit),
        Command::Language => {
            model.world.lang = model.world.lang.other();
            for layer in model.layers.iter_mut() {
                if let Layer::Reader(reader) = layer {
                    reader.reload(&model.world);
                }
            }
        }
        Command::Theme => model.world.theme = model.world.theme.next(),
        Command::Help => {
            let help = Help::new(model.layers.top(), &model.world);
            model.layers.push(Layer::Help(help));
        }
        Command::Palette => {
            let palette = Palette::new(model.layers.top(), &model.world);
            model.layers.push(Layer::Palette(palette));
        }
        _ => {
            let go = model.layers.top_mut().command(command, &mut model.world, out);
            follow(model, go, out);
        }
    }
}

fn follow(model: &mut Model, go: Go, out: &mut Vec<Effect>) {
    match go {
        Go::Stay | Go::Ignored => {}
        Go::Push(layer) => model.layers.push(layer),
        Go::Pop => close(model, out),
        Go::PopThen(command) => {
            close(model, out);
            run(model, command, out);
        }
        Go::PopTo(step) => {
            close(model, out);
            if let Some(lab) = model.layers.lab_mut() {
                lab.jump(step, out);
            }
        }
        Go::To(place) => open(model, place, out),
    }
}

fn close(model: &mut Model, out: &mut Vec<Effect>) {
    match model.layers.pop() {
        Some(Layer::Lab(_)) => out.push(Effect::StopStage),
        None => out.push(Effect::Quit),
        _ => {}
    }
    if let Layer::Home(home) = model.layers.top_mut() {
        home.select_last(&model.world);
    }
}

/// Pop-ups are closed first; a lab that is open is left before another place is opened above it.
fn open(model: &mut Model, place: Place, out: &mut Vec<Effect>) {
    while !matches!(model.layers.top(), Layer::Home(_)) {
        close(model, out);
    }
    match place {
        Place::Lesson(id) => match Reader::open(&id, &mut model.world, out) {
            Ok(reader) => model.layers.push(Layer::Reader(Box::new(reader))),
            Err(problem) => model.layers.push(Layer::Notice(Notice::course(problem))),
        },
        Place::Lab(id, step) => match LabScreen::open(&id, step.as_deref(), &model.world, out) {
            Ok(lab) => model.layers.push(Layer::Lab(Box::new(lab))),
            Err(problem) => model.layers.push(Layer::Notice(Notice::course(problem))),
        },
        Place::Process(target) => {
            let process = ProcessScreen::open(target, out);
            model.layers.push(Layer::Process(Box::new(process)));
        }
    }
}

fn mouse(model: &mut Model, event: MouseEvent, out: &mut Vec<Effect>) {
    let at = (event.column, event.row);
    if let Layer::Lab(lab) = model.layers.top_mut()
        && lab.mouse(event, &model.world, out)
    {
        return;
    }
    match event.kind {
        MouseEventKind::ScrollUp => run(model, Command::Up, out),
        MouseEventKind::ScrollDown => run(model, Command::Down, out),
        MouseEventKind::Down(_) => {
            if let Some(command) = super::view::footer_command(model, at) {
                run(model, command, out);
                return;
            }
            let go = match model.layers.top_mut() {
                Layer::Home(home) => home.click(at, &model.world),
                Layer::Reader(reader) => reader.click(at, &mut model.world, out),
                Layer::Process(process) => process.click(at, &model.world),
                _ => Go::Ignored,
            };
            follow(model, go, out);
        }
        _ => {}
    }
}
