//! A Rust file with comments, strings and tests blanked out, as far as the rules need to read it.

/// One file.
pub(crate) struct Source {
    /// Its code; blanks stand for what was taken out, lines are where they were.
    code: String,
    /// `crate::lab::run` for `src/lab/run.rs`; none outside `src/`.
    module: Option<Vec<String>>,
}

impl Source {
    pub(crate) fn read(path: &str, text: &str) -> Self {
        let module = path.strip_prefix("src/").and_then(|rest| rest.strip_suffix(".rs")).map(|rest| {
            let names = rest.split('/').filter(|name| !matches!(*name, "lib" | "mod"));
            std::iter::once("crate").chain(names).map(str::to_owned).collect()
        });
        let mut code = without_text(text);
        if path.ends_with("/tests.rs") || path.contains("/tests/") {
            code = blank(&code);
        }
        Self { code: without_tests(&code), module }
    }

    /// The module at the top of the crate that it belongs to: `lab`. None outside `src/`.
    pub(crate) fn part(&self) -> Option<&str> {
        self.module.as_ref().map(|module| module.get(1).map_or("", String::as_str))
    }

    /// Lines on which a word stands.
    pub(crate) fn words(&self, word: &str) -> impl Iterator<Item = usize> {
        self.tokens().filter(move |token| token.text == word).map(|token| token.line)
    }

    /// Lines on which a macro is called.
    pub(crate) fn macros(&self, name: &str) -> impl Iterator<Item = usize> {
        let calls = self.tokens().zip(self.tokens().skip(1));
        calls.filter(move |(token, next)| token.text == name && next.text == "!").map(|(token, _)| token.line)
    }

    /// Lines on which an attribute stands.
    pub(crate) fn attributes(&self, name: &str) -> Vec<usize> {
        let tokens: Vec<_> = self.tokens().collect();
        let with = |opening: &[&str]| {
            let length = opening.len();
            let opens = |at: &[Token<'_>]| at.iter().zip(opening).all(|(token, text)| token.text == *text);
            let here = tokens.windows(length + 1).filter(|at| opens(at));
            here.filter_map(|at| at.last())
                .filter(|token| token.text == name)
                .map(|token| token.line)
                .collect::<Vec<_>>()
        };
        [with(&["#", "["]), with(&["#", "!", "["])].concat()
    }

    /// Every path that is named, with its line: those of `use` in full, `super` resolved.
    pub(crate) fn paths(&self) -> Vec<(usize, String)> {
        let tokens: Vec<_> = self.tokens().collect();
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(token) = tokens.get(at) {
            let mut used = Vec::new();
            if token.text == "use" {
                at += 1;
                tree(&tokens, &mut at, &[], &mut used);
            } else if is_name(token.text) {
                let path = straight(&tokens, &mut at);
                if path.len() > 1 {
                    used.push(path);
                }
            } else {
                at += 1;
            }
            found.extend(used.into_iter().map(|path| (token.line, self.resolve(&path))));
        }
        found
    }

    fn resolve(&self, path: &[&str]) -> String {
        let mut full: Vec<&str> = Vec::new();
        for (at, name) in path.iter().enumerate() {
            match *name {
                "self" if at > 0 => {}
                "self" | "super" if at == 0 => {
                    full = self.module.iter().flatten().map(String::as_str).collect();
                    if *name == "super" {
                        full.pop();
                    }
                }
                "super" => drop(full.pop()),
                name => full.push(name),
            }
        }
        full.join("::")
    }

    /// Names, `::` and single characters.
    fn tokens(&self) -> impl Iterator<Item = Token<'_>> {
        let (mut rest, mut line) = (self.code.as_str(), 1);
        std::iter::from_fn(move || {
            let start = rest.trim_start();
            line += rest
                .len()
                .checked_sub(start.len())
                .and_then(|n| rest.get(..n))
                .unwrap_or("")
                .matches('\n')
                .count();
            let first = start.chars().next()?;
            let length = if is_name_char(first) {
                start.find(|c| !is_name_char(c)).unwrap_or(start.len())
            } else if start.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (text, after) = start.split_at(length);
            rest = after;
            Some(Token { text, line })
        })
    }
}

struct Token<'a> {
    text: &'a str,
    line: usize,
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_name(text: &str) -> bool {
    text.starts_with(is_name_char)
}

/// `a::b::c`, from its first name.
fn straight<'a>(tokens: &[Token<'a>], at: &mut usize) -> Vec<&'a str> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut path = vec![text(*at)];
    *at += 1;
    while text(*at) == "::" && is_name(text(*at + 1)) {
        path.push(text(*at + 1));
        *at += 2;
    }
    path
}

/// `a::{b, c::{self, d as e}, *}`: each leaf becomes a path.
fn tree<'a>(tokens: &[Token<'a>], at: &mut usize, above: &[&'a str], found: &mut Vec<Vec<&'a str>>) {
    let text = |at: usize| tokens.get(at).map_or(";", |token| token.text);
    let mut path = above.to_vec();
    loop {
        match text(*at) {
            "::" => *at += 1,
            "{" => {
                while !matches!(text(*at), "}" | ";") {
                    *at += 1;
                    tree(tokens, at, &path, found);
                }
                *at += usize::from(text(*at) == "}");
                return;
            }
            "as" => *at += 2,
            "," | "}" | ";" => break,
            name => {
                path.push(name);
                *at += 1;
            }
        }
    }
    if path.len() > above.len() {
        found.push(path);
    }
}

fn blank(code: &str) -> String {
    code.chars().map(|c| if c == '\n' { c } else { ' ' }).collect()
}

/// Takes out every item below `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut rest = code;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        let mut depth = 0;
        let end = after.char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            depth == 0 && matches!(c, '}' | ';')
        });
        let (item, later) = after.split_at(end.map_or(after.len(), |(at, c)| at + c.len_utf8()));
        kept.push_str(&blank(item));
        rest = later;
    }
    kept + rest
}

/// Blanks comments, strings and characters.
fn without_text(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = text_length(rest, kept.chars().last());
        let (taken, later) = rest.split_at(length.unwrap_or_else(|| first.len_utf8()));
        kept.push_str(&if length.is_some() { blank(taken) } else { taken.to_owned() });
        rest = later;
    }
    kept
}

/// The length of the comment, string or character that begins here, if one does.
fn text_length(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(comment_length(rest));
    }
    if rest.starts_with('"') {
        return Some(1 + closing(rest.get(1..)?, '"'));
    }
    if rest.starts_with('r') && !before.is_some_and(|c| is_name_char(c) && c != 'b') {
        let hashes = rest.get(1..)?.chars().take_while(|c| *c == '#').count();
        let body = rest.get(1 + hashes..)?.strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(2 + hashes + body.find(&end).map_or(body.len(), |at| at + end.len()));
    }
    // a character, not a lifetime
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?;
    (first == '\\' || body.get(first.len_utf8()..)?.starts_with('\'')).then(|| 1 + closing(body, '\''))
}

/// The length up to and with the closing mark.
fn closing(body: &str, mark: char) -> usize {
    let mut escaped = false;
    let end = body.char_indices().find(|(_, c)| {
        let ends = *c == mark && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(body.len(), |(at, _)| at + 1)
}

/// The length of a comment that may hold others.
fn comment_length(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}
