//! Everything the interface can ask of the world outside it; [`crate::runtime`] carries it out.

use crossterm::event::{KeyEvent, MouseEvent};

use crate::{
    stage::protocol::{Event, Request, ShellPlace},
    store::Entry,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// End the program.
    Quit,
    /// End the program, and start it again under `sudo` in this lab.
    Sudo(String),
    /// End the program, and start it again in this lab in a cgroup that systemd leaves to it.
    Scope(String),
    /// Start the stage and say hello; it answers [`crate::stage::protocol::Event::Ready`].
    StartStage,
    /// End the stage and everything in it.
    StopStage,
    /// Follow a process of this machine with an observer.
    Follow(i32),
    /// Ask the stage.
    Ask(Request),
    /// Open a terminal of this size and start the student's shell on it.
    OpenShell {
        /// Where.
        place: ShellPlace,
        /// Rows.
        rows: u16,
        /// Columns.
        cols: u16,
    },
    /// Hang up the student's shell.
    CloseShell,
    /// A key for the shell.
    Type(KeyEvent),
    /// A pasted text for the shell.
    Paste(String),
    /// A mouse event for the shell, in its own coordinates: column, row.
    Point(MouseEvent),
    /// The shell's pane has another size.
    ResizeShell {
        /// Rows.
        rows: u16,
        /// Columns.
        cols: u16,
    },
    /// Move the view of the shell's history by so many lines, up if positive.
    ScrollShell(i32),
    /// Write down what the stage said, if a recording is being made.
    Tape {
        /// The step that it was said at.
        step: String,
        /// Whether the step was being acted.
        acting: bool,
        /// What it said.
        event: Box<Event>,
    },
    /// Remember what the student did.
    Remember(Entry),
}
