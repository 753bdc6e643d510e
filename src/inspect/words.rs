//! What was seen of a process in words, for whoever prints it or draws it.

use std::fmt::Display;

use super::{
    Inspection,
    find::Found,
    mounts::{Overlay, Root},
    switches::{Compared, Verdict},
    systems::System,
};
use crate::i18n::{Lang, fill, t};

/// What it is.
pub fn head(seen: &Inspection, found: &Found, lang: Lang) -> String {
    let system = seen.system.map(System::name);
    let values: [(&str, &dyn Display); 5] = [
        ("pid", &seen.pid),
        ("program", &seen.program),
        ("system", &system.unwrap_or_default()),
        ("name", &seen.container.as_deref().unwrap_or("-")),
        ("by", &found.by),
    ];
    let key = match (&seen.container, system) {
        (Some(_), _) => "inspect.head.container",
        (None, Some(_)) => "inspect.head.guessed",
        (None, None) => "inspect.head.process",
    };
    fill(lang, key, &values)
}

/// Why its own side stays dark; none where a witness was there.
pub fn dark(seen: &Inspection, lang: Lang) -> Option<String> {
    seen.inside.as_ref().map(|errno| fill(lang, "inspect.head.no_inside", &[("errno", errno)]))
}

/// `yes`, `no`, or a question mark where nobody knows.
pub fn mark(on: Option<bool>, lang: Lang) -> &'static str {
    match on {
        Some(true) => t(lang, "inspect.mark.on"),
        Some(false) => t(lang, "inspect.mark.off"),
        None => "?",
    }
}

/// The same in one column.
pub const fn sign(on: Option<bool>) -> &'static str {
    match on {
        Some(true) => "+",
        Some(false) => "-",
        None => "?",
    }
}

/// What the boxes of the presets have and this process lacks, and the other way round: a sentence each.
pub fn compared(switches: &[Verdict], lang: Lang) -> Vec<String> {
    let untold = switches.iter().filter(|verdict| verdict.on.is_none());
    let untold: Vec<_> = untold.map(|verdict| verdict.switch.name()).collect();
    let mut said = Vec::new();
    if !untold.is_empty() {
        said.push(fill(lang, "inspect.switches.untold", &[("names", &untold.join(" "))]));
    }
    for preset in Compared::all() {
        let names = |test: fn(bool, bool) -> bool| {
            let told = switches.iter().filter_map(|v| Some((v.switch, v.on?)));
            let names = told.filter(|(switch, on)| test(*on, preset.on.contains(switch)));
            names.map(|(switch, _)| switch.name()).collect::<Vec<_>>().join(" ")
        };
        let (lacks, more) = (names(|own, theirs| !own && theirs), names(|own, theirs| own && !theirs));
        let key = match (lacks.is_empty(), more.is_empty()) {
            (true, true) if !untold.is_empty() => continue,
            (true, true) => "inspect.switches.same",
            (false, true) => "inspect.switches.lacks",
            (true, false) => "inspect.switches.more",
            (false, false) => "inspect.switches.both",
        };
        let values: [(&str, &dyn Display); 3] =
            [("preset", &preset.preset.name()), ("lacks", &lacks), ("more", &more)];
        said.push(fill(lang, key, &values));
    }
    said
}

/// What is mounted on its root; `dir` is cut to what there is room for.
pub fn root(root: Option<&Root>, dir: impl Fn(&str) -> String, lang: Lang) -> String {
    let Some(root) = root else { return format!("/: {}", t(lang, "inspect.mount.none")) };
    let mode = t(lang, if root.read_only { "inspect.mount.ro" } else { "inspect.mount.rw" });
    let same = t(lang, if root.same { "inspect.mount.same" } else { "inspect.mount.other" });
    format!("/: {} {}, {mode}, {same}", root.fstype, dir(&root.dir))
}

/// The layers of an overlay, each with its directory: the lower ones from the highest down, `upper`, `work`.
pub fn layers(overlay: &Overlay) -> impl Iterator<Item = (&'static str, &str)> {
    let lower = overlay.lower.iter().map(|dir| ("lower", dir.as_str()));
    let rest = [("upper", &overlay.upper), ("work", &overlay.work)];
    lower.chain(rest.into_iter().filter_map(|(name, dir)| Some((name, dir.as_deref()?))))
}
