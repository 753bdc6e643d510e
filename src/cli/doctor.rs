//! `korobka doctor`: what this machine can do, and what to do where it cannot.

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal, Write},
};

use serde::Serialize;

use super::{columns, exit::Exit};
use crate::{
    i18n::{Lang, fill, find, t},
    probe::doctor::{Ability, Check, Examination, Surroundings, Verdict, examine},
};

/// How wide prose may be beside its indent: the smallest terminal has 80 columns.
const WIDTH: usize = 72;

/// How the report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For people; with colours or without.
    Text {
        /// Whether to colour the verdicts.
        colour: bool,
    },
    /// One JSON object a line: a `check` each, then one `ability`.
    Json,
}

/// Examines the machine and writes the report.
pub(super) fn run(form: Form, lang: Lang, to: &mut dyn Write) -> io::Result<Exit> {
    let seen = examine(&Surroundings::of_process(terminal_size()));
    let report = Report { lang, binary: binary() };
    match form {
        Form::Text { colour } => report.text(&seen, colour, to)?,
        Form::Json => report.json(&seen, to)?,
    }
    let unable = matches!(seen.ability, Ability::No { .. });
    Ok(if unable { Exit::Machine } else { Exit::Done })
}

/// Why labs cannot run live and what to do, in words; nothing where they can.
pub fn obstacle(ability: Ability, lang: Lang) -> Option<String> {
    let report = Report { lang, binary: binary() };
    match ability {
        Ability::Live | Ability::LiveRoot => None,
        Ability::No { cure, .. } => Some(format!("{}\n{}", report.ability(ability), report.cure(cure))),
    }
}

/// Columns and rows, where the output is a terminal.
fn terminal_size() -> Option<(u16, u16)> {
    if !io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::window_size().ok().map(|size| (size.columns, size.rows))
}

fn binary() -> String {
    std::env::current_exe().map_or_else(|_| "korobka".to_owned(), |path| path.display().to_string())
}

struct Report {
    lang: Lang,
    binary: String,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line<'a> {
    Check { id: &'a str, verdict: Verdict, found: &'a str, meaning: &'a str, cure: Option<String> },
    Ability { ability: &'a str, text: String, cure: Option<String> },
}

impl Report {
    fn json(&self, seen: &Examination, to: &mut dyn Write) -> io::Result<()> {
        let check = |check: &'static str| find(self.lang, check).unwrap_or(check);
        let lines = seen.checks.iter().map(|c| Line::Check {
            id: c.id,
            verdict: c.verdict,
            found: &c.found,
            meaning: check(c.meaning),
            cure: c.cure.map(|key| self.cure(key)),
        });
        let (ability, cure) = match seen.ability {
            Ability::Live => ("live", None),
            Ability::LiveRoot => ("live-root", None),
            Ability::No { cure, .. } => ("no", Some(self.cure(cure))),
        };
        let last = Line::Ability { ability, text: self.ability(seen.ability), cure };
        for line in lines.chain(std::iter::once(last)) {
            writeln!(to, "{}", serde_json::to_string(&line)?)?;
        }
        Ok(())
    }

    fn text(&self, seen: &Examination, colour: bool, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "{}", t(self.lang, "doctor.title"))?;
        let (mut group, mut told) = ("", BTreeSet::new());
        for check in &seen.checks {
            if group_of(check.id) != group {
                group = group_of(check.id);
                writeln!(to, "\n{}", t(self.lang, group))?;
            }
            self.check(check, colour, to)?;
            // One cure often helps several rows: it is told once.
            if let Some(cure) = check.cure.filter(|cure| told.insert(*cure)) {
                self.write_cure(cure, "        ", to)?;
            }
        }
        let count = |verdict| seen.checks.iter().filter(|check| check.verdict == verdict).count();
        let (ok, warn, no) = (count(Verdict::Ok), count(Verdict::Warn), count(Verdict::No));
        let summary = fill(self.lang, "doctor.summary", &[("ok", &ok), ("warn", &warn), ("no", &no)]);
        writeln!(to, "\n{summary}\n{}", lines_of(&self.ability(seen.ability), WIDTH).join("\n"))?;
        match seen.ability {
            Ability::No { cure, .. } => self.write_cure(cure, "", to),
            Ability::Live | Ability::LiveRoot => Ok(()),
        }
    }

    /// The verdict is a word first, so that it reads well aloud; the meaning is told where something is wrong.
    fn check(&self, check: &Check, colour: bool, to: &mut dyn Write) -> io::Result<()> {
        let sgr = match check.verdict {
            Verdict::Ok => "32",
            Verdict::Warn => "33",
            Verdict::No => "31",
        };
        let width = Verdict::ALL.map(|verdict| self.word(verdict).chars().count()).into_iter().max();
        let word = format!("{:1$}", self.word(check.verdict), width.unwrap_or_default());
        let word = columns::sgr(colour, sgr, &word);
        writeln!(to, "  {word}  {:18}  {}", check.id, check.found)?;
        lines_of(t(self.lang, check.meaning), WIDTH)
            .iter()
            .try_for_each(|line| writeln!(to, "        {line}"))
    }

    fn word(&self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Ok => t(self.lang, "doctor.verdict.ok"),
            Verdict::Warn => t(self.lang, "doctor.verdict.warn"),
            Verdict::No => t(self.lang, "doctor.verdict.no"),
        }
    }

