//! The only door for strings from processes (host names, command names, file names) to the screen.

use unicode_width::UnicodeWidthChar;

/// The text without escape sequences, control characters and the invisible characters that turn text around: a
/// process that calls itself `\x1b[2J` must not clear the student's screen.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => skip_sequence(&mut chars),
            '\u{9b}' => skip_csi(&mut chars),
            '\t' => out.push(' '),
            c if hidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// As [`clean`], line by line; tabs become spaces up to the next multiple of eight.
pub(crate) fn clean_lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let mut out = String::new();
            for (i, part) in line.split('\t').enumerate() {
                if i > 0 {
                    let width = out.chars().count();
                    out.extend(std::iter::repeat_n(' ', 8 - width % 8));
                }
                out.push_str(&clean(part));
            }
            out
        })
        .collect()
}

/// Whether a character must not reach the screen: control characters, and the ones of no width that reorder or hide
/// text (bidirectional marks, zero-width spaces, byte order mark). Combining accents stay.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || (c.width() == Some(0) && matches!(c, '\u{e0000}'..='\u{e0fff}'))
}

fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        // strings: OSC, DCS, SOS, PM, APC end with BEL or ST
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = chars.next() {
                if c == '\x07' || c == '\u{9c}' {
                    break;
                }
                if c == '\x1b' {
                    chars.next_if_eq(&'\\');
                    break;
                }
            }
        }
        Some(' '..='/') => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            chars.next();
        }
        Some('0'..='~') => {
            chars.next();
        }
        _ => {}
    }
}

fn skip_csi(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
    chars.next_if(|c| ('@'..='~').contains(c));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sequences_go_and_text_stays() {
        for (dirty, want) in [
            ("box", "box"),
            ("коробка 箱", "коробка 箱"),
            ("\x1b[2Jbox\x1b[31;1m!", "box!"),
            ("a\x1b]0;title\x07b", "ab"),
            ("a\x1b]8;;http://x\x1b\\b", "ab"),
            ("a\u{9b}31mb", "ab"),
            ("a\x1b(Bb", "ab"),
            ("a\x1bcb", "ab"),
            ("a\r\n\x08\x07b\tc", "ab c"),
            ("gnp.\u{202e}exe", "gnp.exe"),
            ("\x1b", ""),
            ("e\u{301}", "e\u{301}"),
        ] {
            assert_eq!(clean(dirty), want, "{dirty:?}");
        }
        assert_eq!(clean_lines("a\tb\nc\x1b[m"), ["a       b", "c"]);
    }

    proptest! {
        #[test]
        fn nothing_that_steers_a_terminal_is_left(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(hidden));
        }
    }
}
