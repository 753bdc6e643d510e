//! What the user interface and the stage say to each other: one serde message a packet, version first.

use serde::{Deserialize, Serialize};

use crate::lab::{
    action::Action,
    dial::{Measured, Setting},
    fact::FactId,
    limit::{Controller, Hierarchy, Seats},
    observation::{Observation, Whose},
    recording::Header,
    sight::Sight,
    trace::{Failure, Trace},
};

/// Both sides must speak the same.
pub const VERSION: u32 = 2;

/// The largest packet, in bytes: a little less than the kernel sends, `net.core.wmem_default` of `socket(7)`.
pub const MAX_PACKET: usize = 192 * 1024;

/// What the user interface asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// First of all.
    Hello {
        /// [`VERSION`] of the user interface.
        version: u32,
    },
    /// Throw away the subject, if there is one, start a new bare one and bring it to where these actions lead.
    /// Answered by [`Event::Opened`] and an [`Event::Observed`], or [`Event::Failed`]. With no actions: reset.
    Open {
        /// The actions of the steps before, in order.
        replay: Vec<Action>,
        /// What to look at.
        sights: Vec<Sight>,
    },
    /// Carry out these actions. Answered by [`Event::Acted`], with an observation from just before and just after. If
    /// one fails, the subject is brought back to where it was.
    Act {
        /// In order.
        actions: Vec<Action>,
    },
    /// Look this many times a second and send [`Event::Observed`] whenever something changed. 0 stops.
    Watch {
        /// Looks a second, 0 to 20.
        hz: u8,
    },
    /// Start the student's shell on the terminal whose file descriptor comes with the message. Answered by
    /// [`Event::ShellStarted`] or [`Event::Failed`].
    Shell {
        /// Where.
        place: ShellPlace,
    },
    /// End the student's shell and everything below it.
    EndShell,
    /// Read the source of a fact: answered by [`Event::Raw`].
    Raw {
        /// Which fact.
        fact: FactId,
    },
    /// Start a box at each of these settings, ask it everything and end it. Answered by one [`Event::Dialled`] each, as
    /// soon as it is measured.
    Dial {
        /// In order.
        settings: Vec<Setting>,
    },
    /// Keep the terminal that comes with the message: should the user interface be killed, give it back.
    Terminal,
    /// End everything and go away.
    Close,
}

/// Where the student's shell runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShellPlace {
    /// A child of the subject, in the box.
    Inside,
    /// Where a new subject would begin.
    Beside,
}

/// What the stage answers, and what it says by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The answer to hello.
    Ready {
        /// [`VERSION`] of the stage.
        version: u32,
        /// The machine.
        host: HostInfo,
    },
    /// There is a subject, at rest where the replay led.
    Opened {
        /// What it looks like.
        observation: Observation,
    },
    /// The actions were carried out, or rolled back.
    Acted {
        /// Just before the first call.
        before: Observation,
        /// Just after the last one (after the roll-back, if it failed).
        after: Observation,
        /// Every call, in order.
        traces: Vec<Trace>,
        /// Why it was rolled back, if it was.
        failure: Option<Failure>,
    },
    /// Something changed.
    Observed {
        /// Whose it is.
        whose: Whose,
        /// What was seen.
        observation: Observation,
    },
    /// A box was started at a setting, asked everything and ended.
    Dialled {
        /// What it answered.
        measured: Measured,
    },
    /// The shell runs.
    ShellStarted {
        /// Its process, as the host numbers it.
        pid: i32,
        /// Where it began.
        observation: Observation,
    },
    /// The shell has ended.
    ShellEnded {
        /// Its exit code, or 128 + the signal.
        status: i32,
    },
    /// The subject was killed by something else; the stage has cleaned up after it.
    SubjectGone {
        /// The signal, where one was the cause.
        signal: Option<i32>,
    },
    /// The source of a fact.
    Raw {
        /// Which fact.
        fact: FactId,
        /// The file or call.
        source: String,
        /// Its bytes, control characters replaced.
        text: String,
    },
    /// The request could not be carried out; nothing was changed.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// What the stage knows of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostInfo {
    /// Release of the kernel.
    pub kernel: String,
    /// The student's user id.
    pub uid: u32,
    /// `v1`, `v2`, `hybrid` or `none`.
    pub cgroup: String,
    /// The box directory.
    pub box_dir: String,
    /// Which controllers of cgroups there are, and in which kind of hierarchy.
    #[serde(default)]
    pub seats: Vec<(Controller, Hierarchy)>,
    /// Whether the student's own systemd could start the program again in a cgroup of its own.
    #[serde(default)]
    pub delegates: bool,
}

impl HostInfo {
    /// The machine of a recording. Whether root ran it is all that is known of the user.
    pub fn recorded(header: &Header) -> Self {
        Self {
            kernel: header.kernel.clone(),
            uid: if header.root { 0 } else { 1000 },
            cgroup: header.cgroup.clone(),
            box_dir: String::new(),
            seats: Vec::new(),
            delegates: false,
        }
    }

    /// In which kind of hierarchy each controller is.
    pub fn controllers(&self) -> Seats {
        self.seats.iter().copied().collect()
    }
}
