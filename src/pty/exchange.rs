//! What the parser does not know, exchanged before it comes there.
//!
//! Line drawing of the VT100: programs switch to a set of characters in which `q` is `─`, ctlseqs (`ESC ( 0`, SO, SI).
//! And U+FE0F, which asks for a wide emoji in place of the narrow character before it: the parser panics where that
//! stands at an edge, so U+FE0E comes to it, which asks for the narrow one.

use std::borrow::Cow;

/// The set from 0x60 on.
const SET: [char; 31] = [
    '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽', '├',
    '┤', '┴', '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

const ESC: u8 = 0x1b;
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;

/// Exchanges letters for lines; everything else passes through as it is.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    state: State,
    /// Whether the sets G0 and G1 are the one for drawing.
    drawing: [bool; 2],
    /// Which of them is in use.
    shifted: usize,
    /// How many bytes of U+FE0F (EF B8 8F) were the last ones.
    emoji: usize,
}

/// Where in a control sequence the last byte was: letters in one are not text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Escape,
    /// The letter that names the set of G0 or G1 comes next.
    Designate(usize),
    /// One more letter, then text.
    Intermediate,
    Csi,
    /// OSC, DCS and their like, up to their terminator.
    Command,
}

impl Exchange {
    pub(super) fn pass<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let plain = |byte: &u8| !matches!(*byte, ESC | SHIFT_OUT | SHIFT_IN | 0xef);
        if self.state == State::Text && self.emoji == 0 && !self.draws() && bytes.iter().all(plain) {
            return Cow::Borrowed(bytes);
        }
        let mut out = Vec::with_capacity(bytes.len());
        for byte in bytes {
            let narrow = self.narrow(*byte);
            match self.step(*byte) {
                Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => out.push(narrow),
            }
        }
        Cow::Owned(out)
    }

    /// The byte, or the last one of U+FE0E in place of that of U+FE0F.
    const fn narrow(&mut self, byte: u8) -> u8 {
        self.emoji = match (self.emoji, byte) {
            (1, 0xb8) => 2,
            (2, 0x8f) => {
                self.emoji = 0;
                return byte - 1;
            }
            (_, 0xef) => 1,
            _ => 0,
        };
        byte
    }

    fn draws(&self) -> bool {
        self.drawing.get(self.shifted).copied().unwrap_or_default()
    }

    /// Takes one byte; what it draws, if that is another character.
    fn step(&mut self, byte: u8) -> Option<char> {
        let next = match (self.state, byte) {
            (_, 0x18 | 0x1a) => State::Text,
            (_, ESC) => State::Escape,
            (State::Text, SHIFT_IN | SHIFT_OUT) => {
                self.shifted = usize::from(byte == SHIFT_OUT);
                State::Text
            }
            (State::Text, _) if self.draws() => return drawn(byte),
            (State::Text, _) => return None,
            (State::Escape, b'[') => State::Csi,
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => State::Command,
            (State::Escape, b'(') => State::Designate(0),
            (State::Escape, b')') => State::Designate(1),
            (State::Escape, 0x20..=0x2f) => State::Intermediate,
            (State::Escape, b'c') => {
                *self = Self::default();
                State::Text
            }
            (State::Designate(set), _) => {
                if let Some(drawing) = self.drawing.get_mut(set) {
                    *drawing = byte == b'0';
                }
                State::Text
            }
            (State::Csi, 0x40..=0x7e) | (State::Command, 0x07) | (State::Escape | State::Intermediate, _) => {
                State::Text
            }
            (state, _) => state,
        };
        self.state = next;
        None
    }
}

fn drawn(byte: u8) -> Option<char> {
    if byte == b'_' {
        return Some(' ');
    }
    byte.checked_sub(0x60).and_then(|index| SET.get(usize::from(index))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchanged(exchange: &mut Exchange, text: &str) -> String {
        String::from_utf8(exchange.pass(text.as_bytes()).into_owned()).expect("utf-8")
    }

    #[test]
    fn letters_become_lines_and_letters_again() {
        let table = [
            ("lqk x", "lqk x"),
            ("\x1b(0lqk_x\x1b(Bx", "\x1b(0┌─┐ │\x1b(Bx"),
            ("\x1b)0x\x0ex\x0fx", "\x1b)0x\x0e│\x0fx"),
            ("\x1b(0\x1b[1mm\x1b]0;title\x07q", "\x1b(0\x1b[1m└\x1b]0;title\x07─"),
            ("\x1b(0\x1b#8j\x1bMj", "\x1b(0\x1b#8┘\x1bM┘"),
            ("\x1b(0\x1b[1\x18j\x1bcj", "\x1b(0\x1b[1\x18┘\x1bcj"),
            ("\x1b(0жA~", "\x1b(0жA·"),
        ];
        for (from, to) in table {
            assert_eq!(exchanged(&mut Exchange::default(), from), to, "{from:?}");
        }
    }

    #[test]
    fn a_sequence_may_come_in_pieces() {
        let whole = "a\x1b(0q\x1b[38;5;1mq\x1b]0;q\x1b\\q\x1b(Bq";
        let mut exchange = Exchange::default();
        let pieces: String = whole.chars().map(|c| exchanged(&mut exchange, &c.to_string())).collect();
        assert_eq!(pieces, exchanged(&mut Exchange::default(), whole));
        assert_eq!(pieces, "a\x1b(0─\x1b[38;5;1m─\x1b]0;q\x1b\\─\x1b(Bq");
    }

    #[test]
    fn nothing_is_made_wider() {
        for pieces in [vec!["*\u{fe0f}я\u{fe0e}\u{ff0f}"], vec!["*", "\u{fe0f}", "я\u{fe0e}\u{ff0f}"]] {
            let mut exchange = Exchange::default();
            let whole: String = pieces.iter().map(|piece| exchanged(&mut exchange, piece)).collect();
            assert_eq!(whole, "*\u{fe0e}я\u{fe0e}\u{ff0f}");
        }
        let mut exchange = Exchange::default();
        let bytes: Vec<u8> =
            "*\u{fe0f}".bytes().flat_map(|byte| exchange.pass(&[byte]).into_owned()).collect();
        assert_eq!(bytes, "*\u{fe0e}".as_bytes());
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(Exchange::default().pass("текст".as_bytes()), Cow::Borrowed(_)));
    }
}
