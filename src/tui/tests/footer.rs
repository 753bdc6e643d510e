//! What the last row says is true, and the mouse does what the keys do.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{
    stage::acted,
    support::{Bench, text},
};
use crate::{
    i18n::Lang,
    tui::{Theme, message::Msg, tests::snapshots::SCREENS},
};

fn bench() -> Bench {
    Bench::new((80, 24), Lang::En, Theme::Mono)
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Msg {
    Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

fn press(bench: &mut Bench, column: u16, row: u16) -> &mut Bench {
    bench.send(mouse(MouseEventKind::Down(MouseButton::Left), column, row))
}

/// Where a text stands on the screen.
fn place(bench: &Bench, what: &str) -> (u16, u16) {
    let screen = text(&bench.buffer());
    let found = screen.lines().enumerate().find_map(|(row, line)| {
        let at = line.find(what)?;
        Some((line.get(..at)?.chars().count(), row))
    });
    let (column, row) = found.unwrap_or_else(|| panic!("{what:?} is not on the screen:\n{screen}"));
    (u16::try_from(column).expect("a column"), u16::try_from(row).expect("a row"))
}

/// Every key in the last row of every screen does something: the screen or the effects are others afterwards.
#[test]
fn every_key_that_is_shown_does_something() {
    for (name, script) in SCREENS {
        let shown = || {
            let mut bench = bench();
            script(&mut bench);
            bench
        };
        let before = shown().screen();
        let last = before.lines().last().unwrap_or_default();
        for item in last.trim().split("  ").filter(|item| !item.is_empty()) {
            let mut bench = shown();
            let effects = bench.effects.len();
            let (column, row) = (place(&bench, item).0, 23);
            press(&mut bench, column, row);
            let idle = bench.screen() == before && bench.effects.len() == effects;
            // a list of one row cannot move, a text that ends here cannot scroll
            let still = item.starts_with('↑') || item.starts_with('↓');
            assert!(!idle || still, "{name}: {item:?} does nothing\n{before}");
        }
    }
}

#[test]
fn the_way_back_and_the_help_are_always_shown() {
    for (name, script) in SCREENS {
        for lang in Lang::ALL {
            let mut bench = Bench::new((60, 20), lang, Theme::Mono);
            script(&mut bench);
            let screen = bench.screen();
            let last = screen.lines().last().unwrap_or_default();
            let ways = ["Esc", "q ", "^\\"];
            assert!(ways.iter().any(|way| last.contains(way)), "{name}: {last}");
        }
    }
}

#[test]
fn clicks_select_tick_focus_and_open() {
    let mut bench = bench();
    let (column, row) = place(&bench, "lab: A name");
    press(&mut bench, column, row).sees("▸      lab:");
    bench.keys("<up>").in_lab();
    let (column, row) = place(&bench, "[ ] host name · host");
    press(&mut bench, column, row).sees("[x] host name · host");
    let (column, row) = place(&bench, "= PID namespace");
    press(&mut bench, column, row).sees("▸ [Witness]").keys("<enter>").sees("PID namespace · inside");
    bench.keys("<esc>");
    let (column, row) = place(&bench, "▸ [Witness]");
    press(&mut bench, column, row).sees("[Calls]");
}

#[test]
fn the_wheel_scrolls_what_is_below_it() {
    let mut bench = bench();
    bench.in_lab().keys("<enter>").says(acted());
    let before = bench.screen();
    for _ in 0..30 {
        bench.send(mouse(MouseEventKind::ScrollDown, 70, 10));
    }
    assert_ne!(bench.screen(), before);
    bench.sees("boot id").sees("▸ [Witness]");
}
