//! The shell: commands, options and words, strings, comments.

use super::{Piece, head, quoted};
use crate::tui::theme::Role;

pub(super) fn line(mut text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut command_next = true;
    let mut after_space = true;
    while let Some(first) = text.chars().next() {
        if first == '#' && after_space {
            out.push((Role::Comment, text));
            break;
        }
        let (role, (piece, rest)) = if let Some(split) = quoted(text) {
            command_next = false;
            (Role::Literal, split)
        } else if first.is_whitespace() {
            (Role::Code, head(text, char::is_whitespace))
        } else if is_operator(first) {
            command_next = !matches!(first, '<' | '>');
            (Role::Code, head(text, is_operator))
        } else {
            let split = head(text, |c| !c.is_whitespace() && !is_operator(c) && !matches!(c, '"' | '\''));
            let prompt = matches!(split.0, "$" | "#") && out.is_empty();
            let assignment = split.0.contains('=');
            let role = if command_next && !assignment && !prompt { Role::Keyword } else { Role::Code };
            command_next &= assignment || prompt;
            (role, split)
        };
        after_space = first.is_whitespace();
        out.push((role, piece));
        text = rest;
    }
    out
}

const fn is_operator(c: char) -> bool {
    matches!(c, '|' | '&' | ';' | '<' | '>' | '(' | ')')
}
