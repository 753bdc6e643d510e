//! What a terminal shows, as cells. The parser behind it is hidden, and so are its types.

use std::num::NonZeroU16;

use vt100::{MouseProtocolEncoding, MouseProtocolMode, Parser};

use super::exchange::Exchange;

/// Lines that are kept after they have left the screen at its top; at 120 columns they take 4 MB.
const SCROLLBACK: usize = 1000;

/// The largest side of a screen, in characters: no real terminal comes near, and memory stays bounded.
const MAX_SIDE: u16 = 1000;

/// A wide character must fit.
const MIN_COLS: u16 = 2;

/// Answers that wait for the program are dropped past this many bytes.
const MAX_REPLIES: usize = 4096;

/// The screen of a terminal.
pub struct Screen {
    parser: Parser<Replies>,
    exchange: Exchange,
}

/// One character position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell<'a> {
    /// A character with its combining marks; empty where nothing was written, and in the second half of a wide one.
    pub text: &'a str,
    /// Two columns wide.
    pub wide: bool,
    /// The second half of the wide character to its left.
    pub continuation: bool,
    /// The colour of the text.
    pub fg: Color,
    /// The colour behind it.
    pub bg: Color,
    /// How it is drawn.
    pub attributes: Attributes,
}

/// A colour, as the program asked for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the palette; the first 16 are named, `console_codes(4)`.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// How text is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(u8);

impl Attributes {
    /// Brighter or heavier.
    pub const BOLD: Self = Self(1);
    /// Fainter.
    pub const DIM: Self = Self(1 << 1);
    /// Slanted.
    pub const ITALIC: Self = Self(1 << 2);
    /// With a line below.
    pub const UNDERLINE: Self = Self(1 << 3);
    /// Both colours exchanged.
    pub const INVERSE: Self = Self(1 << 4);

    /// Whether all of these are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn when(self, on: bool) -> Self {
        if on { self } else { Self(0) }
    }

    fn of(cell: &vt100::Cell) -> Self {
        let all = [
            Self::BOLD.when(cell.bold()),
            Self::DIM.when(cell.dim()),
            Self::ITALIC.when(cell.italic()),
            Self::UNDERLINE.when(cell.underline()),
            Self::INVERSE.when(cell.inverse()),
        ];
        Self(all.iter().fold(0, |bits, one| bits | one.0))
    }
}

/// Where the cursor stands, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// From the top.
    pub row: u16,
    /// From the left.
    pub col: u16,
}

/// What the program asked of the keyboard and the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Arrows are sent as `ESC O A`, DECCKM.
    pub application_cursor: bool,
    /// Pasted text is bracketed.
    pub bracketed_paste: bool,
    /// Which mouse events are wanted.
    pub mouse: Mouse,
    /// A full-screen program has the screen: there is no history then.
    pub alternate: bool,
}

/// Which mouse events the program wants, if it understands the encoding that we can send (SGR, 1006).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mouse {
    /// None: the mouse is ours.
    #[default]
    Off,
    /// Presses (9).
    Press,
    /// Presses and releases (1000).
    Click,
    /// And movement with a button held (1002).
    Drag,
    /// And every movement (1003).
    Motion,
}

impl Screen {
    /// An empty screen; 1 to 1000 rows of 2 to 1000 columns.
    pub fn new(rows: u16, cols: u16) -> Self {
        let parser =
            Parser::new_with_callbacks(side(rows, 1), side(cols, MIN_COLS), SCROLLBACK, Replies(Vec::new()));
        Self { parser, exchange: Exchange::default() }
    }

    /// Takes what the program wrote.
    pub fn process(&mut self, bytes: &[u8]) {
        self.parser.process(&self.exchange.pass(bytes));
    }

