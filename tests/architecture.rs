//! The rules of the house, read from the source: who may use whom, where `unsafe` and printing may stand, how long a
//! file may be. A rule that is broken is named with its file and line.

use std::{fs, path::Path};

#[cfg(test)]
mod architecture {
    pub(crate) mod source;
}

use architecture::source::Source;

/// Longer files hold more than one idea.
const MAX_LINES: usize = 500;

/// Parts that must not reach for something.
struct Wall {
    /// Modules at the top of the crate.
    parts: &'static [&'static str],
    /// Paths that they never name.
    never: &'static [&'static str],
}

const WALLS: [Wall; 4] = [
    Wall {
        parts: &["course", "lab", "quiz"],
        never: &["ratatui", "crossterm", "nix", "std::fs", "std::thread", "std::net", "std::process"],
    },
    Wall {
        parts: &["course", "lab", "quiz"],
        never: &[
            "crate::kernel",
            "crate::stage",
            "crate::probe",
            "crate::pty",
            "crate::tui",
            "crate::runtime",
        ],
    },
    Wall { parts: &["tui"], never: &["crate::kernel", "crate::stage::server", "stage::server"] },
    Wall { parts: &["stage", "kernel", "probe"], never: &["crate::tui"] },
];

/// Doors in the walls: one file each, for one purpose.
const DOORS: [(&str, &str); 1] = [
    // an instructor's own course comes in here, with limits, as plain text; everything behind it is pure
    ("src/course/source/directory.rs", "std::fs"),
];

/// Everything that is wrong with a file of `src/`, `tests/` or `benches/`.
fn faults(path: &str, text: &str) -> Vec<String> {
    let source = Source::read(path, text);
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > MAX_LINES {
        found.push(format!("{path}: {lines} lines, {MAX_LINES} at most"));
    }
    if path.ends_with("/mod.rs") {
        found.push(format!("{path}: foo.rs and foo/, not foo/mod.rs"));
    }
    for line in source.attributes("allow") {
        found.push(format!("{path}:{line}: #[expect(lint, reason)], not #[allow]"));
    }
    if let Some(part) = source.part() {
        found.extend(source_faults(path, part, &source));
    }
    found
}

fn source_faults(path: &str, part: &str, source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    if part != "kernel" {
        found.extend(source.words("unsafe").map(|line| format!("{path}:{line}: unsafe outside kernel")));
    }
    if part != "cli" {
        for name in ["print", "println", "eprint", "eprintln", "dbg"] {
            found.extend(source.macros(name).map(|line| format!("{path}:{line}: {name}! outside cli")));
        }
    }
    for (line, used) in source.paths() {
        let walls = WALLS.iter().filter(|wall| wall.parts.contains(&part));
        let mut never = walls.flat_map(|wall| wall.never).filter(|never| !DOORS.contains(&(path, **never)));
        let broken = never.find(|never| begins(&used, never));
        found.extend(broken.map(|never| format!("{path}:{line}: {part} uses {never}")));
    }
    found
}

/// Whether a path is another one or lies below it.
fn begins(path: &str, with: &str) -> bool {
    path.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn visit(dir: &Path, found: &mut Vec<String>, read: &mut usize) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            visit(&path, found, read);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(&path);
            found.extend(faults(&name.to_string_lossy(), &text));
            *read += 1;
        }
    }
}

