//! Text into the tree. What a course does not use (raw HTML, images, …) is a fault with its place; the parser itself
//! accepts every text.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, OffsetIter, Options, Parser, Tag};

use super::{Block, Inline};
use crate::course::Page;

/// How deep lists, quotations and emphasis may nest: enough for prose, far below what a stack holds.
const MAX_DEPTH: usize = 12;

/// Something that a course's Markdown may not contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, in bytes.
    pub span: Range<usize>,
    /// What.
    pub kind: FaultKind,
}

/// What a course's Markdown may not contain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// `<b>`.
    #[error("raw HTML")]
    Html,
    /// An image, a footnote, …
    #[error("{0}: a terminal page has none")]
    Unsupported(&'static str),
    /// Lists in lists in lists in …
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// Something above the first `## `.
    #[error("text before the first page; a page begins with a level-two heading")]
    BeforeFirstPage,
    /// `# `, or a page's heading inside a list or a step's text.
    #[error("a level-{0} heading here; below a page's own, headings are of level 3 to 6")]
    HeadingLevel(u8),
}

/// A file: its pages, and where everything stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// One for each `## ` heading.
    pub pages: Vec<Page>,
    /// For each page: the place of its heading, then of each of its blocks.
    pub spans: Vec<Vec<Range<usize>>>,
    /// The target of every link, with its place.
    pub links: Vec<(Range<usize>, String)>,
    /// What may not be there.
    pub faults: Vec<Fault>,
}

/// A short text without pages: a step's, an option's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// Its blocks.
    pub blocks: Vec<Block>,
    /// The target of every link, with its place.
    pub links: Vec<(Range<usize>, String)>,
    /// What may not be there.
    pub faults: Vec<Fault>,
}

/// Parses a file of pages.
pub fn document(text: &str) -> Document {
    let mut reader = Reader::new(text);
    let mut document = Document::default();
    for (span, block) in reader.blocks(0) {
        match (block, document.pages.last_mut(), document.spans.last_mut()) {
            (Block::Heading { level: 2, text }, ..) => {
                document.pages.push(Page { title: plain(&text), blocks: Vec::new() });
                document.spans.push(vec![span]);
            }
            (block, Some(page), Some(spans)) => {
                reader.check_level(&span, &block);
                page.blocks.push(block);
                spans.push(span);
            }
            _ => reader.faults.push(Fault { span, kind: FaultKind::BeforeFirstPage }),
        }
    }
    document.links = reader.links;
    document.faults = reader.faults;
    document
}

/// Parses a short text.
pub fn fragment(text: &str) -> Fragment {
    let mut reader = Reader::new(text);
    let placed = reader.blocks(0);
    for (span, block) in &placed {
        reader.check_level(span, block);
    }
    let blocks = placed.into_iter().map(|(_, block)| block).collect();
    Fragment { blocks, links: reader.links, faults: reader.faults }
}

/// The words of a run of text.
fn plain(text: &[Inline]) -> String {
    text.iter()
        .map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) => text.clone(),
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Link { text: inner, .. } => {
                plain(inner)
            }
            Inline::Break => " ".to_owned(),
        })
        .collect()
}

