//! An error in a course file: where, what, and what to do about it. Written for authors, in English like the messages
//! of the TOML parser among them.

use std::{fmt, ops::Range};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{markdown::Fault, source::File};

/// The longest line that is shown, in bytes: a hostile file may be one line with a thousand errors.
const LONGEST: usize = 4096;

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// Where in the file, unless it is about the file as a whole.
    pub spot: Option<Spot>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The line itself; nothing of a line over [`LONGEST`].
    text: String,
    /// Bytes of the line that the caret marks.
    range: Range<usize>,
}

impl Spot {
    /// The place of a byte range; what lies beyond its first line is cut off.
    fn new(text: &str, span: &Range<usize>) -> Self {
        let start = boundary(text, span.start);
        let (before, rest) = text.split_at(start);
        let (done, head) = before.rsplit_once('\n').map_or(("", before), |(done, head)| (done, head));
        let tail = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let line =
            if done.is_empty() && head.len() == before.len() { 1 } else { done.matches('\n').count() + 2 };
        let length = span.end.saturating_sub(start).min(tail.len());
        if head.len() + tail.len() > LONGEST {
            return Self { line, column: head.chars().count() + 1, text: String::new(), range: 0..0 };
        }
        Self {
            line,
            column: head.chars().count() + 1,
            text: format!("{head}{tail}"),
            range: head.len()..head.len() + boundary(tail, length),
        }
    }
}

/// A text that may quote a course file, without what a terminal would obey.
fn safe(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// The last character boundary at or before a byte.
fn boundary(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

impl Problem {
    /// About a file or directory as a whole.
    pub fn of_path(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: safe(&path.into()), spot: None, message: safe(&message.into()), help: None }
    }

    /// About a byte range of a file.
    pub fn at(file: &File, span: &Range<usize>, message: impl Into<String>) -> Self {
        Self { spot: Some(Spot::new(&file.text, span)), ..Self::of_path(file.path.clone(), message) }
    }

    /// About a fault of a Markdown file.
    pub fn of_fault(file: &File, fault: &Fault) -> Self {
        Self::at(file, &fault.span, fault.kind.to_string())
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(safe(&help.into()));
        self
    }

    /// `path:line:column: message`, on one line.
    pub fn short(&self) -> String {
        match &self.spot {
            Some(spot) => format!("{}:{}:{}: {}", self.path, spot.line, spot.column, self.message),
            None => format!("{}: {}", self.path, self.message),
        }
    }

    /// With the line and a caret below it; no colours.
    pub fn render(&self) -> String {
        let Some(spot) = self.spot.as_ref().filter(|spot| !spot.text.is_empty()) else {
            let help = self.help.as_deref().map(|h| format!("\n  = help: {h}")).unwrap_or_default();
            let place = self.spot.as_ref().map(|s| format!(":{}:{}", s.line, s.column)).unwrap_or_default();
            return format!("error: {}\n --> {}{place}{help}", self.message, self.path);
        };
        let snippet = Snippet::source(spot.text.as_str())
            .line_start(spot.line)
            .path(self.path.as_str())
            .annotation(AnnotationKind::Primary.span(spot.range.clone()));
        let mut group = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        Renderer::plain().render(&[group])
    }
}

/// Every error that was found; at least one where it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourseErrors(pub Vec<Problem>);

impl CourseErrors {
    /// An error unless there are no problems.
    pub fn none_or(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for CourseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { "\n\n" }, problem.render())?;
        }
        Ok(())
    }
}

impl std::error::Error for CourseErrors {}
