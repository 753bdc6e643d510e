//! TOML: tables, keys, values, comments.

use super::{Piece, value};
use crate::tui::theme::Role;

pub(super) fn line(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    if text.trim_start().starts_with('[') && !text.contains('=') {
        let end = text.rfind(']').map_or(text.len(), |at| at + 1);
        let (table, rest) = text.split_at(end);
        out.push((Role::Keyword, table));
        value(rest, &mut out);
    } else if let Some(at) = text.find('=').filter(|_| !text.trim_start().starts_with('#')) {
        let (key, rest) = text.split_at(at);
        let (equals, rest) = rest.split_at(1);
        out.push((Role::Keyword, key.trim_end()));
        let gap = key.get(key.trim_end().len()..).unwrap_or_default();
        out.push((Role::Code, gap));
        out.push((Role::Code, equals));
        value(rest, &mut out);
    } else {
        value(text, &mut out);
    }
    out
}
