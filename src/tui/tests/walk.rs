//! The way of a student through the screens.

use super::support::Bench;
use crate::{
    i18n::Lang,
    store::Entry,
    tui::{Theme, effect::Effect},
};

fn bench() -> Bench {
    Bench::new((80, 24), Lang::En, Theme::Mono)
}

#[test]
fn a_lesson_is_read_to_its_end_and_leads_to_its_lab() {
    let mut bench = bench();
    bench.sees("1. What isolation is").keys("<enter>").sees("A process in a box");
    bench.keys("<right><right>").sees("Question 1 of 1").keys("2").sees("Not so.").keys("1").sees("Right.");
    bench.keys("<enter>").sees("A name in a box");
    assert!(bench.effects.contains(&Effect::Remember(Entry::LessonDone { lesson: "isolation".into() })));
    bench.keys("<enter>");
    assert_eq!(bench.effects.last(), Some(&Effect::StartStage));
}
