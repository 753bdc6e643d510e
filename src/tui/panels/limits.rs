//! The limits: the tree of cgroups with who is in it; use below its limit; two groups side by side; then every fact.
//! Whatever is in a version 1 hierarchy is marked *legacy*.

use ratatui::text::{Line, Span};

use super::{View, sight};
use crate::{
    i18n::Lang,
    lab::{
        fact::{Fact, FactId},
        limit::Amount,
        observation::{Observation, Value},
        sight::Sight,
    },
    tui::{
        clean,
        model::World,
        theme::Role,
        widgets::{spark, wrap},
    },
};

/// A fact, its limit, and the limit's number in the fact's measure.
type Gauge = (Fact, Fact, fn(&Amount) -> Option<i64>);

/// What is used of what.
const GAUGES: [Gauge; 4] = [
    (Fact::CpuRate, Fact::LimitCpu, percent),
    (Fact::MemoryCurrent, Fact::LimitMemory, mebibytes),
    (Fact::PidsCurrent, Fact::LimitPids, whole),
    (Fact::IoRate, Fact::LimitIo, kibibytes),
];
/// The two groups that are compared: what each uses, and its weight.
const PAIR: [(Fact, Fact); 2] = [(Fact::LeftRate, Fact::LeftWeight), (Fact::RightRate, Fact::RightWeight)];

/// What the tree shows.
const TREE: [Fact; 2] = [Fact::LimitPlaces, Fact::LimitMembers];

/// The lines of the panel.
pub(super) fn lines(view: View<'_>, world: &World, size: (usize, usize)) -> Vec<Line<'static>> {
    let (mut lines, mut pasts) = (Vec::new(), Vec::new());
    if let Some(seen) = view.run.now() {
        lines.extend(tree(seen, world, size.0));
        lines.extend(pair(seen, world, size.0));
        for gauge in GAUGES {
            let used = use_of(gauge, seen, view, world, size.0);
            pasts.extend((!used.is_empty()).then_some(gauge.0));
            lines.extend(used);
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
    }
    let facts: &[Fact] = if lines.is_empty() { &[] } else { &TREE };
    let drawn = sight::Drawn { facts, pasts: &pasts };
    lines.extend(sight::lines(Sight::Limits, view, world, size, drawn));
    lines
}

fn of(seen: &Observation, fact: Fact) -> Option<&Value> {
    seen.get(FactId::host(fact)).filter(|value| !matches!(value, Value::Missing { .. }))
}

fn items(seen: &Observation, fact: Fact) -> &[String] {
    match of(seen, fact) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// The directories, and below them the groups with their members.
fn tree(seen: &Observation, world: &World, width: usize) -> Vec<Line<'static>> {
    let (places, groups) = (items(seen, Fact::LimitPlaces), items(seen, Fact::LimitMembers));
    let group = |(at, line): (usize, &String)| {
        let branch = if at + 1 == groups.len() { "└─ " } else { "├─ " };
        cut(&format!("{branch}{}", clean::clean(line)), Role::Plain, world, width)
    };
    let places = match hierarchies(places) {
        Some(line) => wrap::plain(&clean::clean(&line), world.theme.style(Role::Differs), width),
        // One has room for its path.
        None => match places {
            [one] => wrap::plain(&clean::clean(one), world.theme.style(place_role(one)), width),
            many => {
                many.iter().map(|line| cut(&clean::clean(line), place_role(line), world, width)).collect()
            }
        },
    };
    places.into_iter().chain(groups.iter().enumerate().map(group)).collect()
}

/// `v1 legacy: blkio cpu memory`, in place of a line for each hierarchy of version 1 where there are several.
fn hierarchies(places: &[String]) -> Option<String> {
    let names: Vec<&str> = places.iter().filter_map(|line| Some(line.split_once(" v1 legacy ")?.0)).collect();
    let all = names.len() == places.len() && names.len() > 1;
    all.then(|| format!("v1 legacy: {}", names.join(" ")))
}

fn place_role(line: &str) -> Role {
    if line.contains(" legacy ") { Role::Differs } else { Role::Dim }
}

fn cut(text: &str, role: Role, world: &World, width: usize) -> Line<'static> {
    Line::styled(wrap::fit(text, width), world.theme.style(role))
}

/// A bar for each of two groups, as long as its share of what both use.
fn pair(seen: &Observation, world: &World, width: usize) -> Vec<Line<'static>> {
    let used = |fact| of(seen, fact).and_then(Value::number);
    let both: Vec<(Fact, i64, Option<i64>)> =
        PAIR.iter().filter_map(|(rate, weight)| Some((*rate, used(*rate)?, used(*weight)))).collect();
    let sum = both.iter().map(|(_, rate, _)| *rate).sum::<i64>().max(1);
    if both.len() < PAIR.len() {
        return Vec::new();
    }
    let bar = |(fact, rate, weight): &(Fact, i64, Option<i64>)| {
        let label = format!("{:<18}", fact.label(world.lang));
        let tail = weight.map_or_else(|| format!(" {rate}"), |weight| format!(" {rate}  ({weight})"));
        let room =
            i64::try_from(width.saturating_sub(label.chars().count() + tail.chars().count())).unwrap_or(0);
        let long = usize::try_from(room * rate / sum).unwrap_or(0);
        Line::from(vec![
            Span::styled(label, world.theme.style(Role::Plain)),
            Span::styled("█".repeat(long), world.theme.style(Role::Code)),
            Span::styled(tail, world.theme.style(Role::Dim)),
        ])
    };
    both.iter().map(bar).collect()
}

