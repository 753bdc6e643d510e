//! `--record FILE`: what the stage answers goes to a file too; `--replay FILE`: a file answers in place of the stage.

use std::{
    collections::VecDeque,
    fmt::Display,
    fs::File,
    io::Read,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use super::drive::Peer;
use crate::{
    cli::{context::Context, exit::Fault},
    i18n::{Lang, fill, t},
    lab::{
        recording::{Answer, MOST_BYTES, Recording},
        run::{Ask, Phase, Run},
        step::Lab,
    },
    stage::protocol::{Event, HostInfo, Request, VERSION},
    tape::Tape,
};

/// How long the numbers of a step are watched after it was acted.
const WATCHED: Duration = Duration::from_millis(1500);

/// Looks a second while they are.
const HZ: u8 = 10;

/// A new file for a recording.
pub(in crate::cli) fn create(context: &Context, path: &Path, lab: &Lab) -> Result<Tape, Fault> {
    Tape::create(path, lab).map_err(|error| cannot(context, path, &error))
}

/// Reads a recording of a lab as it is now.
pub(in crate::cli) fn read(context: &Context, path: &Path, lab: &Lab) -> Result<Recording, Fault> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| cannot(context, path, &error))?;
    let recording =
        Recording::parse_bytes(&bytes).and_then(|recording| recording.check(lab).map(|()| recording));
    recording.map_err(|bad| {
        let why = bad.words(context.lang);
        Fault::Failed(fill(context.lang, "cli.bad_recording", &[("path", &path.display()), ("why", &why)]))
    })
}

fn cannot(context: &Context, path: &Path, error: &std::io::Error) -> Fault {
    let values: &[(&str, &dyn Display)] = &[("path", &path.display()), ("why", error)];
    Fault::Failed(fill(context.lang, "cli.no_recording", values))
}

/// A peer whose answers are written down.
pub(super) struct Taped<P> {
    peer: P,
    tape: Tape,
    lang: Lang,
    step: String,
    phase: Phase,
    /// Whether the lab's numbers move by themselves.
    moves: bool,
    /// What came while they were watched, and is no look.
    waiting: VecDeque<Event>,
}

impl<P: Peer> Taped<P> {
    pub(super) const fn new(peer: P, tape: Tape, moves: bool, lang: Lang) -> Self {
        let waiting = VecDeque::new();
        Self { peer, tape, lang, step: String::new(), phase: Phase::Entering, moves, waiting }
    }

    fn hear(&mut self, event: &Event) -> anyhow::Result<()> {
        self.tape.hear(&self.step, self.phase, event).context(t(self.lang, "cli.recording_stops"))
    }
}

impl<P: Peer> Peer for Taped<P> {
    fn at(&mut self, run: &Run) {
        self.step = run.step().map_or_else(String::new, |step| step.id.clone());
        self.phase = run.phase();
    }

    fn ask(&mut self, request: &Request) -> anyhow::Result<()> {
        self.peer.ask(request)
    }

    fn event(&mut self) -> anyhow::Result<Event> {
        if let Some(event) = self.waiting.pop_front() {
            return Ok(event);
        }
        let event = self.peer.event()?;
        self.hear(&event)?;
        Ok(event)
    }

    fn soon(&mut self, wait: Duration) -> anyhow::Result<Option<Event>> {
        self.peer.soon(wait)
    }

    /// Watches the numbers for a while, so that a panel has something to draw.
    fn settled(&mut self) -> anyhow::Result<()> {
        if !self.moves {
            return Ok(());
        }
        let end = Instant::now() + WATCHED;
        self.peer.ask(&Request::Watch { hz: HZ })?;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let Some(event) = self.peer.soon(left)? else { continue };
            self.hear(&event)?;
            if !matches!(event, Event::Observed { .. }) {
                self.waiting.push_back(event);
            }
        }
        self.peer.ask(&Request::Watch { hz: 0 })
    }
}

/// A recording as the driver's peer.
pub(super) struct Replayed {
    recording: Recording,
    step: String,
    phase: Phase,
    events: VecDeque<Event>,
}

impl Replayed {
    pub(super) fn new(recording: Recording) -> Self {
        let ready = Event::Ready { version: VERSION, host: HostInfo::recorded(&recording.header) };
        Self { recording, step: String::new(), phase: Phase::Entering, events: VecDeque::from([ready]) }
    }
}

impl Peer for Replayed {
    fn at(&mut self, run: &Run) {
        self.step = run.step().map_or_else(String::new, |step| step.id.clone());
        self.phase = run.phase();
    }

    fn ask(&mut self, request: &Request) -> anyhow::Result<()> {
        let ask = match request.clone() {
            Request::Open { replay, sights } => Ask::Open { replay, sights },
            Request::Act { actions } => Ask::Act { actions },
            _ => return Ok(()),
        };
        self.events.push_back(match self.recording.answer(&self.step, self.phase, &ask) {
            Answer::Opened(observation) => Event::Opened { observation },
            Answer::Acted(acted) => Event::Acted {
                before: acted.before,
                after: acted.after,
                traces: acted.traces,
                failure: acted.failure,
            },
            Answer::Failed(failure) => Event::Failed { failure },
        });
        Ok(())
    }

    fn event(&mut self) -> anyhow::Result<Event> {
        self.events.pop_front().context("nothing was asked of the recording")
    }
}
