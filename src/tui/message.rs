//! Everything that can happen to the interface.

use crossterm::event::{KeyEvent, MouseEvent};

use crate::{inspect::observer::Said, stage::protocol::Event};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// A key went down.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// A text was pasted.
    Paste(String),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The stage said something.
    Stage(Event),
    /// There is no stage (any more): why, for the log and the screen.
    StageLost(String),
    /// The recording cannot be written any further: why.
    TapeLost(String),
    /// The observer of a process said something.
    Followed(Said),
    /// There is no observer (any more): why.
    FollowLost(String),
    /// The student's shell wrote something.
    ShellChanged,
    /// The student's shell could not be started: why.
    ShellFailed(String),
    /// The system asks the program to end.
    Terminate,
}