    /// What the terminal answers to the program's questions (where is the cursor, what are you), once.
    pub fn take_replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.parser.callbacks_mut().0)
    }

    /// Changes the size; 1 to 1000 rows of 2 to 1000 columns.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        self.parser.set_size(side(rows, 1), side(cols, MIN_COLS));
    }

    /// Rows and columns.
    pub fn size(&self) -> (u16, u16) {
        let (rows, cols) = self.parser.screen().size();
        (rows.get(), cols.get())
    }

    /// A cell of what is in view: of the history where it has been scrolled back.
    pub fn cell(&self, row: u16, col: u16) -> Option<Cell<'_>> {
        self.parser.screen().cell(row, col).map(|cell| Cell {
            text: cell.contents(),
            wide: cell.is_wide(),
            continuation: cell.is_wide_continuation(),
            fg: color(cell.fgcolor()),
            bg: color(cell.bgcolor()),
            attributes: Attributes::of(cell),
        })
    }

    /// What is in view as text, a line a row, without blanks at the ends.
    pub fn text(&self) -> String {
        self.parser.screen().contents()
    }

    /// The cursor, if the program shows it and it is in view.
    pub fn cursor(&self) -> Option<Cursor> {
        let screen = self.parser.screen();
        let (row, col) = screen.cursor_position();
        let (rows, cols) = self.size();
        let row = usize::from(row) + screen.scrollback();
        let row = u16::try_from(row).ok().filter(|row| *row < rows && !screen.hide_cursor())?;
        Some(Cursor { row, col: col.min(cols - 1) })
    }

    /// What the program asked of keyboard and mouse.
    pub fn modes(&self) -> Modes {
        let screen = self.parser.screen();
        let mouse = match (screen.mouse_protocol_encoding(), screen.mouse_protocol_mode()) {
            (MouseProtocolEncoding::Sgr, MouseProtocolMode::Press) => Mouse::Press,
            (MouseProtocolEncoding::Sgr, MouseProtocolMode::PressRelease) => Mouse::Click,
            (MouseProtocolEncoding::Sgr, MouseProtocolMode::ButtonMotion) => Mouse::Drag,
            (MouseProtocolEncoding::Sgr, MouseProtocolMode::AnyMotion) => Mouse::Motion,
            _ => Mouse::Off,
        };
        Modes {
            application_cursor: screen.application_cursor(),
            bracketed_paste: screen.bracketed_paste(),
            mouse,
            alternate: screen.alternate_screen(),
        }
    }

    /// How far it is scrolled back, and how far it could be, in lines.
    pub fn scrollback(&self) -> (usize, usize) {
        let screen = self.parser.screen();
        (screen.scrollback(), screen.scrollback_len())
    }

    /// Scrolls back by this many lines, forward if negative, as far as there is something.
    pub fn scroll(&mut self, lines: i32) {
        let screen = self.parser.screen_mut();
        let by = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX);
        let offset = screen.scrollback();
        screen.set_scrollback(if lines < 0 { offset.saturating_sub(by) } else { offset.saturating_add(by) });
    }

    /// Back to what is written now.
    pub fn scroll_to_end(&mut self) {
        self.parser.screen_mut().set_scrollback(0);
    }
}

fn side(length: u16, least: u16) -> NonZeroU16 {
    NonZeroU16::new(length.clamp(least, MAX_SIDE)).unwrap_or(NonZeroU16::MIN)
}