    fn write_cure(&self, key: &'static str, indent: &str, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "{indent}{}:", t(self.lang, "doctor.cure_label"))?;
        self.cure(key).lines().try_for_each(|line| writeln!(to, "{indent}  {line}"))
    }

    fn cure(&self, key: &'static str) -> String {
        fill(self.lang, key, &[("binary", &self.binary)])
    }

    fn ability(&self, ability: Ability) -> String {
        match ability {
            Ability::Live => t(self.lang, "doctor.ability.live").to_owned(),
            Ability::LiveRoot => t(self.lang, "doctor.ability.live_root").to_owned(),
            Ability::No { cause, .. } => {
                fill(self.lang, "doctor.ability.no", &[("cause", &t(self.lang, cause))])
            }
        }
    }
}

/// Breaks prose at spaces. Commands are never broken: they are there to be copied.
fn lines_of(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn group_of(id: &str) -> &'static str {
    match id.split('.').next() {
        Some("kernel") => "doctor.group.kernel",
        Some("ns" | "userns") => "doctor.group.ns",
        Some("tool") => "doctor.group.tool",
        Some("terminal" | "utf8" | "locale") => "doctor.group.terminal",
        _ => "doctor.group.limits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(verdict: Verdict, ability: Ability) -> Examination {
        let cure = (verdict != Verdict::Ok).then_some("doctor.cure.sudo");
        let check =
            Check { id: "userns", verdict, found: "EPERM".into(), meaning: "doctor.meaning.userns", cure };
        Examination { checks: vec![check], ability }
    }

    fn report() -> Report {
        Report { lang: Lang::En, binary: "/opt/korobka".into() }
    }

    #[test]
    fn the_text_names_the_cure_with_the_path_of_this_program() {
        let ability = Ability::No { cause: "doctor.cause.other", cure: "doctor.cure.sudo" };
        let mut text = Vec::new();
        report().text(&seen(Verdict::No, ability), false, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("  NO    userns"), "{text}");
        assert!(text.contains("sudo /opt/korobka"), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        assert!(text.contains("0 fine, 0 to know, 1 in the way"), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line_and_ends_with_the_ability() {
        let mut json = Vec::new();
        report().json(&seen(Verdict::Ok, Ability::Live), &mut json).unwrap();
        let lines: Vec<serde_json::Value> = String::from_utf8(json)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["event"], "check");
        assert_eq!(lines[0]["verdict"], "ok");
        assert_eq!(lines[0]["cure"], serde_json::Value::Null);
        assert_eq!((&lines[1]["event"], &lines[1]["ability"]), (&"ability".into(), &"live".into()));
    }

    #[test]
    fn prose_is_broken_at_spaces() {
        assert_eq!(lines_of("раз два три", 7), ["раз два", "три"]);
        assert_eq!(lines_of("indivisible", 3), ["indivisible"]);
    }

    #[test]
    fn only_an_inability_is_an_obstacle() {
        assert_eq!(obstacle(Ability::LiveRoot, Lang::En), None);
        let no = Ability::No { cause: "doctor.cause.userns_clone", cure: "doctor.cure.userns_clone" };
        assert!(obstacle(no, Lang::Ru).unwrap().contains("kernel.unprivileged_userns_clone=1"));
    }
}
