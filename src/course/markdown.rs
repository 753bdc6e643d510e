//! Our own tree of Markdown, behind which the parser hides.

mod parse;
#[cfg(test)]
mod tests;

pub use parse::{Document, Fault, FaultKind, Fragment, document, fragment};

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading below the page's own, level 3 to 6.
    Heading {
        /// 3 to 6.
        level: u8,
        /// Its text.
        text: Vec<Inline>,
    },
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list.
    List {
        /// The first number of a numbered one.
        start: Option<u64>,
        /// Each item is blocks.
        items: Vec<Vec<Self>>,
    },
    /// A quotation, or a call-out.
    Quote(Vec<Self>),
    /// Code, or a diagram drawn with characters (language `diagram`).
    Code {
        /// `sh`, `dockerfile`, `yaml`, `toml`, `diagram`, or empty.
        language: String,
        /// Its text, without the final newline.
        text: String,
    },
    /// A table.
    Table {
        /// The first row.
        header: Vec<Vec<Inline>>,
        /// The others; each as long as the header.
        rows: Vec<Vec<Vec<Inline>>>,
    },
    /// A line across.
    Rule,
}

/// A run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// As it stands.
    Text(String),
    /// `code`.
    Code(String),
    /// *Emphasis*.
    Emphasis(Vec<Self>),
    /// **Strong**.
    Strong(Vec<Self>),
    /// A link. `lab:ID`, `lab:ID#STEP` and `lesson:ID` are places in the course; anything else is an address to read.
    Link {
        /// Where to.
        to: String,
        /// What it says.
        text: Vec<Self>,
    },
    /// A line break.
    Break,
}
