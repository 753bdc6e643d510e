//! What was seen of a process, for people: 80 columns, host and inside side by side, every difference a sign as well as a
//! colour.

use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{self, Write},
};

use unicode_width::UnicodeWidthStr;

use crate::{
    cli::columns::{WIDTH, cut, cut_start, pad, sgr},
    i18n::{Lang, fill, t},
    inspect::{
        Inspection,
        cgroups::Place,
        find::Found,
        shown,
        switches::{Compared, Verdict},
        systems::System,
        words,
    },
    lab::{
        capability::Capability,
        dial::Switch,
        fact::{Fact, FactId},
        limit::Hierarchy,
        observation::Value,
    },
};

/// Columns of a label, of a value of the host, of one inside.
const COLUMNS: (usize, usize, usize) = (25, 25, 25);

/// How it is written.
pub(super) struct Text {
    pub(super) lang: Lang,
    pub(super) colour: bool,
}

impl Text {
    pub(super) fn write(&self, seen: &Inspection, found: &Found, to: &mut dyn Write) -> io::Result<()> {
        self.head(seen, found, to)?;
        self.facts(seen, to)?;
        self.cgroups(seen, to)?;
        self.mounts(seen, to)?;
        self.rights(seen, to)?;
        self.switches(seen, to)?;
        self.systems(seen, to)
    }

