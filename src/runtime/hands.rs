//! Carries out effects: the stage, the shell, the store.

use std::{
    os::fd::AsFd,
    path::PathBuf,
    sync::{MutexGuard, mpsc::SyncSender},
};

use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};

use super::{
    Ending, Under,
    threads::{self, Note},
};
use crate::{
    inspect::client::Observer,
    lab::run::Phase,
    pty::{self, Cursor, keys},
    stage::{
        client::Client,
        protocol::{Event, Request, ShellPlace},
    },
    store::{Entry, Store},
    tape::Tape,
    tui::{effect::Effect, message::Msg},
};

/// Lines of history that one notch of the wheel moves.
const WHEEL: i32 = 3;

/// What came of an effect.
pub(super) enum Answer {
    Done,
    /// The interface has to know.
    Tell(Msg),
    End(Ending),
}

/// What effects work with. Fields are dropped in this order: first the shell, then the stage.
pub(super) struct Hands {
    shell: Option<pty::Session>,
    stage: Option<Client>,
    observer: Option<Observer>,
    /// How many stages there were.
    number: u64,
    store: Store,
    root_dir: Option<PathBuf>,
    tape: Option<Tape>,
    sender: SyncSender<Note>,
}

impl Hands {
    pub(super) const fn new(
        store: Store,
        root_dir: Option<PathBuf>,
        tape: Option<Tape>,
        sender: SyncSender<Note>,
    ) -> Self {
        Self { shell: None, stage: None, observer: None, number: 0, store, root_dir, tape, sender }
    }

