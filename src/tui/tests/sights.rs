//! Labs that look at more than the walls: their panel stands where the witness stands in others.

use super::{
    snapshots::{picture_of_sight, settings, snapshot},
    stage::{acted, with_limits, with_rights},
    support::Bench,
};
use crate::{i18n::Lang, tui::Theme};

const SIGHTS: [(&str, &str); 4] =
    [("limits", "Limits"), ("layers", "Layers"), ("rights", "Rights"), ("dial", "Dial")];

#[test]
fn every_sight_has_a_panel() {
    let _bound = settings();
    for (sight, _) in SIGHTS {
        for lang in Lang::ALL {
            snapshot(&format!("sight_{sight}"), lang, |size| {
                picture_of_sight(sight, |b| b.in_lab().keys("<enter>").says(acted()), size, lang)
            });
        }
    }
}

#[test]
fn rights_are_marked_on_both_sides() {
    let _bound = settings();
    for lang in Lang::ALL {
        snapshot("rights", lang, |size| {
            picture_of_sight("rights", |b| b.in_lab().keys("<enter>").says(with_rights()), size, lang)
        });
    }
}

#[test]
fn the_witness_is_one_tab_further_and_shows_what_changed_or_was_asked() {
    for (sight, title) in SIGHTS {
        let mut bench = Bench::looking_at(sight, (120, 40), Lang::En, Theme::Mono);
        bench
            .in_lab()
            .sees(&format!("[{title}] Witness"))
            .keys("<tab>")
            .sees(&format!("▸ [{title}] Witness"));
        bench.keys("<down><up><pgdn><end>").keys("<tab>").sees(&format!("▸ {title} [Witness]"));
        bench.sees("= host name");
        assert!(!bench.screen().contains("boot id"), "{sight}: a row that nobody asked for");
        bench.keys("<backtab><backtab><enter>").says(acted()).sees(&format!("[{title}] Witness"));
        bench.keys("<tab><tab>").sees("▲ host name");
    }
}

#[test]
fn limits_show_the_tree_what_is_used_and_two_groups_side_by_side() {
    let mut bench = Bench::looking_at("limits", (200, 50), Lang::En, Theme::Mono);
    bench.in_lab().keys("<enter>").says(with_limits());
    for said in [
        "memory v1 legacy /sys/fs/cgroup/memory/korobka-7-box",
        "├─ box: 12 korobka, 13 eater",
        "└─ left: 14 burner",
        "memory, MiB 48 · memory limit 64M",
        "CPU used, % 24 · CPU limit 0.25",
        " 75  (300)",
        "killed for memory",
    ] {
        bench.sees(said);
    }
    let bar = |name: &str| {
        let screen = bench.screen();
        let line = screen.lines().find(|line| line.contains(name)).unwrap_or_default();
        line.chars().filter(|c| *c == '█').count()
    };
    let (left, right) = (bar("CPU of left, %"), bar("CPU of right, %"));
    assert!(left > 0 && right >= left * 3 - 3 && right <= left * 3 + 3, "{left} {right}");
}
