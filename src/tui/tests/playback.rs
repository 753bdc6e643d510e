//! Recorded runs on the screen: RECORDED, why, and where, all the while.

use super::{
    snapshots::{SIZES, in_themes, settings, snapshot},
    stage::{acted, bare, named, ready, refused},
    support::{Bench, course},
};
use crate::{
    i18n::Lang,
    lab::{
        observation::Whose,
        recording::{FORMAT, Header, Moment, Recorder, Recording, edition},
        run::Acted,
    },
    stage::protocol::{Event, Request},
    tui::{self, Theme, effect::Effect, place::Place},
};

/// The lab of the small course, recorded as root.
fn recording() -> Recording {
    let lab = course().lab("isolation").expect("a lab").load().expect("good");
    let header = Header {
        recording: FORMAT,
        lab: lab.id.clone(),
        edition: edition(&lab),
        kernel: "6.1.0-28-amd64".into(),
        cgroup: "v2".into(),
        root: true,
        date: "2026-11-23".into(),
    };
    let Event::Acted { before, after, traces, failure } = acted() else { panic!("it was acted") };
    let (mut recorder, first) = Recorder::new(&header, "/box");
    let opened = recorder.line(1, "uts", Moment::Opened(bare()));
    let acted = recorder.line(2, "uts", Moment::Acted(Acted { before, after, traces, failure }));
    Recording::parse(&format!("{first}\n{opened}\n{acted}\n")).expect("a recording")
}

fn found(lab: &str, _: &str) -> Option<Recording> {
    (lab == "isolation").then(recording)
}

/// A bench whose program has a recording of its lab.
fn with_recording(size: (u16, u16), lang: Lang, theme: Theme) -> Bench {
    let mut bench = Bench::new(size, lang, theme);
    bench.model.world.recorded = found;
    bench
}

/// A bench on which a file is played.
fn of_file(size: (u16, u16), lang: Lang, theme: Theme) -> Bench {
    let mut bench = Bench::new(size, lang, theme);
    bench.model.replay(recording());
    let effects = tui::go_to(&mut bench.model, Place::Lab("isolation".into(), None));
    bench.effects.extend(effects);
    bench
}

fn bench() -> Bench {
    with_recording((120, 40), Lang::En, Theme::Mono)
}

#[test]
fn the_face_of_a_recording() {
    let _bound = settings();
    assert_eq!(SIZES.len(), 3);
    for lang in Lang::ALL {
        snapshot("recorded_step", lang, |size| {
            in_themes(|theme| {
                let mut bench = with_recording(size, lang, theme);
                bench.in_lab().keys("<down><space><enter>").says(refused()).keys("v").buffer()
            })
        });
        snapshot("recorded_file", lang, |size| {
            in_themes(|theme| of_file(size, lang, theme).keys("<down><space>").buffer())
        });
    }
}

#[test]
fn a_step_that_cannot_be_done_here_is_shown_as_recorded_and_leads_back() {
    let mut bench = bench();
    bench
        .in_lab()
        .keys("v")
        .keys("<down><space>2<enter>")
        .says(refused())
        .sees("Press Enter or v")
        .sees("LIVE");
    let before = bench.effects.len();
    bench.keys("v").sees("RECORDED. This machine cannot").sees("Linux 6.1.0-28-amd64, cgroup v2, as root");
    bench.sees("✓ Passed").sees("Your prediction: 2 of 3 right").keys("sSxcur!<tab><enter>");
    assert!(!bench.screen().contains(" LIVE"));
    assert_eq!(bench.effects.len(), before, "nothing is asked of the stage, nothing is remembered");
    bench.keys("<backtab>").says(Event::Observed { whose: Whose::Subject, observation: named() });
    bench.sees("RECORDED").keys("<esc>").sees("LIVE").sees("This machine does not allow it");
    bench.keys("v").sees("RECORDED").keys("v").sees("LIVE").keys("v<enter><enter>").sees("✓ 1");
    bench.keys("<enter>").sees("LIVE").sees("Steps passed: 0 of 1");
}

#[test]
fn enter_alone_leads_through_a_step_that_cannot_be_done_here() {
    let mut bench = bench();
    bench.in_lab().keys("<enter>").says(refused()).sees("Enter recorded");
    bench.keys("<enter>").sees("RECORDED").sees("✓ Passed").keys("<enter><enter><enter>");
    bench.sees("LIVE").sees("Steps passed: 0 of 1");
}

#[test]
fn what_happens_to_the_live_process_meanwhile_is_seen() {
    let mut bench = bench();
    bench.in_lab().keys("<enter>").says(refused()).keys("v").sees("RECORDED");
    bench.says(Event::SubjectGone { signal: Some(9) }).sees("LIVE").sees("killed by signal 9");
}

#[test]
fn a_file_is_played_without_a_stage() {
    let mut bench = of_file((80, 24), Lang::En, Theme::Mono);
    bench.sees("RECORDED. You asked").sees("Which rows will change?").keys("<enter>").sees("✓ Passed");
    bench
        .keys("<enter><enter>")
        .sees("✓ 1")
        .keys("<enter>")
        .sees("through the whole")
        .keys("u")
        .sees("Which rows");
    let asks =
        |effect: &Effect| matches!(effect, Effect::StartStage | Effect::Ask(_) | Effect::OpenShell { .. });
    assert!(!bench.effects.iter().any(asks), "{:?}", bench.effects);
    let done = |effect: &Effect| format!("{effect:?}").contains("StepPassed");
    assert!(!bench.effects.iter().any(done), "what was recorded was not done here");
    bench.keys("s").sees("RECORDED").keys("<esc>").sees("a glass box");
}

#[test]
fn what_the_stage_says_is_written_down_with_its_step() {
    let mut bench = bench();
    bench.model.tape();
    bench.in_lab().keys("<enter>").says(acted());
    let tapes: Vec<_> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Tape { step, acting, event } => Some((step.as_str(), *acting, &**event)),
            _ => None,
        })
        .collect();
    assert_eq!(tapes.len(), 3);
    assert_eq!(tapes[0], ("uts", false, &ready(1000)));
    assert_eq!(tapes[2], ("uts", true, &acted()));
    assert!(bench.effects.iter().any(|effect| matches!(effect, Effect::Ask(Request::Watch { .. }))));
    bench.send(tui::message::Msg::TapeLost("no space".into())).sees("no space").keys("<esc>");
    let before = bench.effects.len();
    bench.says(Event::Observed { whose: Whose::Subject, observation: named() });
    assert_eq!(bench.effects.len(), before);
}
