//! The terminal: entered once, restored whatever happens.

use std::{
    cell::RefCell,
    io::{self, Write},
    panic,
    rc::Rc,
    sync::Once,
    thread,
};

use crossterm::{
    cursor, event, queue,
    style::{self, Print},
    terminal::{
        self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend, layout::Rect};

use crate::{
    pty,
    tui::{self, model::Model},
};

/// Presses, drags and the wheel, with the encoding that has no limit, `ctlseqs`; not every movement.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// The terminal in our hands. Dropping it gives it back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Tap>>,
    tap: Tap,
    /// What a frame writes in which nothing has changed; it is not sent.
    idle: Vec<u8>,
}

/// Collects what a frame writes, so that it goes out in one write, or not at all.
#[derive(Clone, Default)]
struct Tap(Rc<RefCell<Vec<u8>>>);

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// Takes the terminal over; `plain` sends no colour codes, whatever is drawn.
    pub(super) fn enter(plain: bool) -> io::Result<Self> {
        restore_on_panic();
        style::force_color_output(!plain);
        terminal::enable_raw_mode()?;
        let tap = Tap::default();
        let entered = queue!(
            tap.clone(),
            EnterAlternateScreen,
            event::EnableBracketedPaste,
            Print(MOUSE_ON),
            cursor::Hide
        );
        let terminal = entered.and_then(|()| Terminal::new(CrosstermBackend::new(tap.clone())));
        terminal.map(|terminal| Self { terminal, tap, idle: Vec::new() }).inspect_err(|_| restore())
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Draws what has changed.
    pub(super) fn draw(&mut self, model: &Model, shell: Option<&pty::Screen>) -> io::Result<()> {
        let area = self.frame(model, shell)?;
        self.send()?;
        if self.idle.is_empty() {
            // the same again, unless the size has changed meanwhile: this is what an idle frame writes
            if self.frame(model, shell)? == area {
                self.idle = self.tap.0.take();
            } else {
                self.send()?;
            }
        }
        Ok(())
    }

    fn frame(&mut self, model: &Model, shell: Option<&pty::Screen>) -> io::Result<Rect> {
        self.terminal.draw(|frame| tui::draw(model, shell, frame)).map(|frame| frame.area)
    }

    fn send(&self) -> io::Result<()> {
        let frame = self.tap.0.take();
        if frame == self.idle {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        queue!(out, BeginSynchronizedUpdate)?;
        out.write_all(&frame)?;
        queue!(out, EndSynchronizedUpdate)?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was. Errors are of no use here: the terminal may be gone.
fn restore() {
    let mut out = io::stdout();
    let done = queue!(
        out,
        EndSynchronizedUpdate,
        Print(MOUSE_OFF),
        event::DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let flushed = out.flush();
    let raw = terminal::disable_raw_mode();
    tracing::debug!(?done, ?flushed, ?raw, "terminal restored");
}

/// A panic of the main thread restores the terminal before anything is printed; one of another thread goes to the log,
/// since the screen is in use.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        // A forked child has a main thread too, but not the screen.
        let owner = std::process::id();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() == Some("main") && std::process::id() == owner {
                restore();
                before(info);
            } else {
                tracing::error!(%info, "panic");
            }
        }));
    });
}
