//! The X-ray of layers, after a step that appended to one file of the image, deleted another and replaced a directory.

use super::{
    snapshots::{picture_of_sight, settings, snapshot},
    stage::bare,
    support::Bench,
};
use crate::{
    i18n::Lang,
    lab::{
        fact::{Fact, FactId},
        observation::{Observation, Value},
        trace::{Actor, Trace},
    },
    stage::protocol::Event,
    tui::Theme,
};

const LOWER1: &[&str] = &[
    "dir 0755 2 0 0:50:2 etc",
    "dir 0755 2 0 0:50:3 etc/app",
    "file 0644 1 2 0:50:4 etc/app/a.conf",
    "file 0644 1 8 0:50:5 etc/motd",
    "file 0644 1 5 0:50:6 etc/release",
    "dir 0755 2 0 0:50:7 opt",
    "file 0644 1 67108864 0:50:8 opt/model.bin",
];
const LOWER2: &[&str] = &["dir 0755 2 0 0:50:9 etc", "file 0644 1 4 0:50:10 etc/motd"];
const MERGED: &[&str] = &[
    "dir 0755 2 0 0:51:2 etc",
    "dir 0755 2 0 0:51:3 etc/app",
    "file 0644 1 2 0:51:4 etc/app/a.conf",
    "file 0644 1 4 0:51:10 etc/motd",
    "file 0644 1 5 0:51:6 etc/release",
    "dir 0755 2 0 0:51:7 opt",
    "file 0644 1 67108864 0:51:8 opt/model.bin",
];

fn lines(lines: &[&str]) -> Value {
    Value::List(lines.iter().map(|line| (*line).to_owned()).collect())
}

fn with(facts: &[(Fact, Value)]) -> Observation {
    let mut seen = bare();
    let facts = facts.iter().map(|(fact, value)| (FactId::subject(*fact), value.clone()));
    seen.facts.extend(facts);
    seen
}

/// The layers as they were mounted.
fn mounted() -> Observation {
    with(&[
        (
            Fact::OverlayMount,
            lines(&["lowerdir=lower2:lower1", "upperdir=upper", "workdir=work", "userxattr"]),
        ),
        (Fact::OverlaySecond, Value::Text("no".into())),
        (Fact::OverlayVolumeMount, Value::Text("no".into())),
        (Fact::OverlayLower1, lines(LOWER1)),
        (Fact::OverlayLower2, lines(LOWER2)),
        (Fact::OverlayUpper, lines(&[])),
        (Fact::OverlayMerged, lines(MERGED)),
        (Fact::OverlayDiff, lines(&[])),
        (Fact::OverlayUpperBytes, Value::Number(0)),
    ])
}

/// The same after the step, with a volume and a second box.
fn worked() -> Observation {
    let mut seen = mounted();
    let upper: &[&str] = &[
        "dir 0755 2 0 0:50:20 etc",
        "opaque 0755 2 0 0:50:21 etc/app",
        "whiteout 0000 2 0 0:50:22 etc/release",
        "dir 0755 2 0 0:50:23 opt",
        "file 0644 1 67108870 0:50:24 opt/model.bin",
    ];
    let merged: Vec<&str> = MERGED
        .iter()
        .filter(|line| !line.ends_with("release") && !line.ends_with("a.conf"))
        .map(
            |line| {
                if line.ends_with("model.bin") { "file 0644 1 67108870 0:51:8 opt/model.bin" } else { line }
            },
        )
        .collect();
    let second = lines(&["lowerdir=lower2:lower1", "upperdir=upper2", "workdir=work2", "userxattr"]);
    seen.facts.extend(
        with(&[
            (Fact::OverlayUpper, lines(upper)),
            (Fact::OverlayMerged, lines(&merged)),
            (Fact::OverlayDiff, lines(&["C /etc", "D /etc/app", "D /etc/release", "C /opt/model.bin"])),
            (Fact::OverlayInodes, lines(&["opt/model.bin 0:50:8 > 0:50:24, 0:51:8"])),
            (Fact::OverlayUpperBytes, Value::Number(67_108_870)),
            (Fact::OverlayVolumeMount, Value::Text("ro".into())),
            (Fact::OverlayVolume, lines(&["db"])),
            (Fact::OverlaySecond, second),
            (Fact::OverlayUpper2, lines(&[])),
            (Fact::OverlayPagesMapped, Value::Number(128)),
            (Fact::OverlayPagesHeld, Value::Number(64)),
        ])
        .facts,
    );
    seen
}

fn acted() -> Event {
    let trace = Trace {
        actor: Actor::Subject,
        call: "openat".into(),
        args: vec!["\"merged/opt/model.bin\"".into(), "O_WRONLY|O_APPEND".into()],
        result: 0,
        errno: None,
        us: 31_240,
    };
    Event::Acted { before: mounted(), after: worked(), traces: vec![trace], failure: None }
}

#[test]
fn what_was_copied_up_hidden_and_replaced_stands_beside_what_it_copies_and_hides() {
    let _bound = settings();
    for lang in Lang::ALL {
        snapshot("layers", lang, |size| {
            picture_of_sight("layers", |b| b.in_lab().keys("<enter>").says(acted()), size, lang)
        });
    }
}

#[test]
fn beside_the_step_a_tree_has_a_column_and_a_change_has_a_mark() {
    let mut bench = Bench::looking_at("layers", (120, 40), Lang::En, Theme::Mono);
    bench.in_lab().keys("<enter>").says(acted());
    for text in ["lower1", "merged", "▲   release", "✗ 0,0", "⊘dir", "●64.0M", "31.24 ms", "D /etc/release"]
    {
        bench.sees(text);
    }
}
