//! Dockerfile: an instruction at the start of a line, `AS`, strings, comments.

use super::{Piece, head, quoted};
use crate::tui::theme::Role;

/// Instructions of the reference, in capitals.
const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

pub(super) fn line(mut text: &str) -> Vec<Piece<'_>> {
    if text.trim_start().starts_with('#') {
        return vec![(Role::Comment, text)];
    }
    let mut out = Vec::new();
    while let Some(first) = text.chars().next() {
        let (role, (piece, rest)) = if let Some(split) = quoted(text) {
            (Role::Literal, split)
        } else if first.is_whitespace() {
            (Role::Code, head(text, char::is_whitespace))
        } else {
            let split = head(text, |c| !c.is_whitespace() && !matches!(c, '"' | '\''));
            let split = if split.0.is_empty() { text.split_at(first.len_utf8()) } else { split };
            let instruction = INSTRUCTIONS.contains(&split.0) || split.0 == "AS";
            (if instruction { Role::Keyword } else { Role::Code }, split)
        };
        out.push((role, piece));
        text = rest;
    }
    out
}
