//! Trying things outside of the steps.

use super::{
    snapshots::{picture_of_lab, settings, snapshot},
    stage::{acted, bare, named, ready, refused},
    support::Bench,
};
use crate::{
    i18n::Lang,
    lab::{action::Action, sight::Sight},
    stage::protocol::{Event, Request},
    tui::{Theme, effect::Effect},
};

const LAB: &str = r#"
sights = ["limits"]

[[control]]
id = "name"
key = "n"
label = { ru = "сменить имя", en = "change the name" }
action = { do = "set-hostname" }
[control.field]
name = "name"
label = { ru = "Новое имя", en = "The new name" }
default = "other"
kind = "text"

[[control]]
id = "fork"
key = "f"
label = { ru = "породить процесс", en = "fork" }
action = { do = "clone" }

[[control]]
id = "offset"
label = { ru = "сдвинуть часы", en = "shift the clock" }
action = { do = "time-offset" }
field = { name = "boottime", label = { ru = "На сколько секунд", en = "By how many seconds" }, default = "60", kind = "number" }
"#;

fn bench() -> Bench {
    let mut bench = Bench::of_lab(LAB, (80, 24), Lang::En, Theme::Mono);
    bench.in_lab();
    bench
}

/// The calls of [`acted`], which changed nothing.
fn in_vain() -> Event {
    match acted() {
        Event::Acted { before, traces, failure, .. } => {
            Event::Acted { after: before.clone(), before, traces, failure }
        }
        other => other,
    }
}

/// The last thing asked of the stage.
fn asked(bench: &Bench) -> &Request {
    let asked = bench.effects.iter().rev().find_map(|effect| match effect {
        Effect::Ask(request) => Some(request),
        _ => None,
    });
    asked.expect("something was asked")
}

fn renamed(name: &str) -> Action {
    Action::SetHostname { name: name.to_owned().try_into().expect("a name") }
}

#[test]
fn the_list_its_field_and_what_came_of_it() {
    let _bound = settings();
    for lang in Lang::ALL {
        let picture = |name: &str, script| {
            snapshot(name, lang, |size| picture_of_lab(LAB, script, size, lang));
        };
        picture("controls_list", |b| b.in_lab().keys("c<down>"));
        picture("controls_field", |b| b.in_lab().keys("cntwo words<enter>"));
        picture("controls_tried", |b| {
            b.in_lab().keys("<enter>").says(acted()).keys("cnbox<enter>").says(acted())
        });
        picture("controls_refused", |b| b.in_lab().keys("cf").says(refused()));
        picture("controls_calls", |b| {
            b.in_lab()
                .keys("cf")
                .says(in_vain())
                .keys("n<enter>")
                .says(refused())
                .keys("<esc><tab><tab><tab><pgdn>")
        });
    }
}

#[test]
fn a_control_is_tried_by_its_key_or_from_the_list_and_the_step_is_as_it_was() {
    let mut bench = bench();
    bench.sees("c try").keys("c").sees("▸ n  change the name").keys("n").sees("The new name").sees("other");
    bench.keys("<enter>");
    assert_eq!(asked(&bench), &Request::Act { actions: vec![renamed("other")] });
    bench.says(in_vain());
    bench.sees("✓ change the name: other").keys("<down><enter>");
    assert_eq!(asked(&bench), &Request::Act { actions: vec![Action::Clone { ns: Vec::new() }] });
    bench.keys("<enter>n");
    assert!(!bench.screen().contains("The new name"), "one thing at a time");
    bench.says(refused()).sees("✗ fork").sees("EPERM").keys("<esc>").sees("Which rows will change?");
    bench.keys("<enter>").sees("Acting…").says(acted()).sees("✓ Passed");
}

#[test]
fn what_does_not_fit_is_said_in_place_and_can_be_mended() {
    let mut bench = bench();
    bench
        .keys("c<down><down><enter>")
        .sees("By how many seconds")
        .keys("1x<enter>")
        .sees("not what is asked for");
    let before = bench.effects.len();
    bench.keys("<bs>").sees("> 1▏").keys("0<enter>");
    assert!(!bench.screen().contains("not what is asked for"));
    assert_eq!(bench.effects.len(), before + 1);
    assert_eq!(asked(&bench), &Request::Act { actions: vec![Action::TimeOffset { boottime: 10 }] });
    bench
        .says(refused())
        .keys("n-bad-<enter>")
        .sees("This value will not do")
        .keys("<esc>")
        .sees("▸ n  change");
    bench.keys("<esc>").sees("Enter act");
}

#[test]
fn undo_takes_try_outs_back_before_the_step_and_reset_forgets_them() {
    let mut bench = bench();
    let open = |replay: Vec<Action>| Request::Open { replay, sights: vec![Sight::Limits] };
    bench.keys("<enter>").says(acted()).keys("cnone<enter>").says(acted()).keys("ntwo<enter>").says(acted());
    let step = [Action::Unshare { ns: vec![crate::lab::namespace::Namespace::Uts] }, renamed("korobka")];
    bench.keys("u");
    assert_eq!(asked(&bench), &open([&step[..], &[renamed("one")]].concat()));
    bench.says(Event::Opened { observation: named() }).sees("✓ change the name: one").keys("u");
    assert_eq!(asked(&bench), &open(step.to_vec()));
    bench.says(Event::Opened { observation: named() }).keys("<esc>").sees("✓ Passed").keys("u");
    assert_eq!(asked(&bench), &open(Vec::new()));
    bench.says(Event::Opened { observation: bare() }).keys("cnthree<enter>");
    bench.says(in_vain()).keys("<esc>r");
    bench.says(Event::Opened { observation: bare() }).keys("u");
    assert_eq!(asked(&bench), &open(Vec::new()), "nothing was left to take back");
}

#[test]
fn a_try_out_that_does_what_the_step_asks_for_passes_it() {
    let mut bench = bench();
    bench.keys("cnkorobka<enter>").says(acted()).sees("✓ Passed").sees("Enter why?");
}

#[test]
fn the_list_closes_when_the_process_is_gone_and_a_lab_without_controls_offers_none() {
    let mut bench = bench();
    bench.keys("c").says(Event::SubjectGone { signal: Some(9) }).sees("killed by signal 9");
    let mut none = Bench::new((120, 40), Lang::En, Theme::Mono);
    none.in_lab();
    let before = none.screen();
    none.keys("c");
    assert_eq!(none.screen(), before);
    assert!(!before.contains("c try"));
    none.says(ready(1000));
}