    fn head(&self, seen: &Inspection, found: &Found, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "{}", self.bold(&words::head(seen, found, self.lang)))?;
        let own = seen.namespaces.iter().filter(|pair| pair.own == Some(true));
        let own: Vec<_> = own.map(|pair| pair.namespace.name()).collect();
        let shared = seen.namespaces.iter().filter(|pair| pair.own == Some(false));
        let shared: Vec<_> = shared.map(|pair| pair.namespace.name()).collect();
        let dash = |names: Vec<&str>| if names.is_empty() { "-".to_owned() } else { names.join(" ") };
        let values: [(&str, &dyn Display); 2] = [("own", &dash(own)), ("shared", &dash(shared))];
        writeln!(to, "{}", fill(self.lang, "inspect.head.namespaces", &values))?;
        if let Some(dark) = words::dark(seen, self.lang) {
            Self::wrapped(&dark, to)?;
        }
        Ok(())
    }

    /// Host │ inside, fact by fact; what nobody has read is left out.
    fn facts(&self, seen: &Inspection, to: &mut dyn Write) -> io::Result<()> {
        let (label, host, inside) = COLUMNS;
        let heads = [t(self.lang, "fact.side.host"), t(self.lang, "fact.side.subject")];
        writeln!(to, "\n{}{} │ {}", " ".repeat(label), pad(heads[0], host), heads[1])?;
        for fact in Fact::ALL.iter().copied().filter(|fact| shown(*fact)) {
            let value = |id: FactId| seen.facts.get(&id.to_string());
            let (ours, theirs) = (value(FactId::host(fact)), value(FactId::subject(fact)));
            let read =
                |value: Option<&Value>| value.is_some_and(|value| !matches!(value, Value::Missing { .. }));
            // of what could not be read nobody knows whether it differs
            let differs = read(ours) && read(theirs) && ours != theirs;
            let (ours, theirs) = (ours.map(Value::short), theirs.map(Value::short));
            if [&ours, &theirs].iter().all(|value| value.as_deref().is_none_or(str::is_empty)) {
                continue;
            }
            let say = |value: Option<String>| fact.say(value.as_deref().unwrap_or("-"), self.lang);
            let sign = if differs { '≠' } else { '│' };
            let line = format!(
                "{}{} {sign} {}",
                pad(&cut(fact.label(self.lang), label - 1), label),
                pad(&cut(&say(ours), host), host),
                cut(&say(theirs), inside)
            );
            writeln!(
                to,
                "{}",
                if differs { sgr(self.colour, "36", line.trim_end()) } else { line.trim_end().to_owned() }
            )?;
        }
        Ok(())
    }

    fn cgroups(&self, seen: &Inspection, to: &mut dyn Write) -> io::Result<()> {
        self.title("inspect.title.cgroups", to)?;
        // v1 has a hierarchy for every controller, and a container mostly the same path in all of them
        let mut paths: Vec<(&str, Hierarchy, bool)> = Vec::new();
        for place in &seen.cgroups {
            let path = (place.path.as_str(), place.version, place.own);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        for (path, version, own) in paths {
            let places = || {
                seen.cgroups
                    .iter()
                    .filter(move |p| (p.path.as_str(), p.version, p.own) == (path, version, own))
            };
            let names: Vec<_> =
                places().map(|p| p.controllers.as_str()).filter(|name| !name.is_empty()).collect();
            let name = if version == Hierarchy::V2 { "v2".to_owned() } else { names.join(" ") };
            let own = t(self.lang, if own { "inspect.cgroup.own" } else { "inspect.cgroup.shared" });
            let legacy = if version == Hierarchy::V1 { t(self.lang, "inspect.cgroup.legacy") } else { "" };
            Self::wrapped(&format!("  {name}{legacy}: {own}"), to)?;
            writeln!(to, "    {}", cut_start(path, WIDTH - 4))?;
            places().try_for_each(|place| Self::limits(place, to))?;
        }
        if seen.cgroups.iter().all(|place| place.limits.is_empty()) {
            writeln!(to, "  {}", t(self.lang, "inspect.cgroup.no_limits"))?;
        }
        Ok(())
    }

    fn limits(place: &Place, to: &mut dyn Write) -> io::Result<()> {
        for limit in &place.limits {
            let above =
                if limit.cgroup == place.path { String::new() } else { format!("  ({})", limit.cgroup) };
            writeln!(to, "    {}", cut(&format!("{} = {}{above}", limit.file, limit.value), WIDTH - 4))?;
        }
        for file in ["memory.current", "memory.usage_in_bytes", "pids.current"] {
            if let Some(value) = place.files.get(file) {
                writeln!(to, "    {file}: {value}")?;
            }
        }
        Ok(())
    }

    fn mounts(&self, seen: &Inspection, to: &mut dyn Write) -> io::Result<()> {
        self.title("inspect.title.mounts", to)?;
        let dir = |dir: &str| cut_start(dir, 30);
        writeln!(to, "  {}", words::root(seen.root.as_ref(), dir, self.lang))?;
        for overlay in &seen.overlays {
            writeln!(to, "  overlay {}", cut_start(&overlay.point, WIDTH - 10))?;
            for (name, dir) in words::layers(overlay) {
                writeln!(to, "    {name:<5} {}", cut_start(dir, WIDTH - 10))?;
            }
        }
        Ok(())
    }

    fn rights(&self, seen: &Inspection, to: &mut dyn Write) -> io::Result<()> {
        self.title("inspect.title.rights", to)?;
        // our own bounding set may lack one that the process has
        let sets = [&seen.rights.bounding_here, &seen.rights.effective, &seen.rights.bounding];
        let known: BTreeSet<Capability> = sets.into_iter().flatten().flatten().copied().collect();
        for (key, set) in [
            ("inspect.rights.effective", &seen.rights.effective),
            ("inspect.rights.bounding", &seen.rights.bounding),
        ] {
            let Some(set) = set else {
                writeln!(
                    to,
                    "  {}",
                    fill(self.lang, key, &[("names", &"?"), ("count", &"?"), ("all", &known.len())])
                )?;
                continue;
            };
            let names = self.names(set, &known);
            let text =
                fill(self.lang, key, &[("names", &names), ("count", &set.len()), ("all", &known.len())]);
            Self::wrapped(&format!("  {text}"), to)?;
        }
        let seccomp = match seen.rights.seccomp {
            Some(0) => t(self.lang, "inspect.rights.seccomp_off"),
            Some(1) => t(self.lang, "inspect.rights.seccomp_strict"),
            Some(_) => t(self.lang, "inspect.rights.seccomp_filter"),
            None => "?",
        };
        let bit = seen.rights.no_new_privs.map_or("?", |bit| self.yes_no(Some(bit)));
        writeln!(to, "  seccomp: {seccomp}; no_new_privs: {bit}")
    }

    /// The names of a set, or what it lacks where that is shorter.
    fn names(&self, set: &[Capability], known: &BTreeSet<Capability>) -> String {
        let short = |all: &mut dyn Iterator<Item = &Capability>| {
            all.map(|one| Capability::short(*one)).collect::<Vec<_>>().join(" ")
        };
        let lacks = short(&mut known.iter().filter(|one| !set.contains(one)));
        match (set, lacks.as_str()) {
            ([], _) => "-".to_owned(),
            (_, "") => t(self.lang, "inspect.rights.all").to_owned(),
            _ if 2 * set.len() > known.len() => {
                fill(self.lang, "inspect.rights.all_but", &[("names", &lacks)])
            }
            _ => short(&mut set.iter()),
        }
    }

    /// "Docker's container and yours": the nine switches of the process beside those of the presets.
    fn switches(&self, seen: &Inspection, to: &mut dyn Write) -> io::Result<()> {
        self.title("inspect.title.switches", to)?;
        let presets = Compared::all();
        let mut line = format!("  {}{}", pad("", 9), pad(&seen.pid.to_string(), 9));
        for preset in &presets {
            line.push_str(&pad(preset.preset.name(), 10));
        }
        writeln!(to, "{line}{}", t(self.lang, "inspect.switches.evidence"))?;
        for Verdict { switch, on, evidence } in &seen.switches {
            let mut line = format!("  {}{}", pad(switch.name(), 9), pad(words::mark(*on, self.lang), 9));
            for preset in &presets {
                line.push_str(&pad(words::mark(Some(preset.on.contains(switch)), self.lang), 10));
            }
            line.push_str(&cut(evidence, WIDTH.saturating_sub(line.width())));
            writeln!(to, "{}", sgr(self.colour, if *on == Some(true) { "32" } else { "0" }, &line))?;
        }
        let mut said = words::compared(&seen.switches, self.lang).into_iter();
        said.try_for_each(|sentence| Self::wrapped(&format!("  {sentence}"), to))
    }

    /// A row for each system of the lecture.
    fn systems(&self, seen: &Inspection, to: &mut dyn Write) -> io::Result<()> {
        self.title("inspect.title.systems", to)?;
        let heads: String =
            Switch::ALL.iter().map(|switch| pad(switch.name(), switch.name().len() + 1)).collect();
        writeln!(to, "  {}{}", pad("", 16), heads.trim_end())?;
        let row = |name: &str, on: &dyn Fn(Switch) -> Option<bool>| {
            let marks =
                Switch::ALL.iter().map(|switch| pad(words::sign(on(*switch)), switch.name().len() + 1));
            format!("  {}{}", pad(name, 16), marks.collect::<String>().trim_end())
        };
        let own = |switch| seen.switches.iter().find(|v| v.switch == switch).and_then(|v| v.on);
        writeln!(to, "{}", self.bold(&row(&seen.pid.to_string(), &own)))?;
        for system in System::ALL {
            let usual = system.usual();
            writeln!(to, "{}", row(system.name(), &|switch| Some(usual.contains(&switch))))?;
        }
        Self::wrapped(t(self.lang, "inspect.systems.note"), to)
    }

    fn yes_no(&self, yes: Option<bool>) -> &'static str {
        match yes {
            Some(true) => t(self.lang, "fact.value.yes"),
            Some(false) => t(self.lang, "fact.value.no"),
            None => "?",
        }
    }

    fn wrapped(text: &str, to: &mut dyn Write) -> io::Result<()> {
        let indent = text.len() - text.trim_start().len();
        let (mut line, more) = (" ".repeat(indent), " ".repeat(indent + 2));
        for word in text.split_whitespace() {
            if line.trim().is_empty() {
                line.push_str(word);
            } else if line.width() + 1 + word.width() > WIDTH {
                writeln!(to, "{line}")?;
                line = format!("{more}{word}");
            } else {
                line.push(' ');
                line.push_str(word);
            }
        }
        writeln!(to, "{line}")
    }

    fn title(&self, key: &'static str, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "\n{}", self.bold(t(self.lang, key)))
    }

    fn bold(&self, text: &str) -> String {
        sgr(self.colour, "1", text)
    }
}
