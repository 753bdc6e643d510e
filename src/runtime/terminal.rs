//! The terminal: entered once, restored whatever happens.

use std::{
    io::{self, BufWriter, Stdout, Write},
    panic,
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
use ratatui::{Terminal, backend::CrosstermBackend};

use crate::{
    pty,
    tui::{self, model::Model},
};

/// Presses, drags and the wheel, with the encoding that has no limit, `ctlseqs`; not every movement.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// One write a frame.
const BUFFER: usize = 64 * 1024;

/// The terminal in our hands. Dropping it gives it back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal over; `plain` sends no colour codes, whatever is drawn.
    pub(super) fn enter(plain: bool) -> io::Result<Self> {
        restore_on_panic();
        style::force_color_output(!plain);
        terminal::enable_raw_mode()?;
        let mut out = BufWriter::with_capacity(BUFFER, io::stdout());
        let entered =
            queue!(out, EnterAlternateScreen, event::EnableBracketedPaste, Print(MOUSE_ON), cursor::Hide);
        let terminal = entered.and_then(|()| Terminal::new(CrosstermBackend::new(out)));
        terminal.map(|terminal| Self { terminal }).inspect_err(|_| restore())
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Draws what has changed.
    pub(super) fn draw(&mut self, model: &Model, shell: Option<&pty::Screen>) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| tui::draw(model, shell, frame))?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.terminal.backend_mut())
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
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() == Some("main") {
                restore();
                before(info);
            } else {
                tracing::error!(%info, "panic");
            }
        }));
    });
}
