//! The stack of layers: a screen below, pop-ups above it. Keys go to the top one.

use super::{
    keymap::{Command, Context},
    model::World,
    place::Place,
    popups::{help::Help, inspector::Inspector, jump::Jump, notice::Notice, palette::Palette},
    screens::{home::Home, lab::LabScreen, process::ProcessScreen, reader::Reader},
};
use crate::tui::effect::Effect;

/// One layer.
#[derive(Debug)]
pub(crate) enum Layer {
    Home(Home),
    Reader(Box<Reader>),
    Lab(Box<LabScreen>),
    Process(Box<ProcessScreen>),
    Help(Help),
    Palette(Palette),
    Jump(Jump),
    Inspector(Inspector),
    Notice(Notice),
}

/// What a layer wants to happen to the stack after it had a command.
#[derive(Debug)]
pub(crate) enum Go {
    Stay,
    /// It has no use for the command.
    Ignored,
    Push(Layer),
    Pop,
    /// Close it and give the layer below a command.
    PopThen(Command),
    /// Close it and bring the lab to a step.
    PopTo(usize),
    To(Place),
}

impl Layer {
    /// Whether it fills the screen.
    pub(crate) const fn is_screen(&self) -> bool {
        matches!(self, Self::Home(_) | Self::Reader(_) | Self::Lab(_) | Self::Process(_))
    }

    /// What its keys mean now.
    pub(crate) fn context(&self, world: &World) -> Context {
        match self {
            Self::Home(_) => Context::Home,
            Self::Reader(reader) => reader.context(world),
            Self::Lab(lab) => lab.context(world),
            Self::Process(_) => Context::Process,
            Self::Help(_) => Context::Help,
            Self::Palette(_) => Context::Palette,
            Self::Jump(_) => Context::Jump,
            Self::Inspector(_) => Context::Inspector,
            Self::Notice(_) => Context::Notice,
        }
    }

    /// Whether a command would do something now. What this says no to is not offered anywhere.
    pub(crate) fn offers(&self, command: Command, world: &World) -> bool {
        match self {
            Self::Reader(reader) => reader.offers(command, world),
            Self::Lab(lab) => lab.offers(command, world),
            Self::Process(_) => !matches!(command, Command::Narrower | Command::Wider),
            _ => true,
        }
    }

    /// The last part of the key under which the footer names a command now.
    pub(crate) fn word(&self, command: Command, world: &World) -> &'static str {
        match self {
            Self::Reader(reader) => reader.word(command, world),
            Self::Lab(lab) => lab.word(command, world),
            Self::Process(process) => process.word(command),
            _ => command.name(),
        }
    }

    /// Gives it a command.
    pub(crate) fn command(&mut self, command: Command, world: &mut World, out: &mut Vec<Effect>) -> Go {
        match self {
            Self::Home(home) => home.command(command, world),
            Self::Reader(reader) => reader.command(command, world, out),
            Self::Lab(lab) => lab.command(command, world, out),
            Self::Process(process) => process.command(command, world, out),
            Self::Help(help) => help.command(command, world),
            Self::Palette(palette) => palette.command(command, world),
            Self::Jump(jump) => jump.command(command),
            Self::Inspector(inspector) => inspector.command(command, world, out),
            Self::Notice(notice) => notice.command(command, world),
        }
    }
}

/// The stack; there is always a screen at its bottom.
#[derive(Debug)]
pub(crate) struct Layers {
    below: Vec<Layer>,
    top: Layer,
}

impl Layers {
    pub(crate) const fn new(bottom: Layer) -> Self {
        Self { below: Vec::new(), top: bottom }
    }

    pub(crate) const fn top(&self) -> &Layer {
        &self.top
    }

    pub(crate) const fn top_mut(&mut self) -> &mut Layer {
        &mut self.top
    }

    pub(crate) fn push(&mut self, layer: Layer) {
        self.below.push(std::mem::replace(&mut self.top, layer));
    }

    /// Takes the top away; the last layer stays.
    pub(crate) fn pop(&mut self) -> Option<Layer> {
        let below = self.below.pop()?;
        Some(std::mem::replace(&mut self.top, below))
    }

    /// From the lowest that can be seen to the top.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Layer> {
        let screen = if self.top.is_screen() {
            self.below.len()
        } else {
            self.below.iter().rposition(Layer::is_screen).unwrap_or_default()
        };
        self.below.iter().skip(screen).chain(std::iter::once(&self.top))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Layer> {
        self.below.iter_mut().chain(std::iter::once(&mut self.top))
    }

    /// The lab, wherever it is in the stack.
    pub(crate) fn lab_mut(&mut self) -> Option<&mut LabScreen> {
        self.iter_mut().find_map(|layer| match layer {
            Layer::Lab(lab) => Some(&mut **lab),
            _ => None,
        })
    }

    /// The process that is looked at, likewise.
    pub(crate) fn process_mut(&mut self) -> Option<&mut ProcessScreen> {
        self.iter_mut().find_map(|layer| match layer {
            Layer::Process(process) => Some(&mut **process),
            _ => None,
        })
    }
}
