//! The stage's loop: waits for the user interface, its members and signals; answers requests; looks.

use std::{
    collections::{BTreeMap, VecDeque},
    net::TcpListener,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::Signal,
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::{getpid, getppid},
};

use super::{
    farewell::{self, Farewell},
    member::{Ended, Refusal},
    observe::Eyes,
    order::Fault,
    protocol::{Event, HostInfo, Request, ShellPlace, VERSION},
    session::Session,
    shell::Shell,
    troupe::{Setting, Troupe},
    wire::{self, WireError},
};
use crate::{
    cgroup::delegation,
    kernel::{descent, guard, process, socket},
    lab::{
        action::Action,
        dial,
        observation::{Observation, Whose},
        sight::Sight,
        trace::{Failure, shorten},
    },
    probe::{
        cgroup,
        inside::{Inside, Marker},
    },
};

mod raw;

/// The name of the stage, for `ps` and for whoever looks for it from inside.
const NAME: &std::ffi::CStr = c"korobka-stage";

/// Why the stage could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The socket.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A call of the housekeeping.
    #[error("the stage cannot start: {0}")]
    Errno(#[from] Errno),
    /// The session's directory.
    #[error(transparent)]
    Session(#[from] super::session::SessionError),
}

/// How long a user interface may take to die, or to say that it closes, after the signal that it does, in milliseconds.
const LAST_WORDS: u16 = 500;

struct Server {
    ui: OwnedFd,
    signals: SignalFd,
    port: Option<TcpListener>,
    session: Session,
    setting: Setting,
    eyes: Eyes,
    troupe: Troupe,
    shell: Option<Shell>,
    period: Option<Duration>,
    next_look: Instant,
    seen: BTreeMap<Whose, Observation>,
    fault: Option<Fault>,
    terminal: Option<OwnedFd>,
    farewell: Farewell,
    /// What is to be measured, one at a time: whatever is asked meanwhile comes first.
    dialling: VecDeque<dial::Setting>,
}

/// The role: serves the user interface on a socket until it goes away, then takes everything down.
pub fn run(ui: OwnedFd, sessions: &Path, fault: Option<Fault>) -> Result<(), StageError> {
    if socket::peer(&ui)? != getppid() {
        return Err(Errno::EPERM.into());
    }
    let parent = getppid().as_raw();
    process::die_with_parent(Signal::SIGTERM, parent)?;
    process::rename(NAME)?;
    descent::adopt_orphans()?;
    process::block(&[Signal::SIGTTOU])?;
    let signals =
        process::block(&[Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP, Signal::SIGCHLD])?;
    let signals = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    super::janitor::sweep(sessions);
    let session = Session::create(sessions)?;
    let farewell = Farewell::of(&ui)?;
    let mut server = Server::new(ui, signals, session, fault, farewell);
    let result = server.serve();
    let killed = match result {
        Err(StageError::Wire(WireError::Gone)) => true,
        Ok(End::Told) => server.has_lost_the_ui(),
        _ => getppid().as_raw() != parent,
    };
    if let Some(terminal) = server.terminal.take().filter(|_| killed) {
        // It may have been closed as well; then there is nothing to give back.
        if let Err(errno) = super::terminal::give_back(terminal) {
            tracing::debug!(%errno, "the terminal is gone");
        }
    }
    server.end();
    match result {
        Err(StageError::Wire(WireError::Gone)) => Ok(()),
        other => other.map(drop),
    }
}

/// Why the stage ends.
enum End {
    /// The user interface asked for it.
    Closed,
    /// A signal did.
    Told,
}

impl Server {
    fn new(
        ui: OwnedFd,
        signals: SignalFd,
        session: Session,
        fault: Option<Fault>,
        farewell: Farewell,
    ) -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|port| port.set_nonblocking(true).map(|()| port)).ok();
        let number = port.as_ref().and_then(|port| port.local_addr().ok()).map(|address| address.port());
        let box_dir = session.box_dir().to_string_lossy().into_owned();
        let marker = Marker { pid: getpid().as_raw(), name: NAME.to_string_lossy().into_owned() };
        let inside = Inside { marker, port: number, witness: false, box_dir, sights: Vec::new() };
        let setting = Setting {
            host: guard::namespaces_of("/proc/self"),
            box_dir: session.box_dir(),
            inside: inside.clone(),
        };
        Self {
            ui,
            signals,
            port,
            eyes: Eyes::new(session.box_dir(), inside),
            session,
            troupe: Troupe::new(setting.clone(), farewell.clone()),
            setting,
            shell: None,
            period: None,
            next_look: Instant::now(),
            seen: BTreeMap::new(),
            fault,
            terminal: None,
            farewell,
            dialling: VecDeque::new(),
        }
    }

    fn serve(&mut self) -> Result<End, StageError> {
        loop {
            while let Some(ended) = self.troupe.noted() {
                self.shell_said(ended)?;
            }
            let ready = self.wait()?;
            if ready.signal && self.told_to_end() {
                return Ok(End::Told);
            }
            if ready.port {
                while self.port.as_ref().is_some_and(|port| port.accept().is_ok()) {}
            }
            for at in ready.members {
                self.listen(at)?;
            }
            self.listen_to_shell()?;
            if ready.ui {
                let received = wire::receive::<Request>(&self.ui)?;
                if received.message == Request::Close {
                    return Ok(End::Closed);
                }
                // Nobody waits any more for what was asked before a farewell.
                if !self.farewell.said() {
                    self.answer(received.message, received.fd)?;
                }
            } else if let Some(setting) = self.dialling.pop_front() {
                let measured = self.troupe.dial().measure(&setting, None);
                self.say(&Event::Dialled { measured })?;
            }
            self.look_when_due()?;
        }
    }

    fn wait(&self) -> Result<Ready, StageError> {
        let timeout = match self.period {
            _ if !self.dialling.is_empty() => PollTimeout::ZERO,
            None => PollTimeout::NONE,
            Some(_) => farewell::at_least(self.next_look.saturating_duration_since(Instant::now())),
        };
        let mut fds = vec![
            PollFd::new(self.ui.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
        ];
        let members = self.troupe.members().iter();
        fds.extend(members.map(|member| PollFd::new(member.as_fd(), PollFlags::POLLIN)));
        let first_other = fds.len();
        let others = [self.port.as_ref().map(AsFd::as_fd), self.shell.as_ref().and_then(Shell::socket)];
        fds.extend(others.into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let ready =
            |at: usize| fds.get(at).and_then(PollFd::revents).is_some_and(|events| !events.is_empty());
        Ok(Ready {
            ui: ready(0),
            signal: ready(1),
            members: (2..first_other).filter(|at| ready(*at)).map(|at| at - 2).collect(),
            port: self.port.is_some() && ready(first_other),
        })
    }

    /// Whether the user interface has gone without a word. A kill ends its threads one by one: the signal that tells of
    /// the thread that started this process, `PR_SET_PDEATHSIG(2const)`, may be here before the end of the socket.
    fn has_lost_the_ui(&self) -> bool {
        let mut fds = [PollFd::new(self.ui.as_fd(), PollFlags::POLLIN)];
        while poll(&mut fds, LAST_WORDS) == Ok(1) {
            match wire::receive::<Request>(&self.ui) {
                Ok(received) if received.message == Request::Close => return false,
                Ok(_) => {}
                Err(error) => return error == WireError::Gone,
            }
        }
        false
    }

    /// Whether one of the signals asks to end; children that have ended are reaped on the way.
    fn told_to_end(&self) -> bool {
        let mut end = false;
        while let Ok(Some(signal)) = self.signals.read_signal() {
            end |= i32::try_from(signal.ssi_signo) != Ok(Signal::SIGCHLD as i32);
        }
        descent::reap();
        end
    }

    /// A member says something, or has died: then the box is taken down.
    fn listen(&mut self, at: usize) -> Result<(), StageError> {
        match self.troupe.listen(at) {
            Ok(Some(ended)) => self.shell_said(ended),
            Ok(None) | Err(Refusal::Silent | Refusal::Failed(_)) => Ok(()),
            Err(Refusal::Gone) => self.take_down(),
        }
    }

    fn take_down(&mut self) -> Result<(), StageError> {
        self.troupe.end();
        self.seen.clear();
        self.shell_ended(ShellPlace::Inside, 128 + Signal::SIGKILL as i32)?;
        // Whoever lost a killed parent is our own child now, as is the one above a shell beside the box.
        let companion = self.shell.as_ref().and_then(Shell::companion);
        descent::end_below_but(getpid().as_raw(), companion.as_slice());
        self.say(&Event::SubjectGone { signal: None })
    }

    fn listen_to_shell(&mut self) -> Result<(), StageError> {
        let ended = self.shell.as_mut().and_then(Shell::listen);
        ended.map_or(Ok(()), |ended| self.shell_said(ended))
    }

    /// A shell has ended: the present one, or one that was ended here and is not asked for any more.
    fn shell_said(&mut self, (number, status): Ended) -> Result<(), StageError> {
        let present = self.shell.as_ref().filter(|shell| shell.number() == number).map(Shell::place);
        present.map_or(Ok(()), |place| self.shell_ended(place, status))
    }

    /// The shell of a place is over; if it lives, it is ended with everything below it.
    fn shell_ended(&mut self, place: ShellPlace, status: i32) -> Result<(), StageError> {
        match self.shell.take_if(|shell| shell.place() == place) {
            Some(shell) => {
                self.troupe.cage().spare(None);
                // In v1 nobody who is frozen dies.
                self.troupe.cage().thaw();
                shell.end();
                self.eyes.forget_hands();
                self.seen.retain(|whose, _| *whose == Whose::Subject);
                self.say(&Event::ShellEnded { status })
            }
            None => Ok(()),
        }
    }

    fn answer(&mut self, request: Request, fd: Option<OwnedFd>) -> Result<(), StageError> {
        match request {
            Request::Hello { version } => self.hello(version),
            Request::Open { replay, sights } => self.open(&replay, sights),
            Request::Act { actions } => self.act(&actions),
            Request::Watch { hz } => {
                self.period = (hz > 0).then(|| Duration::from_millis(1000 / u64::from(hz.min(20))));
                self.next_look = Instant::now();
                Ok(())
            }
            Request::Shell { place } => self.start_shell(place, fd),
            Request::EndShell => {
                let place = self.shell.as_ref().map(Shell::place);
                place.map_or(Ok(()), |place| self.shell_ended(place, 128 + Signal::SIGKILL as i32))
            }
            Request::Raw { fact } => {
                let pid = self.troupe.subject().map(|subject| subject.pid()).unwrap_or_default();
                let seen = self.seen.get(&Whose::Subject).and_then(|seen| seen.get(fact));
                let event = raw::read(fact, pid, seen);
                self.say(&event)
            }
            Request::Dial { settings } => {
                self.dialling.extend(settings);
                Ok(())
            }
            Request::Terminal => {
                self.terminal = fd;
                Ok(())
            }
            Request::Close => Ok(()),
        }
    }

    fn hello(&mut self, version: u32) -> Result<(), StageError> {
        if version != VERSION {
            let failure = super::act::local_failure("hello", Errno::EPROTO);
            return self.say(&Event::Failed { failure });
        }
        let kernel = nix::sys::utsname::uname()?.release().to_string_lossy().into_owned();
        let uid = nix::unistd::geteuid().as_raw();
        let cgroup =
            cgroup::cgroup_version(Path::new("/proc")).map_or("none", cgroup::Version::name).to_owned();
        let box_dir = self.setting.box_dir.to_string_lossy().into_owned();
        let seats = self.troupe.cage().seats();
        let delegates = uid != 0 && cgroup == "v2" && delegation::offered(uid);
        let host = HostInfo { kernel, uid, cgroup, box_dir, seats, delegates };
        self.say(&Event::Ready { version: VERSION, host })
    }

    fn open(&mut self, replay: &[Action], sights: Vec<Sight>) -> Result<(), StageError> {
        self.setting.inside.sights = sights;
        self.troupe.set_sights(&self.setting.inside.sights);
        self.eyes.set_sights(&self.setting.inside.sights);
        self.shell_ended(ShellPlace::Inside, 128 + Signal::SIGKILL as i32)?;
        let opened = self.troupe.open(replay);
        match opened.and_then(|()| self.look()) {
            Ok(observation) => self.say(&Event::Opened { observation }),
            Err(failure) => self.say(&Event::Failed { failure }),
        }
    }

    fn act(&mut self, actions: &[Action]) -> Result<(), StageError> {
        let before = match self.look() {
            Ok(before) => before,
            Err(failure) => return self.say(&Event::Failed { failure }),
        };
        let (traces, failure) = self.troupe.act(actions, self.fault.take());
        if failure.is_some() {
            self.shell_ended(ShellPlace::Inside, 128 + Signal::SIGKILL as i32)?;
            if let Err(failure) = self.troupe.roll_back() {
                return self.say(&Event::Failed { failure });
            }
        }
        if self.shell.as_ref().is_some_and(|shell| !shell.lives()) {
            // An action may have ended the subject above it.
            self.shell_ended(ShellPlace::Inside, 128 + Signal::SIGKILL as i32)?;
        }
        match self.look() {
            Ok(after) => self.say(&Event::Acted { before, after, traces: shorten(traces), failure }),
            Err(failure) => self.say(&Event::Failed { failure }),
        }
    }

    fn look(&mut self) -> Result<Observation, Failure> {
        let observation = self.troupe.look(&mut self.eyes)?;
        self.seen.insert(Whose::Subject, observation.clone());
        Ok(observation)
    }

    /// Looks at the subject and at everything below the shell, and tells what is not as it was.
    fn look_when_due(&mut self) -> Result<(), StageError> {
        let Some(period) = self.period.filter(|_| Instant::now() >= self.next_look) else { return Ok(()) };
        self.next_look = Instant::now() + period;
        if !self.troupe.members().is_empty() && self.eyes.due() {
            match self.troupe.look(&mut self.eyes) {
                Ok(now) => self.tell_if_new(Whose::Subject, now)?,
                Err(Refusal::Gone | Refusal::Silent) => self.take_down()?,
                Err(Refusal::Failed(_)) => {}
            }
        } else if self.troupe.cage().looks()
            && let Some(mut now) = self.seen.get(&Whose::Subject).cloned()
        {
            // Limits move while nothing else does, and the subject need not be asked.
            self.troupe.cage().read(&mut now.facts);
            self.tell_if_new(Whose::Subject, now)?;
        }
        let hands = self.shell.as_ref().map(Shell::processes).unwrap_or_default();
        self.eyes.keep_hands(&hands);
        self.seen.retain(|whose, _| !matches!(whose, Whose::Hand(pid) if !hands.contains(pid)));
        for pid in hands {
            if let Some(mut now) = self.eyes.hand(pid) {
                self.troupe.cage().read(&mut now.facts);
                self.tell_if_new(Whose::Hand(pid), now)?;
            }
        }
        Ok(())
    }

    fn tell_if_new(&mut self, whose: Whose, observation: Observation) -> Result<(), StageError> {
        if self.seen.get(&whose) == Some(&observation) {
            return Ok(());
        }
        self.seen.insert(whose, observation.clone());
        self.say(&Event::Observed { whose, observation })
    }

    fn start_shell(&mut self, place: ShellPlace, terminal: Option<OwnedFd>) -> Result<(), StageError> {
        if let Some(old) = self.shell.as_ref().map(Shell::place) {
            self.shell_ended(old, 128 + Signal::SIGKILL as i32)?;
        }
        let Some(terminal) = terminal else {
            let failure = super::act::local_failure("shell", Errno::EBADF);
            return self.say(&Event::Failed { failure });
        };
        let started = Shell::start(place, &mut self.troupe, &self.setting, terminal.as_fd());
        let shell = match started {
            Ok(shell) => shell,
            Err(failure) => return self.say(&Event::Failed { failure }),
        };
        let pid = shell.pid();
        self.shell = Some(shell);
        self.troupe.cage().spare((place == ShellPlace::Beside).then_some(pid));
        match self.eyes.hand(pid) {
            Some(mut observation) => {
                self.troupe.cage().read(&mut observation.facts);
                self.seen.insert(Whose::Hand(pid), observation.clone());
                self.say(&Event::ShellStarted { pid, observation })
            }
            None => self.shell_ended(place, 127),
        }
    }

    fn say(&self, event: &Event) -> Result<(), StageError> {
        wire::send(&self.ui, event, None).map_err(StageError::from)
    }

    /// Takes everything down; nothing is left but what somebody else holds.
    fn end(mut self) {
        if let Some(shell) = self.shell.take() {
            shell.end();
        }
        self.troupe.end();
        descent::end_below(getpid().as_raw());
        descent::reap();
        if let Err(error) = self.session.remove() {
            tracing::warn!(%error, "the session's directory stays until the next start");
        }
    }
}

/// Who has something to say.
struct Ready {
    ui: bool,
    signal: bool,
    port: bool,
    members: Vec<usize>,
}
