//! The facts of one sight, host │ inside, in the order of the list, those that move by themselves too; below a number that
//! has moved, its past.

use ratatui::text::{Line, Span};

use super::{View, witness};
use crate::{
    i18n::t,
    lab::{
        fact::{Fact, FactId},
        sight::Sight,
    },
    tui::{model::World, theme::Role, widgets::spark},
};

/// Counters that only ever grow: how fast they do is drawn, since next to their height a second's growth is not seen.
const COUNTERS: [Fact; 6] =
    [Fact::CpuThrottledMs, Fact::IoWritten, Fact::Ticks, Fact::PsiCpu, Fact::PsiMemory, Fact::PsiIo];
/// A past is drawn of what has moved by more than one part in this many.
const SEEN: i64 = 20;

/// What a panel shows by itself already.
#[derive(Clone, Copy, Default)]
pub(super) struct Drawn<'a> {
    /// Facts that need no row.
    pub facts: &'a [Fact],
    /// Facts whose past stands elsewhere.
    pub pasts: &'a [Fact],
}

/// The lines of the panel: what changed in this step first; without what it shows otherwise.
pub(super) fn lines(
    sight: Sight,
    view: View<'_>,
    world: &World,
    (width, _): (usize, usize),
    drawn: Drawn<'_>,
) -> Vec<Line<'static>> {
    let mut rows = witness::rows_of(view.run, |fact| fact.shown_in(sight) && !drawn.facts.contains(&fact));
    rows.sort_by_key(|row| !row.changed());
    if rows.is_empty() {
        return vec![Line::styled(t(world.lang, "tui.lab.nothing_seen"), world.theme.style(Role::Dim))];
    }
    let columns = witness::Columns::of(width);
    let mut lines = vec![columns.head(world)];
    for row in &rows {
        lines.push(witness::line(row, false, columns, world));
        if !drawn.pasts.contains(&row.fact) {
            lines.extend(past(row.fact, view, world, width));
        }
    }
    lines
}

/// The past of a number that has moved: the subject's, or else the host's.
fn past(fact: Fact, view: View<'_>, world: &World, width: usize) -> Option<Line<'static>> {
    let moved = |id: &FactId| view.history.moved(*id);
    let id = [FactId::subject(fact), FactId::host(fact)].into_iter().find(moved)?;
    let drawn = drawn(fact, view.history.of(id))?;
    let text = spark::line(&drawn, None, width.saturating_sub(4));
    Some(Line::from(Span::styled(format!("    {text}"), world.theme.style(Role::Code))))
}

/// What is drawn of a past; none where nothing would be seen to move.
fn drawn(fact: Fact, numbers: &[i64]) -> Option<Vec<i64>> {
    let drawn = if COUNTERS.contains(&fact) { growth(numbers) } else { numbers.to_vec() };
    let (least, most) = (drawn.iter().min()?, drawn.iter().max()?);
    (most > least && most.saturating_sub(*least).saturating_mul(SEEN) >= *most).then_some(drawn)
}

/// From look to look.
fn growth(numbers: &[i64]) -> Vec<i64> {
    numbers.windows(2).filter_map(|pair| Some(pair.last()?.saturating_sub(*pair.first()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_counter_its_pace_is_drawn_and_of_the_rest_only_what_is_seen_to_move() {
        assert_eq!(drawn(Fact::PsiCpu, &[7_000_000, 7_000_000, 7_000_100]), Some(vec![0, 100]));
        assert_eq!(drawn(Fact::PsiCpu, &[7_000_000, 7_000_100, 7_000_200]), None, "a steady pace");
        assert_eq!(drawn(Fact::DiskFree, &[33_213, 33_218]), None, "a disk that others write to");
        assert_eq!(drawn(Fact::MemoryCurrent, &[1, 64]), Some(vec![1, 64]));
        assert_eq!(drawn(Fact::PsiCpu, &[]), None);
    }
}
