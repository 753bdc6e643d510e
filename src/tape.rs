//! Writes a run down while it happens: the stage's answers, as the lines of [`crate::lab::recording`].

use std::{
    fmt,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use crate::{
    lab::{
        observation::Whose,
        recording::{self, FORMAT, Header, Moment, Recorder},
        run::{Acted, Phase},
        step::Lab,
        trace::Failure,
    },
    stage::protocol::{Event, HostInfo},
};

/// A recording that is being made.
pub struct Tape {
    out: Box<dyn Write>,
    lab: String,
    edition: String,
    /// None before the stage has said what machine it is on.
    recorder: Option<Recorder>,
    begun: Instant,
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape").field("lab", &self.lab).finish_non_exhaustive()
    }
}

impl Tape {
    /// A new file for a recording of a lab; one that is there is replaced.
    pub fn create(path: &Path, lab: &Lab) -> io::Result<Self> {
        Ok(Self::new(Box::new(BufWriter::new(File::create(path)?)), lab))
    }

    /// A recording of a lab that is written here.
    pub fn new(out: Box<dyn Write>, lab: &Lab) -> Self {
        let edition = recording::edition(lab);
        Self { out, lab: lab.id.clone(), edition, recorder: None, begun: Instant::now() }
    }

    /// Takes in what the stage said to a run at this step and in this phase. Whatever the student's shell does is not
    /// recorded.
    pub fn hear(&mut self, step: &str, phase: Phase, event: &Event) -> io::Result<()> {
        let moment = match event.clone() {
            Event::Ready { host, .. } => return self.begin(&host),
            Event::Opened { observation } => Moment::Opened(observation),
            Event::Acted { before, after, traces, failure } => {
                let acted = Acted { before, after, traces, failure };
                if phase == Phase::Acting { Moment::Acted(acted) } else { Moment::Prepared(acted) }
            }
            Event::Observed { whose: Whose::Subject, observation } => Moment::Observed(observation),
            Event::Failed { failure } => Moment::Failed(failure),
            Event::SubjectGone { signal } => Moment::Failed(gone(signal)),
            _ => return Ok(()),
        };
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        let ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        writeln!(self.out, "{}", recorder.line(ms, step, moment))?;
        self.out.flush()
    }

    /// The first line; a second stage goes on in the same file.
    fn begin(&mut self, host: &HostInfo) -> io::Result<()> {
        if self.recorder.is_some() {
            return Ok(());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = Header {
            recording: FORMAT,
            lab: self.lab.clone(),
            edition: self.edition.clone(),
            kernel: host.kernel.clone(),
            cgroup: host.cgroup.clone(),
            root: host.uid == 0,
            date: recording::date(now.as_secs()),
        };
        let (recorder, line) = Recorder::new(&header, &host.box_dir);
        self.recorder = Some(recorder);
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }
}

/// As a run says it, [`crate::lab::run::Run::subject_gone`].
fn gone(signal: Option<i32>) -> Failure {
    Failure {
        operation: "subject".to_owned(),
        arguments: signal.iter().map(|signal| format!("signal {signal}")).collect(),
        errno: String::new(),
        path: None,
    }
}