    /// The shell's screen, locked.
    pub(super) fn shell(&self) -> Option<MutexGuard<'_, pty::Screen>> {
        self.shell.as_ref().map(pty::Session::screen)
    }

    /// The message of a note, unless it comes from a stage that was ended.
    pub(super) fn current(&self, note: Note) -> Option<Msg> {
        match note {
            Note::Msg(msg) => Some(msg),
            Note::Stage(number, _) if number != self.number || self.stage.is_none() => None,
            Note::Stage(_, Ok(event)) => Some(Msg::Stage(event)),
            Note::Stage(_, Err(why)) => Some(Msg::StageLost(why)),
        }
    }

    pub(super) fn carry_out(&mut self, effect: Effect) -> Answer {
        match effect {
            Effect::Quit => return Answer::End(Ending::Quit),
            Effect::Sudo(lab) => return Answer::End(Ending::Again(Under::Sudo, lab)),
            Effect::Scope(lab) => return Answer::End(Ending::Again(Under::Scope, lab)),
            Effect::StartStage => return self.start_stage(),
            Effect::StopStage => {
                self.shell = None;
                self.stage = None;
            }
            Effect::Follow(pid) => return self.follow(pid),
            Effect::Ask(request) => return self.ask(&request),
            Effect::OpenShell { place, rows, cols } => return self.open_shell(place, rows, cols),
            Effect::CloseShell => self.shell = None,
            Effect::Type(key) => self.type_key(key),
            Effect::Paste(text) => self.write(|modes| keys::paste(&text, modes)),
            Effect::Point(event) => self.point(event),
            Effect::ResizeShell { rows, cols } => self.resize(rows, cols),
            Effect::ScrollShell(lines) => self.scroll(lines),
            Effect::Tape { step, acting, event } => return self.write_down(&step, acting, &event),
            Effect::Remember(entry) => self.remember(&entry),
        }
        Answer::Done
    }

    /// From the main thread, since the kernel ends the stage with the thread that started it.
    fn start_stage(&mut self) -> Answer {
        self.shell = None;
        self.stage = None;
        let started = Client::start(self.root_dir.as_deref());
        let client = match started {
            Ok(client) => client,
            Err(error) => return Answer::Tell(Msg::StageLost(error.to_string())),
        };
        // Should this process be killed, the stage gives the terminal back; without that it is only less kind.
        let kept = client.request(&Request::Terminal, Some(std::io::stdout().as_fd()));
        tracing::debug!(?kept, "the stage keeps the terminal");
        self.number += 1;
        match threads::ear(client.events(), self.number, self.sender.clone()) {
            Ok(()) => {
                self.stage = Some(client);
                Answer::Done
            }
            Err(error) => Answer::Tell(Msg::StageLost(error.to_string())),
        }
    }

    /// From the main thread too, for the same reason.
    fn follow(&mut self, pid: i32) -> Answer {
        self.observer = None;
        let lost = |why: String| Answer::Tell(Msg::FollowLost(why));
        let observer = match Observer::start(pid) {
            Ok(observer) => observer,
            Err(error) => return lost(error.to_string()),
        };
        match threads::witness(observer.ear(), self.sender.clone()) {
            Ok(()) => {
                self.observer = Some(observer);
                Answer::Done
            }
            Err(error) => lost(error.to_string()),
        }
    }

    fn ask(&self, request: &Request) -> Answer {
        match self.stage.as_ref().map(|stage| stage.request(request, None)) {
            Some(Err(error)) => Answer::Tell(Msg::StageLost(error.to_string())),
            // a stage that is gone has said so already
            Some(Ok(())) | None => Answer::Done,
        }
    }

    fn open_shell(&mut self, place: ShellPlace, rows: u16, cols: u16) -> Answer {
        let Some(stage) = &self.stage else { return Answer::Done };
        let sender = self.sender.clone();
        // a full queue is drawn anyway, and drawing looks at the shell
        let wake = move || drop(sender.try_send(Note::Msg(Msg::ShellChanged)));
        let opened =
            pty::Session::open(rows, cols, wake).map_err(|e| e.to_string()).and_then(|(session, slave)| {
                let asked = stage.request(&Request::Shell { place }, Some(slave.as_fd()));
                asked.map(|()| session).map_err(|e| e.to_string())
            });
        match opened {
            Ok(session) => {
                self.shell = Some(session);
                Answer::Done
            }
            Err(why) => Answer::Tell(Msg::ShellFailed(why)),
        }
    }

    fn type_key(&self, key: KeyEvent) {
        self.write(|modes| keys::key(&key, modes));
    }

    /// A mouse event goes to the program that wants it; else the wheel moves the history.
    fn point(&self, event: MouseEvent) {
        let Some(shell) = &self.shell else { return };
        let modes = shell.screen().modes();
        let bytes =
            keys::mouse(event.kind, event.modifiers, Cursor { row: event.row, col: event.column }, modes);
        match event.kind {
            _ if !bytes.is_empty() => self.write(|_| bytes),
            MouseEventKind::ScrollUp => self.scroll(WHEEL),
            MouseEventKind::ScrollDown => self.scroll(-WHEEL),
            _ => {}
        }
    }

    fn write(&self, bytes: impl FnOnce(pty::Modes) -> Vec<u8>) {
        let Some(shell) = &self.shell else { return };
        let bytes = bytes(shell.screen().modes());
        if !bytes.is_empty() && !shell.write(&bytes) {
            tracing::warn!("the shell does not read its keys");
        }
    }

    fn resize(&self, rows: u16, cols: u16) {
        if let Some(Err(error)) = self.shell.as_ref().map(|shell| shell.resize(rows, cols)) {
            tracing::warn!(%error, "resizing the shell");
        }
    }

    fn scroll(&self, lines: i32) {
        if let Some(shell) = &self.shell {
            shell.screen().scroll(lines);
        }
    }

    /// A recording that cannot be written is given up, and the student told.
    fn write_down(&mut self, step: &str, acting: bool, event: &Event) -> Answer {
        let phase = if acting { Phase::Acting } else { Phase::Entering };
        match self.tape.as_mut().map(|tape| tape.hear(step, phase, event)) {
            Some(Err(error)) => {
                self.tape = None;
                Answer::Tell(Msg::TapeLost(error.to_string()))
            }
            Some(Ok(())) | None => Answer::Done,
        }
    }

    fn remember(&mut self, entry: &Entry) {
        if let Err(error) = self.store.record(entry) {
            tracing::warn!(%error, "progress is not saved yet");
        }
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        // the order matters: a shell that is hung up first cannot write while the stage cleans up
        self.shell = None;
        self.stage = None;
    }
}
