//! The panes of the lab: where they are, which one has the keys, how far each is scrolled.

use ratatui::layout::Rect;

use crate::lab::sight::Sight;

/// Columns from which the text and the panels stand side by side.
pub(crate) const SIDE_BY_SIDE: u16 = 76;

/// A pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pane {
    /// What the student is told and asked.
    Text,
    /// What the lab looks at above all: limits, layers, rights, the dial.
    Sight(Sight),
    /// Host │ inside.
    Witness,
    /// The three notations.
    Traces,
    /// The processes of both sides.
    Processes,
    /// The student's shell.
    Shell,
}

impl Pane {
    /// The key of its title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Text => "tui.lab.text",
            Self::Sight(Sight::Limits) => "tui.lab.limits",
            Self::Sight(Sight::Layers) => "tui.lab.layers",
            Self::Sight(Sight::Rights) => "tui.lab.rights",
            Self::Sight(Sight::Dial) => "tui.lab.dial",
            Self::Witness | Self::Sight(Sight::Walls) => "tui.lab.witness",
            Self::Traces => "tui.lab.traces",
            Self::Processes => "tui.lab.processes",
            Self::Shell => "tui.lab.shell",
        }
    }
}

/// A place on the screen and the panes that share it; the one that was focused last is seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub area: Rect,
    pub panes: Vec<Pane>,
    pub seen: Pane,
}

/// The state of all panes.
#[derive(Debug)]
pub(crate) struct Panes {
    /// What has a pane of its own.
    sights: Vec<Sight>,
    /// All panes, the one that was focused last in front.
    recent: Vec<Pane>,
    /// Whether the focused one has the whole screen.
    pub zoom: bool,
    /// Width of the text pane, in percent.
    percent: u16,
    pub text_scroll: usize,
    pub trace_scroll: usize,
    pub process_scroll: usize,
    pub sight_scroll: usize,
    /// The selected row of the witness panel.
    pub row: usize,
}

impl Panes {
    /// The panes of a lab that looks at these; the walls are the witness's.
    pub(crate) fn new(sights: &[Sight]) -> Self {
        let sights: Vec<_> = sights.iter().copied().filter(|sight| *sight != Sight::Walls).collect();
        let mut recent = vec![Pane::Text];
        recent.extend(sights.iter().copied().map(Pane::Sight));
        recent.extend([Pane::Witness, Pane::Traces, Pane::Processes, Pane::Shell]);
        Self {
            sights,
            recent,
            zoom: false,
            percent: 44,
            text_scroll: 0,
            trace_scroll: 0,
            process_scroll: 0,
            sight_scroll: 0,
            row: 0,
        }
    }

    /// The pane that has the keys.
    pub(crate) fn focus(&self) -> Pane {
        self.recent.first().copied().unwrap_or(Pane::Text)
    }

    pub(crate) fn set_focus(&mut self, pane: Pane) {
        self.recent.retain(|p| *p != pane);
        self.recent.insert(0, pane);
    }

    /// Focuses the next pane, or the one before.
    pub(crate) fn cycle(&mut self, by: isize, shell: bool) {
        let order = self.order(shell);
        let at = order.iter().position(|p| *p == self.focus()).unwrap_or_default().cast_signed();
        let next = (at + by).rem_euclid(order.len().cast_signed()).cast_unsigned();
        if let Some(pane) = order.get(next) {
            self.set_focus(*pane);
        }
    }

    /// Widens the text pane by so many percent.
    pub(crate) fn resize(&mut self, by: i16) {
        self.percent = self.percent.saturating_add_signed(by).clamp(25, 75);
    }

    /// A step begins: everything is shown from its top.
    pub(crate) const fn begin(&mut self) {
        self.text_scroll = 0;
        self.trace_scroll = 0;
        self.sight_scroll = 0;
        self.row = 0;
    }

