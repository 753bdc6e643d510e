//! A pseudo-terminal with our end of it: a thread keeps its screen up to date, and nothing ever waits for the program
//! on the other end.

use std::{
    collections::VecDeque,
    io,
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{Builder, JoinHandle},
};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::{grantpt, posix_openpt, unlockpt},
    sys::{
        eventfd::{EfdFlags, EventFd},
        termios::{InputFlags, SetArg, tcgetattr, tcsetattr},
    },
    unistd::{read, write},
};

use super::screen::Screen;
use crate::kernel::tty;

/// Keys that wait for a program which does not read them, in bytes; later ones are lost, as in a real terminal.
const MAX_WAITING: usize = 64 * 1024;

/// How much is read before the screen is shown.
const BATCH: usize = 64 * 1024;

/// Why there is no terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call failed.
    #[error("pseudo-terminal: {call}: {errno}")]
    Call {
        /// Which.
        call: &'static str,
        /// How.
        errno: Errno,
    },
    /// The reader could not be started.
    #[error("pseudo-terminal: the reader's thread cannot start: {0}")]
    Thread(#[from] io::Error),
}

/// A terminal that is open. Dropping it hangs up: whoever runs on it gets `SIGHUP`.
pub struct Session {
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
}

struct Shared {
    master: OwnedFd,
    /// Rings when there are keys to write or the session ends.
    bell: EventFd,
    screen: Mutex<Screen>,
    waiting: Mutex<VecDeque<u8>>,
    /// The wake-up was called and nobody has looked since.
    woken: AtomicBool,
    /// The session ends.
    closing: AtomicBool,
    /// The other end is closed.
    ended: AtomicBool,
}

impl Session {
    /// Opens a pair. The slave is for the shell, which has to make it its controlling terminal; drop it here once it
    /// has been handed over, or the end of the shell is never seen. `wake` is called from another thread when the
    /// screen has changed or the terminal has ended, and not again before [`Session::screen`] was called.
    pub fn open(rows: u16, cols: u16, wake: impl Fn() + Send + 'static) -> Result<(Self, OwnedFd), Error> {
        let screen = Screen::new(rows, cols);
        let (master, slave) = pair(screen.size())?;
        let bell =
            EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).map_err(of("eventfd2"))?;
        let shared = Arc::new(Shared {
            master,
            bell,
            screen: Mutex::new(screen),
            waiting: Mutex::default(),
            woken: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&shared);
        let reader = Builder::new().name("pty".to_owned()).spawn(move || follow(&theirs, &wake))?;
        Ok((Self { shared, reader: Some(reader) }, slave))
    }

    /// The screen as it is now, locked: draw it and let it go.
    pub fn screen(&self) -> MutexGuard<'_, Screen> {
        self.shared.woken.store(false, Ordering::SeqCst);
        self.shared.screen()
    }

    /// Sends bytes to the program without waiting for it, and shows the end of the history again. False where it
    /// reads so little that they were thrown away.
    pub fn write(&self, bytes: &[u8]) -> bool {
        self.shared.screen().scroll_to_end();
        self.shared.send(bytes)
    }

    /// Changes the size, of the terminal and of its screen; as [`Screen::new`] bounds it.
    pub fn resize(&self, rows: u16, cols: u16) -> Result<(), Error> {
        let (rows, cols) = {
            let mut screen = self.shared.screen();
            screen.resize(rows, cols);
            screen.size()
        };
        tty::set_size(&self.shared.master, rows, cols).map_err(of("ioctl TIOCSWINSZ"))
    }

    /// Whether every process has closed the other end.
    pub fn ended(&self) -> bool {
        self.shared.ended.load(Ordering::SeqCst)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        self.shared.ring();
        if let Some(reader) = self.reader.take() {
            drop(reader.join());
        }
    }
}

impl Shared {
    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, bytes: &[u8]) -> bool {
        let mut waiting = self.waiting();
        if waiting.len() + bytes.len() > MAX_WAITING {
            return false;
        }
        waiting.extend(bytes);
        self.flush(&mut waiting);
        if !waiting.is_empty() {
            self.ring();
        }
        true
    }

    /// Writes as much as the terminal takes.
    fn flush(&self, waiting: &mut VecDeque<u8>) {
        while !waiting.is_empty() {
            match write(&self.master, waiting.make_contiguous()) {
                Ok(count) => drop(waiting.drain(..count)),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return,
                Err(_) => waiting.clear(),
            }
        }
    }

    fn ring(&self) {
        // it can only fail when it rings already
        self.bell.write(1).ok();
    }

    fn wake(&self, wake: &impl Fn()) {
        if !self.woken.swap(true, Ordering::SeqCst) {
            wake();
        }
    }

    /// Reads what there is, up to a batch. False at the end.
    fn read(&self, buffer: &mut [u8], wake: &impl Fn()) -> bool {
        let mut total = 0;
        let open = loop {
            match read(&self.master, buffer) {
                Ok(0) => break false,
                Ok(count) => {
                    let replies = {
                        let mut screen = self.screen();
                        screen.process(buffer.get(..count).unwrap_or_default());
                        screen.take_replies()
                    };
                    if !replies.is_empty() {
                        self.send(&replies);
                    }
                    total += count;
                    if total >= BATCH {
                        break true;
                    }
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break true,
                // EIO: the last process has closed the other end, pty(7)
                Err(_) => break false,
            }
        };
        if total > 0 {
            self.wake(wake);
        }
        open
    }
}

/// The reader's thread.
fn follow(shared: &Shared, wake: &impl Fn()) {
    let mut buffer = vec![0; 16 * 1024];
    while !shared.closing.load(Ordering::SeqCst) {
        let writing = if shared.waiting().is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
        let mut fds = [
            PollFd::new(shared.master.as_fd(), PollFlags::POLLIN | writing),
            PollFd::new(shared.bell.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => break,
        }
        shared.bell.read().ok();
        shared.flush(&mut shared.waiting());
        if !shared.read(&mut buffer, wake) {
            break;
        }
    }
    shared.ended.store(true, Ordering::SeqCst);
    shared.woken.store(false, Ordering::SeqCst);
    shared.wake(wake);
}

/// A master that never blocks and a slave, neither inherited by programs, with UTF-8 input (so that erasing a
/// Cyrillic letter erases all of it).
fn pair((rows, cols): (u16, u16)) -> Result<(OwnedFd, OwnedFd), Error> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let master = posix_openpt(flags).map_err(of("posix_openpt"))?;
    grantpt(&master).map_err(of("grantpt"))?;
    unlockpt(&master).map_err(of("unlockpt"))?;
    let slave = tty::peer(&master).map_err(of("ioctl TIOCGPTPEER"))?;
    let mut settings = tcgetattr(&slave).map_err(of("tcgetattr"))?;
    settings.input_flags.insert(InputFlags::IUTF8);
    tcsetattr(&slave, SetArg::TCSANOW, &settings).map_err(of("tcsetattr"))?;
    tty::set_size(&master, rows, cols).map_err(of("ioctl TIOCSWINSZ"))?;
    Ok((OwnedFd::from(master), slave))
}

fn of(call: &'static str) -> impl Fn(Errno) -> Error {
    move |errno| Error::Call { call, errno }
}
