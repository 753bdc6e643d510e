//! Owns the threads and the channel, and carries out effects.
//!
//! Threads: input, signals, the ears of the stage and of an observer, the reader of the shell. Each sends messages over one bounded channel;
//! the main thread takes all that are there, updates, and draws at most every 16 ms and only when something came in.
//! Nothing ticks while nothing happens.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::Command,
    rc::Rc,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use crate::{
    course::Course,
    i18n::Lang,
    lab::recording::Recording,
    store::Store,
    tape::Tape,
    tui::{self, Theme, effect::Effect, model::Model, place::Place},
};

mod hands;
mod terminal;
mod threads;

use hands::{Answer, Hands};
use terminal::Screen;
use threads::Note;

/// Time between two frames at least.
const FRAME: Duration = Duration::from_millis(16);

/// Messages that may wait.
const QUEUE: usize = 256;

/// What the interface needs.
pub struct Options {
    /// The course.
    pub course: Course,
    /// The language to begin with.
    pub lang: Lang,
    /// The theme to begin with; [`Theme::Mono`] stays.
    pub theme: Theme,
    /// Where progress is kept.
    pub store: Store,
    /// Something to be read before all else: what the store has to say.
    pub notice: Option<String>,
    /// `--root-dir`, for the stage.
    pub root_dir: Option<PathBuf>,
    /// What is opened first; none is home.
    pub start: Option<Place>,
    /// Where what the stage says is written down, if anywhere.
    pub tape: Option<Tape>,
    /// A recording to show in place of its lab.
    pub replay: Option<Recording>,
    /// Global options to repeat when the program is started again under `sudo`.
    pub globals: Vec<OsString>,
}

/// Why the interface ended otherwise than by the student's wish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The terminal.
    #[error("terminal: {0}")]
    Terminal(io::Error),
    /// A thread did not start.
    #[error("thread {name}: {source}")]
    Thread {
        /// Which.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
    /// What should have started the program again did not start.
    #[error("{program}: {source}")]
    Again {
        /// `sudo` or `systemd-run`.
        program: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// How a session of the interface ended.
enum Ending {
    Quit,
    Again(Under, String),
}

/// What the program is started again under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under {
    Sudo,
    Scope,
}

impl Under {
    /// The words before the program's own.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Sudo => &["sudo", "--"],
            Self::Scope => {
                &["systemd-run", "--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--"]
            }
        }
    }
}

/// Runs the interface until the student leaves it. The terminal is as before afterwards, whatever happens.
pub fn run(options: Options) -> Result<(), Error> {
    let globals = options.globals.clone();
    match session(options)? {
        Ending::Quit => Ok(()),
        Ending::Again(under, lab) => Err(again(under, &lab, &globals)),
    }
}

fn session(options: Options) -> Result<Ending, Error> {
    let (sender, inbox) = mpsc::sync_channel(QUEUE);
    // first of all: a signal between here and the terminal's own mode would leave that behind
    threads::signals(sender.clone())?;
    let mut screen = Screen::enter(options.theme == Theme::Mono).map_err(Error::Terminal)?;
    let size = screen.size().map_err(Error::Terminal)?;
    let progress = options.store.progress().clone();
    let mut model = Model::new(Rc::new(options.course), options.lang, options.theme, progress, size);
    if let Some(recording) = options.replay {
        model.replay(recording);
    }
    if options.tape.is_some() {
        model.tape();
    }
    let effects = options.start.map(|place| tui::go_to(&mut model, place)).unwrap_or_default();
    if let Some(text) = options.notice {
        model.notify(text);
    }
    screen.draw(&model, None).map_err(Error::Terminal)?;
    threads::input(sender.clone())?;
    let hands = Hands::new(options.store, options.root_dir, options.tape, sender);
    Session { model, hands, screen, inbox }.run(effects)
}

/// Everything the main thread holds. The stage and the shell end before the terminal is restored.
struct Session {
    model: Model,
    hands: Hands,
    screen: Screen,
    inbox: Receiver<Note>,
}

impl Session {
    fn run(mut self, first: Vec<Effect>) -> Result<Ending, Error> {
        let mut drawn = Instant::now();
        let mut dirty = !first.is_empty();
        let mut ending = self.carry_out(first);
        loop {
            if let Some(ending) = ending {
                return Ok(ending);
            }
            if dirty && drawn.elapsed() >= FRAME {
                self.screen.draw(&self.model, self.hands.shell().as_deref()).map_err(Error::Terminal)?;
                drawn = Instant::now();
                dirty = false;
            }
            let note = match dirty.then(|| FRAME.saturating_sub(drawn.elapsed())) {
                Some(wait) => self.inbox.recv_timeout(wait),
                None => self.inbox.recv().map_err(RecvTimeoutError::from),
            };
            ending = match note {
                Ok(note) => {
                    dirty = true;
                    self.take_in(note)
                }
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Ending::Quit),
            };
        }
    }

    /// Takes in a message and all that wait behind it.
    fn take_in(&mut self, first: Note) -> Option<Ending> {
        let mut next = Some(first);
        let mut left = QUEUE;
        while let Some(note) = next {
            if let Some(msg) = self.hands.current(note) {
                let effects = tui::update(&mut self.model, msg);
                let ending = self.carry_out(effects);
                if ending.is_some() {
                    return ending;
                }
            }
            // a shell that never stops writing must not keep the screen from being drawn
            left -= 1;
            next = if left > 0 { self.inbox.try_recv().ok() } else { None };
        }
        None
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Option<Ending> {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            match self.hands.carry_out(effect) {
                Answer::Done => {}
                Answer::Tell(msg) => queue.extend(tui::update(&mut self.model, msg)),
                Answer::End(ending) => return Some(ending),
            }
        }
        None
    }
}

/// Replaces this process; comes back only with an error.
fn again(under: Under, lab: &str, globals: &[OsString]) -> Error {
    let (program, words) = under.words().split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let source = match std::env::current_exe() {
        Ok(own) => Command::new(program).args(words).arg(own).args(globals).args(["lab", lab]).exec(),
        Err(error) => error,
    };
    Error::Again { program, source }
}