    /// Where everything is. The shell has a place only while there is one.
    pub(crate) fn slots(&self, area: Rect, shell: bool) -> Vec<Slot> {
        if self.zoom {
            return vec![self.slot(area, self.order(shell))];
        }
        let share = if area.width >= 150 { self.percent * 3 / 4 } else { self.percent };
        // side by side, neither would have room for a word
        let (left, rest) =
            if area.width < SIDE_BY_SIDE { split_rows(area, 50) } else { split_columns(area, share) };
        let mut slots = vec![self.slot(left, vec![Pane::Text])];
        if area.width >= 150 {
            let (middle, right) = split_columns(rest, 50);
            slots.push(self.slot(middle, self.views()));
            self.stack(right, vec![Pane::Traces, Pane::Processes], shell.then_some(Pane::Shell), &mut slots);
        } else if area.height >= 30 {
            let (upper, lower) = split_rows(rest, 55);
            slots.push(self.slot(upper, self.views()));
            slots.push(self.slot(lower, lists(shell)));
        } else {
            let all = self.views().into_iter().chain(lists(shell)).collect();
            slots.push(self.slot(rest, all));
        }
        slots
    }

    /// Panes one below the other; the last one, if any, gets half.
    fn stack(&self, area: Rect, panes: Vec<Pane>, last: Option<Pane>, slots: &mut Vec<Slot>) {
        let (upper, lower) = split_rows(area, if last.is_some() { 45 } else { 60 });
        if let Some(last) = last {
            slots.push(self.slot(upper, panes));
            slots.push(self.slot(lower, vec![last]));
        } else {
            slots.push(self.slot(upper, vec![Pane::Traces]));
            slots.push(self.slot(lower, vec![Pane::Processes]));
        }
    }

    /// What shows the observation: the lab's own view in front of the witness.
    fn views(&self) -> Vec<Pane> {
        self.sights.iter().copied().map(Pane::Sight).chain([Pane::Witness]).collect()
    }

    fn order(&self, shell: bool) -> Vec<Pane> {
        [Pane::Text].into_iter().chain(self.views()).chain(lists(shell)).collect()
    }

    fn slot(&self, area: Rect, panes: Vec<Pane>) -> Slot {
        let seen = self.recent.iter().copied().find(|p| panes.contains(p)).unwrap_or(Pane::Text);
        Slot { area, panes, seen }
    }
}

fn lists(shell: bool) -> Vec<Pane> {
    [Pane::Traces, Pane::Processes].into_iter().chain(shell.then_some(Pane::Shell)).collect()
}

fn split_columns(area: Rect, percent: u16) -> (Rect, Rect) {
    let width = (u32::from(area.width) * u32::from(percent) / 100) as u16;
    (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
}

fn split_rows(area: Rect, percent: u16) -> (Rect, Rect) {
    let height = (u32::from(area.height) * u32::from(percent) / 100) as u16;
    (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
}

/// What is inside the frame of a slot; text is set off from it by a column.
pub(crate) fn inner(area: Rect, pane: Pane) -> Rect {
    let gap = u16::from(pane == Pane::Text);
    Rect {
        x: area.x + 1 + gap,
        y: area.y + 1,
        width: area.width.saturating_sub(2 + gap),
        height: area.height.saturating_sub(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pane_is_reached_and_seen_at_every_size() {
        for (width, height) in [(60, 18), (80, 22), (120, 38), (160, 43), (200, 48)] {
            let area = Rect::new(0, 1, width, height);
            let mut panes = Panes::new(&[Sight::Walls, Sight::Limits, Sight::Dial]);
            for _ in 0..7 {
                let slots = panes.slots(area, true);
                assert!(slots.iter().any(|slot| slot.seen == panes.focus()), "{width}×{height} {panes:?}");
                let cells: u32 = slots.iter().map(|slot| slot.area.area()).sum();
                assert_eq!(cells, area.area(), "{width}×{height}: panes cover the area");
                panes.cycle(1, true);
            }
            assert_eq!(panes.focus(), Pane::Text);
        }
    }

    #[test]
    fn the_labs_own_view_stands_in_front_of_the_witness() {
        for (width, height) in [(80, 22), (120, 38), (200, 48)] {
            let mut panes = Panes::new(&[Sight::Limits]);
            let area = Rect::new(0, 1, width, height);
            let seen = |panes: &Panes, pane| panes.slots(area, false).iter().any(|slot| slot.seen == pane);
            assert!(seen(&panes, Pane::Sight(Sight::Limits)) && !seen(&panes, Pane::Witness));
            panes.cycle(1, false);
            panes.cycle(1, false);
            assert_eq!(panes.focus(), Pane::Witness);
            assert!(seen(&panes, Pane::Witness) && !seen(&panes, Pane::Sight(Sight::Limits)));
        }
    }
}
