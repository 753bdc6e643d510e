//! The threads that wait for the world and send messages.

use std::{sync::mpsc::SyncSender, thread::Builder};

use crossterm::{
    event::{self, Event, KeyEventKind, MouseEventKind},
    terminal,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH},
    iterator::Signals,
};

use super::Error;
use crate::{
    inspect::client::Ear,
    stage::{client::Events, protocol},
    tui::message::Msg,
};

/// What comes over the channel.
#[derive(Debug)]
pub(super) enum Note {
    /// From the terminal, the system or the shell.
    Msg(Msg),
    /// From a stage; the number tells a stage that was ended from the one that runs.
    Stage(u64, Result<protocol::Event, String>),
}

/// Keys, mouse and pasted text. Ends with the program, or with the terminal.
pub(super) fn input(sender: SyncSender<Note>) -> Result<(), Error> {
    start("input", move || {
        loop {
            let msg = match event::read() {
                Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => Msg::Key(key),
                Ok(Event::Mouse(mouse)) if mouse.kind != MouseEventKind::Moved => Msg::Mouse(mouse),
                Ok(Event::Paste(text)) => Msg::Paste(text),
                Ok(_) => continue,
                Err(error) => {
                    tracing::info!(%error, "the terminal is gone");
                    Msg::Terminate
                }
            };
            let last = msg == Msg::Terminate;
            if sender.send(Note::Msg(msg)).is_err() || last {
                return;
            }
        }
    })
}

/// The signals that end the program, and the one that says that the terminal has another size.
pub(super) fn signals(sender: SyncSender<Note>) -> Result<(), Error> {
    let failed = |source| Error::Thread { name: "signals", source };
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGWINCH]).map_err(failed)?;
    start("signals", move || {
        for signal in signals.forever() {
            let msg = match (signal, terminal::size()) {
                (SIGWINCH, Ok((columns, rows))) => Msg::Resize(columns, rows),
                (SIGWINCH, Err(_)) => continue,
                _ => Msg::Terminate,
            };
            if sender.send(Note::Msg(msg)).is_err() {
                return;
            }
        }
    })
}

/// Listens to a stage until it ends.
pub(super) fn ear(events: Events, number: u64, sender: SyncSender<Note>) -> Result<(), Error> {
    start("stage", move || {
        loop {
            let heard = match events.next(None) {
                Ok(Some(event)) => Ok(event),
                Ok(None) => continue,
                Err(error) => Err(error.to_string()),
            };
            let last = heard.is_err();
            if sender.send(Note::Stage(number, heard)).is_err() || last {
                return;
            }
        }
    })
}

/// Listens to an observer until it ends.
pub(super) fn witness(ear: Ear, sender: SyncSender<Note>) -> Result<(), Error> {
    start("observer", move || {
        loop {
            let msg = match ear.next() {
                Ok(said) => Msg::Followed(said),
                Err(error) => Msg::FollowLost(error.to_string()),
            };
            let last = matches!(msg, Msg::FollowLost(_));
            if sender.send(Note::Msg(msg)).is_err() || last {
                return;
            }
        }
    })
}

fn start(name: &'static str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let started = Builder::new().name(name.to_owned()).spawn(body);
    started.map(drop).map_err(|source| Error::Thread { name, source })
}
