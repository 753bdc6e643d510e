//! YAML: keys, values, comments.

use super::{Piece, head, value};
use crate::tui::theme::Role;

pub(super) fn line(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let (indent, rest) = head(text, |c| c.is_whitespace() || c == '-');
    out.push((Role::Code, indent));
    let (key, after) = head(rest, |c| !matches!(c, ':' | '#' | '"' | '\'' | '{' | '['));
    let is_key = !key.is_empty() && after.starts_with(':') && (after.len() == 1 || after.starts_with(": "));
    if is_key {
        let (colon, rest) = after.split_at(1);
        out.push((Role::Keyword, key));
        out.push((Role::Code, colon));
        value(rest, &mut out);
    } else {
        value(rest, &mut out);
    }
    out
}
