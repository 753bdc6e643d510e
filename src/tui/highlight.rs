//! Small lexers for the languages of the course. Each turns one line into pieces; nothing is remembered between lines.

use super::theme::Role;

mod dockerfile;
mod shell;
mod toml;
mod yaml;

/// A piece of a line and what it is.
pub(crate) type Piece<'a> = (Role, &'a str);

/// The pieces of a line of code; joined they are the line again.
pub(crate) fn line<'a>(language: &str, line: &'a str) -> Vec<Piece<'a>> {
    match language {
        "sh" | "bash" | "shell" | "console" => shell::line(line),
        "dockerfile" => dockerfile::line(line),
        "yaml" | "yml" => yaml::line(line),
        "toml" => toml::line(line),
        _ => vec![(Role::Code, line)],
    }
}

/// Splits off the longest head whose characters all pass.
fn head(text: &str, pass: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !pass(c)).unwrap_or(text.len()))
}

/// Splits off a quoted string that the text begins with, to its end or to the end of the line.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped && quote == '"';
        ends
    });
    Some(text.split_at(end.map_or(text.len(), |(at, c)| at + c.len_utf8())))
}

/// Words, strings and a final comment: what is common to values of YAML and TOML.
fn value<'a>(mut text: &'a str, out: &mut Vec<Piece<'a>>) {
    let mut after_space = true;
    while let Some(first) = text.chars().next() {
        if first == '#' && after_space {
            out.push((Role::Comment, text));
            return;
        }
        let (role, (piece, rest)) = match quoted(text) {
            Some(split) => (Role::Literal, split),
            None if first.is_whitespace() => (Role::Code, head(text, char::is_whitespace)),
            None if is_word(first) => {
                let (word, rest) = head(text, is_word);
                let role =
                    if matches!(word, "true" | "false" | "null") { Role::Keyword } else { Role::Literal };
                (role, (word, rest))
            }
            None => (Role::Code, text.split_at(first.len_utf8())),
        };
        after_space = first.is_whitespace();
        out.push((role, piece));
        text = rest;
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '$' | '+')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn roles(language: &str, text: &str) -> Vec<(Role, String)> {
        line(language, text)
            .into_iter()
            .filter(|(_, t)| !t.trim().is_empty())
            .map(|(r, t)| (r, t.to_owned()))
            .collect()
    }

    #[test]
    fn each_language_knows_its_words() {
        type Case<'a> = (&'a str, &'a str, &'a [(Role, &'a str)]);
        let cases: [Case<'_>; 8] = [
            (
                "sh",
                "unshare --uts sh # new",
                &[
                    (Role::Keyword, "unshare"),
                    (Role::Code, "--uts"),
                    (Role::Code, "sh"),
                    (Role::Comment, "# new"),
                ],
            ),
            (
                "sh",
                "cd \"$BOX\" && ls",
                &[
                    (Role::Keyword, "cd"),
                    (Role::Literal, "\"$BOX\""),
                    (Role::Code, "&&"),
                    (Role::Keyword, "ls"),
                ],
            ),
            (
                "sh",
                "X=1 echo 'a # b'",
                &[(Role::Code, "X=1"), (Role::Keyword, "echo"), (Role::Literal, "'a # b'")],
            ),
            (
                "dockerfile",
                "FROM scratch AS one",
                &[
                    (Role::Keyword, "FROM"),
                    (Role::Code, "scratch"),
                    (Role::Keyword, "AS"),
                    (Role::Code, "one"),
                ],
            ),
            ("dockerfile", "# FROM x", &[(Role::Comment, "# FROM x")]),
            (
                "yaml",
                "- image: web:1 # tag",
                &[
                    (Role::Code, "- "),
                    (Role::Keyword, "image"),
                    (Role::Code, ":"),
                    (Role::Literal, "web:1"),
                    (Role::Comment, "# tag"),
                ],
            ),
            ("toml", "[step.one]", &[(Role::Keyword, "[step.one]")]),
            ("toml", "id = \"uts\"", &[(Role::Keyword, "id"), (Role::Code, "="), (Role::Literal, "\"uts\"")]),
        ];
        for (language, text, want) in cases {
            let want: Vec<_> = want.iter().map(|(r, t)| (*r, (*t).to_owned())).collect();
            assert_eq!(roles(language, text), want, "{language}: {text}");
        }
    }

    proptest! {
        #[test]
        fn no_character_is_lost(text in "[^\n]{0,60}") {
            for language in ["sh", "dockerfile", "yaml", "toml", "diagram"] {
                let joined: String = line(language, &text).into_iter().map(|(_, t)| t).collect();
                prop_assert_eq!(&joined, &text);
            }
        }
    }
}