struct Reader<'a> {
    events: std::iter::Peekable<OffsetIter<'a>>,
    links: Vec<(Range<usize>, String)>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let events = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter().peekable();
        Self { events, links: Vec::new(), faults: Vec::new() }
    }

    fn fault(&mut self, span: Range<usize>, kind: FaultKind) {
        self.faults.push(Fault { span, kind });
    }

    fn check_level(&mut self, span: &Range<usize>, block: &Block) {
        if let Block::Heading { level: level @ ..=2, .. } = block {
            self.fault(span.clone(), FaultKind::HeadingLevel(*level));
        }
    }

    /// The blocks up to the end of the one they are in, which is consumed.
    fn blocks(&mut self, depth: usize) -> Vec<(Range<usize>, Block)> {
        let mut blocks = Vec::new();
        while let Some((event, span)) = self.events.peek() {
            if is_inline(event) {
                // an item of a tight list holds text without a paragraph
                let span = span.clone();
                blocks.push((span, Block::Paragraph(self.run(depth))));
                continue;
            }
            match self.events.next() {
                None | Some((Event::End(_), _)) => break,
                Some((Event::Rule, span)) => blocks.push((span, Block::Rule)),
                Some((Event::Start(_), span)) if depth >= MAX_DEPTH => {
                    self.fault(span, FaultKind::TooDeep);
                    self.skip();
                }
                Some((Event::Start(tag), span)) => {
                    let block = self.block(tag, &span, depth);
                    blocks.extend(block.map(|block| (span, block)));
                }
                Some((_, span)) => self.fault(span, FaultKind::Html),
            }
        }
        blocks
    }

    fn inner(&mut self, depth: usize) -> Vec<Block> {
        let placed = self.blocks(depth + 1);
        for (span, block) in &placed {
            self.check_level(span, block);
        }
        placed.into_iter().map(|(_, block)| block).collect()
    }

    fn block(&mut self, tag: Tag<'a>, span: &Range<usize>, depth: usize) -> Option<Block> {
        Some(match tag {
            Tag::Paragraph => Block::Paragraph(self.line(depth)),
            Tag::Heading { level, .. } => Block::Heading { level: level as u8, text: self.line(depth) },
            Tag::BlockQuote(_) => Block::Quote(self.inner(depth)),
            Tag::CodeBlock(kind) => self.code(&kind),
            Tag::List(start) => Block::List { start, items: self.parts(|r| r.inner(depth)) },
            Tag::Table(_) => {
                let mut rows = self.parts(|r| r.parts(|r| r.line(depth)));
                let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
                Block::Table { header, rows }
            }
            Tag::HtmlBlock => {
                self.fault(span.clone(), FaultKind::Html);
                self.skip();
                return None;
            }
            _ => {
                self.fault(span.clone(), FaultKind::Unsupported("this kind of block"));
                self.skip();
                return None;
            }
        })
    }

    /// One value for each child (an item, a row, a cell) up to the end of their parent.
    fn parts<T>(&mut self, mut part: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut parts = Vec::new();
        while let Some((Event::Start(_), _)) = self.events.next() {
            parts.push(part(self));
        }
        parts
    }

    fn code(&mut self, kind: &CodeBlockKind<'_>) -> Block {
        let language = match kind {
            CodeBlockKind::Fenced(info) => info.split_whitespace().next().unwrap_or_default().to_owned(),
            CodeBlockKind::Indented => String::new(),
        };
        let mut text = String::new();
        while let Some((Event::Text(part), _)) = self.events.next() {
            text.push_str(&part);
        }
        if text.ends_with('\n') {
            text.pop();
        }
        Block::Code { language, text }
    }

    /// The text of a block up to its end.
    fn line(&mut self, depth: usize) -> Vec<Inline> {
        let text = self.run(depth);
        self.events.next();
        text
    }

    /// Text as far as it goes.
    fn run(&mut self, depth: usize) -> Vec<Inline> {
        let mut text = Vec::new();
        while let Some((event, span)) = self.events.next_if(|(event, _)| is_inline(event)) {
            match event {
                Event::Text(part) => append(&mut text, &part),
                Event::SoftBreak => append(&mut text, " "),
                Event::HardBreak => text.push(Inline::Break),
                Event::Code(code) => text.push(Inline::Code(code.into_string())),
                Event::Start(tag) => text.extend(self.span(tag, span, depth + 1)),
                _ => self.fault(span, FaultKind::Html),
            }
        }
        text
    }

    fn span(&mut self, tag: Tag<'a>, span: Range<usize>, depth: usize) -> Option<Inline> {
        if depth >= MAX_DEPTH {
            self.fault(span, FaultKind::TooDeep);
            self.skip();
            return None;
        }
        match tag {
            Tag::Emphasis => Some(Inline::Emphasis(self.line(depth))),
            Tag::Strong => Some(Inline::Strong(self.line(depth))),
            Tag::Link { dest_url, .. } => {
                let to = dest_url.into_string();
                self.links.push((span, to.clone()));
                Some(Inline::Link { to, text: self.line(depth) })
            }
            _ => {
                self.fault(span, FaultKind::Unsupported("an image"));
                self.skip();
                None
            }
        }
    }

    /// Passes over everything up to the end of the block just begun.
    fn skip(&mut self) {
        let mut open = 1_usize;
        while open > 0 {
            match self.events.next() {
                Some((Event::Start(_), _)) => open += 1,
                Some((Event::End(_), _)) => open -= 1,
                Some(_) => {}
                None => break,
            }
        }
    }
}

const fn is_inline(event: &Event<'_>) -> bool {
    match event {
        Event::Text(_) | Event::Code(_) | Event::InlineHtml(_) | Event::SoftBreak | Event::HardBreak => true,
        Event::Start(tag) => {
            matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Link { .. } | Tag::Image { .. })
        }
        _ => false,
    }
}

fn append(text: &mut Vec<Inline>, part: &str) {
    if let Some(Inline::Text(last)) = text.last_mut() {
        last.push_str(part);
    } else {
        text.push(Inline::Text(part.to_owned()));
    }
}
