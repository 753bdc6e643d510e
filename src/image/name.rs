//! Names in archives: which are safe, and how they are shown.

use std::sync::Arc;

use super::{limits::Limits, refusal::Why};

/// A path below the root of the image, without `/` at either end: `usr/bin/env`. The root itself is empty.
pub type Name = Arc<[u8]>;

/// The longest part of a path, `NAME_MAX` of `limits.h`.
const PART: usize = 255;

/// A name as an archive has it (`./usr//bin/`), as a path below the root; refused where it leads anywhere else.
pub fn safe(raw: &[u8], limits: &Limits) -> Result<Name, Why> {
    if raw.len() > limits.name {
        return Err(Why::LongName(limits.name));
    }
    if raw.is_empty() || raw.contains(&0) {
        return Err(Why::BadName);
    }
    if raw.starts_with(b"/") {
        return Err(Why::Absolute);
    }
    let mut path: Vec<u8> = Vec::with_capacity(raw.len());
    for part in raw.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err(Why::Parent),
            part if part.len() > PART => return Err(Why::LongName(PART)),
            part => {
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(part);
            }
        }
    }
    Ok(path.into())
}

/// The directories above a name, from the nearest: `usr/bin/env` has `usr/bin` and `usr`.
pub fn above(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = name.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/');
    slashes.filter_map(|(at, _)| name.get(..at))
}

/// The last part of a name.
pub fn last(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Whether a name lies below a directory.
pub fn below(name: &[u8], dir: &[u8]) -> bool {
    dir.is_empty() || name.strip_prefix(dir).is_some_and(|rest| rest.starts_with(b"/"))
}

/// A name that cannot act on a terminal: bytes that are not text as `\xff`, what cannot be seen as `\u{202e}`.
pub fn show(name: &[u8]) -> String {
    let mut shown = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if unseen(c) {
                shown.extend(c.escape_unicode());
            } else {
                shown.push(c);
            }
        }
        for byte in chunk.invalid() {
            shown.push_str("\\x");
            shown.push_str(&super::manifest::digits(&[*byte]));
        }
    }
    shown
}

/// Controls, and marks that turn the direction of writing round.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_plain_or_refused() {
        let safe = |raw: &[u8]| safe(raw, &Limits::default()).map(|name| name.to_vec());
        assert_eq!(safe(b"./usr//bin/"), Ok(b"usr/bin".to_vec()));
        assert_eq!(safe(b"./"), Ok(Vec::new()), "the root");
        assert_eq!(safe(b"a/..b/c..."), Ok(b"a/..b/c...".to_vec()), "dots that lead nowhere");
        assert_eq!(safe(b"\xff"), Ok(b"\xff".to_vec()));
        assert_eq!(safe(b"/etc/passwd"), Err(Why::Absolute));
        assert_eq!(safe(b"a/../b"), Err(Why::Parent));
        assert_eq!(safe(b".."), Err(Why::Parent));
        assert_eq!(safe(b""), Err(Why::BadName));
        assert_eq!(safe(b"a\0b"), Err(Why::BadName));
        assert_eq!(safe(&[b'a'; 256]), Err(Why::LongName(255)));
        assert_eq!(safe(&b"ab/".repeat(1400)), Err(Why::LongName(4096)));
    }

    #[test]
    fn what_cannot_be_seen_is_spelt() {
        assert_eq!(show("тест/a b".as_bytes()), "тест/a b");
        assert_eq!(show(b"a\x1b[2J\xff"), "a\\u{1b}[2J\\xff");
        assert_eq!(show("a\u{202e}b".as_bytes()), "a\\u{202e}b");
    }

    #[test]
    fn directories_above_are_told_from_the_nearest() {
        assert_eq!(above(b"a/b/c").collect::<Vec<_>>(), [b"a/b".as_slice(), b"a"]);
        assert_eq!(above(b"a").count(), 0);
        assert!(below(b"a/b", b"a") && below(b"a", b"") && !below(b"ab", b"a") && !below(b"a", b"a"));
        assert_eq!(last(b"a/b"), b"b");
    }
}