#[test]
fn the_source_keeps_the_rules() {
    let (mut found, mut read) = (Vec::new(), 0);
    for dir in ["src", "tests", "benches"] {
        visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join(dir), &mut found, &mut read);
    }
    for (path, _) in DOORS {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "{path}: a door without a room");
    }
    assert!(read > 20, "only {read} files were read");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_rule_can_fail() {
    let long = "\n".repeat(501);
    let table: &[(&str, &str, &[&str])] = &[
        ("src/lab/a.rs", "use std::fs;", &["src/lab/a.rs:1: lab uses std::fs"]),
        (
            "src/lab.rs",
            "\nuse std::{collections::BTreeMap, thread::{self, Builder}};",
            &["src/lab.rs:2: lab uses std::thread", "src/lab.rs:2: lab uses std::thread"],
        ),
        (
            "src/course/a.rs",
            "fn a() { std::net::TcpStream::connect(1) }",
            &["src/course/a.rs:1: course uses std::net"],
        ),
        (
            "src/course/source/directory.rs",
            "use std::{fs, net};",
            &["src/course/source/directory.rs:1: course uses std::net"],
        ),
        ("src/quiz/a.rs", "use ::ratatui::Frame;", &["src/quiz/a.rs:1: quiz uses ratatui"]),
        ("src/quiz/a.rs", "type E = nix::errno::Errno;", &["src/quiz/a.rs:1: quiz uses nix"]),
        ("src/lab/a.rs", "pub(crate) use std::process as p;", &["src/lab/a.rs:1: lab uses std::process"]),
        (
            "src/lab/b/a.rs",
            "use super::super::super::kernel::Call;",
            &["src/lab/b/a.rs:1: lab uses crate::kernel"],
        ),
        ("src/tui/a.rs", "use crate::{lab, kernel};", &["src/tui/a.rs:1: tui uses crate::kernel"]),
        (
            "src/tui/a.rs",
            "use crate::stage;\nfn a() { stage::server::run() }",
            &["src/tui/a.rs:2: tui uses stage::server"],
        ),
        ("src/stage/a.rs", "use crate::tui::Msg;", &["src/stage/a.rs:1: stage uses crate::tui"]),
        ("src/probe.rs", "fn a(b: crate::tui::B) {}", &["src/probe.rs:1: probe uses crate::tui"]),
        ("src/pty/a.rs", "fn a() { unsafe { b() } }", &["src/pty/a.rs:1: unsafe outside kernel"]),
        ("src/tui/a.rs", "fn a() {\n    println!(\"b\");\n}", &["src/tui/a.rs:2: println! outside cli"]),
        ("src/main.rs", "eprintln ! (1)", &["src/main.rs:1: eprintln! outside cli"]),
        (
            "src/cli/a.rs",
            "#[allow(dead_code)]\nfn a() {}",
            &["src/cli/a.rs:1: #[expect(lint, reason)], not #[allow]"],
        ),
        ("tests/a.rs", "#![allow(unused)]", &["tests/a.rs:1: #[expect(lint, reason)], not #[allow]"]),
        ("src/lab/mod.rs", "", &["src/lab/mod.rs: foo.rs and foo/, not foo/mod.rs"]),
        ("src/lab/a.rs", &long, &["src/lab/a.rs: 501 lines, 500 at most"]),
    ];
    for (path, text, wanted) in table {
        assert_eq!(faults(path, text), *wanted, "{text}");
    }
}

#[test]
fn what_is_allowed_is_let_through() {
    let table = [
        (
            "src/lab/a.rs",
            "// std::fs\n/* nix::a /* */ */\nconst A: &str = \"std::fs::read \\\" unsafe\"; const B: &str = r#\"nix::\"#;",
        ),
        (
            "src/lab/a.rs",
            "use crate::i18n::Lang;\nfn a<'a>(b: &'a str, c: char) -> bool { c == '\"' || c == '\\'' }",
        ),
        (
            "src/lab/a.rs",
            "#[cfg(test)]\nmod tests {\n    use std::fs;\n    fn a() { println!(\"{}\", 1) }\n}",
        ),
        ("src/lab/tests.rs", "use std::fs;"),
        ("src/tui/a.rs", "use crate::stage::protocol::Event;\nuse std::fs;"),
        ("src/kernel/a.rs", "// SAFETY: fine\nunsafe { a() }"),
        ("src/pty/a.rs", "#![expect(unsafe_code, reason = \"b\")]"),
        ("src/cli/a.rs", "println!(\"a\")"),
        ("src/cli.rs", "println!(\"a\")"),
        ("tests/a.rs", "use std::process; fn a() { println!(); }"),
        ("src/labour.rs", "use std::fs;"),
    ];
    for (path, text) in table {
        assert_eq!(faults(path, text), Vec::<String>::new(), "{text}");
    }
}