const fn color(color: vt100::Color) -> Color {
    match color {
        vt100::Color::Default => Color::Default,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

/// Collects the answers to questions that programs ask of a terminal at their start and then wait for.
struct Replies(Vec<u8>);

impl vt100::Callbacks for Replies {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _second: Option<u8>,
        params: &[&[u16]],
        end: char,
    ) {
        let param = params.first().and_then(|p| p.first()).copied().unwrap_or(0);
        let reply = match (first, end, param) {
            // DA1: a VT220 with colours; DA2: its version
            (None, 'c', 0) => "\x1b[?62;22c".to_owned(),
            (Some(b'>'), 'c', 0) => "\x1b[>1;10;0c".to_owned(),
            // DSR: all is well; CPR: the cursor, from 1
            (None, 'n', 5) => "\x1b[0n".to_owned(),
            (None, 'n', 6) => {
                let (row, col) = screen.cursor_position();
                let last = screen.size().1.get();
                format!("\x1b[{};{}R", row.saturating_add(1), col.saturating_add(1).min(last))
            }
            _ => return,
        };
        if self.0.len() + reply.len() <= MAX_REPLIES {
            self.0.extend_from_slice(reply.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(bytes: &[u8]) -> Screen {
        let mut screen = Screen::new(4, 10);
        screen.process(bytes);
        screen
    }

    #[test]
    fn text_colours_and_attributes_arrive_in_cells() {
        let screen = shown("\x1b[1;4;38;5;9;48;2;1;2;3mЖ\x1b[m漢".as_bytes());
        let cell = screen.cell(0, 0).expect("a cell");
        assert_eq!((cell.text, cell.fg, cell.bg), ("Ж", Color::Indexed(9), Color::Rgb(1, 2, 3)));
        assert!(cell.attributes.has(Attributes::BOLD) && cell.attributes.has(Attributes::UNDERLINE));
        assert!(!cell.attributes.has(Attributes::INVERSE));
        let (wide, rest) = (screen.cell(0, 1).expect("a cell"), screen.cell(0, 2).expect("a cell"));
        assert!(wide.wide && rest.continuation && rest.text.is_empty());
        assert_eq!(wide.attributes, Attributes::default());
        assert_eq!(screen.cell(4, 0), None);
    }

    #[test]
    fn frames_are_drawn_with_lines() {
        assert_eq!(shown(b"\x1b(0lqqk\x1b(B q").text(), "┌──┐ q");
    }

    #[test]
    fn a_program_switches_modes_and_gets_answers() {
        let mut screen = shown(b"\x1b[?1h\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[?1049h\x1b[2;3H\x1b[6n\x1b[c");
        let modes =
            Modes { application_cursor: true, bracketed_paste: true, mouse: Mouse::Drag, alternate: true };
        assert_eq!(screen.modes(), modes);
        assert_eq!(screen.take_replies(), b"\x1b[2;3R\x1b[?62;22c");
        assert_eq!(screen.take_replies(), b"");
        screen.process(b"\x1b[?1006l\x1b[?25l");
        assert_eq!((screen.modes().mouse, screen.cursor()), (Mouse::Off, None));
    }

    #[test]
    fn history_scrolls_and_hides_the_cursor_when_it_is_out_of_view() {
        let mut screen = shown(b"1\r\n2\r\n3\r\n4\r\n5\r\n6");
        assert_eq!((screen.text(), screen.scrollback()), ("3\n4\n5\n6".to_owned(), (0, 2)));
        screen.scroll(1);
        assert_eq!((screen.text(), screen.cursor()), ("2\n3\n4\n5".to_owned(), None));
        screen.scroll(100);
        assert_eq!(screen.scrollback(), (2, 2));
        screen.scroll(-1);
        assert_eq!(screen.scrollback(), (1, 2));
        screen.scroll_to_end();
        assert_eq!(screen.cursor(), Some(Cursor { row: 3, col: 1 }));
    }

    #[test]
    fn a_character_that_asks_to_be_wider_has_no_edge_to_fall_over() {
        let mut screen = Screen::new(1, 1);
        screen.process("*\u{fe0f}\u{200d}漢\u{fe0f}".as_bytes());
        assert_eq!(screen.size(), (1, 2));
        let mut screen = shown("\x1b[4;10H*\u{fe0f}\u{fe0f}".as_bytes());
        screen.resize(2, 9);
        screen.process("\u{fe0f}*\u{fe0f}".as_bytes());
        assert!(screen.text().contains('*'));
    }

    #[test]
    fn questions_without_end_do_not_eat_memory() {
        let mut screen = shown(b"\x1b[6n".repeat(100_000).as_slice());
        assert!(screen.take_replies().len() <= MAX_REPLIES);
    }

    /// Bytes of the kind that programs write: text, control sequences, and noise.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            "[ -~а-я漢字👩‍🔬\u{301}\u{fe0f}\r\n\t\u{8}]{0,30}".prop_map(String::into_bytes),
            ("[?>! ]?", proptest::collection::vec(0_u16..1200, 0..4), "[@A-Za-z]").prop_map(|(i, p, end)| {
                let p: Vec<_> = p.iter().map(u16::to_string).collect();
                format!("\x1b[{i}{}{end}", p.join(";")).into_bytes()
            }),
            "[78=>MDEc]".prop_map(|end| format!("\x1b{end}").into_bytes()),
            Just(b"\x1b(0".to_vec()),
            Just(b"\x1b[?1049h".to_vec()),
            Just(b"\x1b[?1049l".to_vec()),
        ]
    }

    /// Small ones above all: there every edge is near.
    fn size() -> impl Strategy<Value = (u16, u16)> {
        prop_oneof![(0_u16..6, 0_u16..6), (0_u16..60, 0_u16..60)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_that_a_program_writes_makes_it_panic_or_leak_a_control_character(
            size in size(),
            steps in proptest::collection::vec((piece(), proptest::option::of(size()), -50_i32..50), 1..40),
        ) {
            let mut screen = Screen::new(size.0, size.1);
            for (bytes, size, lines) in steps {
                screen.process(&bytes);
                if let Some((rows, cols)) = size {
                    screen.resize(rows, cols);
                }
                screen.scroll(lines);
                let (rows, cols) = screen.size();
                for row in 0..rows {
                    for col in 0..cols {
                        let cell = screen.cell(row, col);
                        prop_assert!(cell.is_some_and(|c| !c.text.contains(char::is_control)), "{row} {col} {cell:?}");
                    }
                }
                if let Some(cursor) = screen.cursor() {
                    prop_assert!(cursor.row < rows && cursor.col < cols);
                }
                prop_assert!(screen.text().chars().all(|c| c == '\n' || !c.is_control()));
            }
        }
    }
}