/// What is used of its limit, and its past, where a full column is the limit.
fn use_of(
    (used, limit, number): Gauge,
    seen: &Observation,
    view: View<'_>,
    world: &World,
    width: usize,
) -> Vec<Line<'static>> {
    let (Some(now), Some(Value::Text(most))) = (of(seen, used).and_then(Value::number), of(seen, limit))
    else {
        return Vec::new();
    };
    let last = most.rsplit(' ').next().unwrap_or_default().to_owned();
    let most_number = Amount::try_from(last).ok().and_then(|amount| number(&amount));
    let Some(most_number) = most_number else { return Vec::new() };
    let full = now >= most_number;
    let head = said(used, now, limit, most, world.lang);
    let past = spark::line(view.history.of(FactId::host(used)), Some(most_number), width.saturating_sub(2));
    let role = if full { Role::Bad } else { Role::Plain };
    vec![cut(&head, role, world, width), cut(&format!("  {past}"), Role::Code, world, width)]
}

/// `CPU used, % 24 · CPU limit 0.25`
fn said(used: Fact, now: i64, limit: Fact, most: &str, lang: Lang) -> String {
    format!("{} {now} · {} {most}", used.label(lang), limit.label(lang))
}

fn percent(amount: &Amount) -> Option<i64> {
    match amount {
        Amount::Thousandths(n) => i64::try_from(n / 10).ok(),
        Amount::Whole(n) => i64::try_from(n * 100).ok(),
        _ => None,
    }
}

fn mebibytes(amount: &Amount) -> Option<i64> {
    if let Amount::Bytes(n) = amount { i64::try_from(n >> 20).ok() } else { None }
}

fn kibibytes(amount: &Amount) -> Option<i64> {
    if let Amount::Bytes(n) = amount { i64::try_from(n >> 10).ok() } else { None }
}

fn whole(amount: &Amount) -> Option<i64> {
    if let Amount::Whole(n) = amount { i64::try_from(*n).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_hierarchies_of_version_1_take_one_line() {
        let of = |lines: &[&str]| hierarchies(&lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>());
        let legacy = ["cpu v1 legacy /sys/fs/cgroup/cpu/x", "memory v1 legacy /sys/fs/cgroup/memory/x"];
        assert_eq!(of(&legacy).as_deref(), Some("v1 legacy: cpu memory"));
        assert_eq!(of(&legacy[..1]), None, "one has room for its path");
        assert_eq!(of(&[legacy[0], "memory pids v2 /sys/fs/cgroup/x"]), None, "of both versions");
        assert_eq!(of(&[]), None);
    }
}
