//! The way of a student through the screens, key by key.

use crossterm::event::KeyCode;

use super::{
    stage::{acted, bare, by_hand, by_hand_half, ready, refused, undelegated},
    support::Bench,
};
use crate::{
    i18n::Lang,
    lab::{sight::Sight, trace::Failure},
    stage::protocol::{Event, Request, ShellPlace},
    store::{Entry, Progress},
    tui::{Theme, effect::Effect, message::Msg},
};

fn bench() -> Bench {
    Bench::new((80, 24), Lang::En, Theme::Mono)
}

#[test]
fn a_lesson_is_read_to_its_end_and_leads_to_its_lab() {
    let mut bench = bench();
    bench.sees("1. What isolation is").keys("<enter>").sees("A process in a box");
    bench.keys("<right><right>").sees("Question 1 of 1").keys("2").sees("Not so.");
    bench.keys("<enter>").sees("▸ ○ 1").keys("<enter>").sees("Right.");
    bench.keys("<enter>").sees("Right at the first try: 0 of 1").keys("<left>");
    bench.keys("<enter>").sees("A name in a box");
    assert!(bench.effects.contains(&Effect::Remember(Entry::LessonDone { lesson: "isolation".into() })));
    bench.keys("<enter>");
    assert_eq!(bench.effects.last(), Some(&Effect::StartStage));
}

#[test]
fn a_link_leads_to_the_lab_and_leaving_it_ends_the_stage() {
    let mut bench = bench();
    bench.keys("<enter><tab>").sees("Enter follow").keys("<enter>").sees("https://man7.org").keys("<esc>");
    bench.keys("<tab><enter>").sees("STARTING");
    assert_eq!(bench.effects.last(), Some(&Effect::StartStage));
    bench.keys("q").sees("a glass box");
    assert_eq!(bench.effects.last(), Some(&Effect::StopStage));
}

#[test]
fn searching_goes_from_hit_to_hit_and_wraps_around() {
    let mut bench = bench();
    bench.keys("<enter>/UTS").sees("/UTS").sees("1 of 2").sees("Three languages");
    bench.keys("<enter>n").sees("2 of 2").keys("n").sees("1 of 2").keys("N").sees("2 of 2");
    bench.keys("/zzz").sees("0 of 0").keys("<esc>").sees("Esc course");
    bench.keys("/UTS<enter>").sees("Esc back").keys("<esc>").sees("Esc course").sees("Three languages");
}

#[test]
fn home_continues_where_the_student_was() {
    let mut progress = Progress::default();
    progress.apply(&Entry::PageRead { lesson: "isolation".into(), page: 1, pages: 2 });
    let mut bench = Bench::with((80, 24), Lang::En, Theme::Mono, progress.clone());
    bench.sees("Welcome back").keys("<enter>").sees("Three languages");
    bench.keys("<right><right>").sees("A name in a box");
    assert!(!bench.screen().contains("first try"), "nothing was answered in this sitting");
    progress.apply(&Entry::LessonDone { lesson: "isolation".into() });
    let mut read = Bench::with((80, 24), Lang::En, Theme::Mono, progress.clone());
    read.sees("Welcome back");
    progress.labs.entry("isolation".into()).or_default().insert("uts".into());
    Bench::with((80, 24), Lang::En, Theme::Mono, progress).sees("You have been through everything");
}

#[test]
fn the_language_changes_in_place_on_every_screen() {
    let mut bench = bench();
    bench.keys("<enter><right>L").sees("Три языка").keys("L").sees("Three languages");
    bench.keys("<esc><down>").in_lab_here().keys("L").sees("Какие строки изменятся?").sees("ВЖИВУЮ");
    bench.keys("?L").sees("Keys").keys("<esc>").sees("Which rows will change?");
}

impl Bench {
    /// From the row of the lab on the home screen.
    fn in_lab_here(&mut self) -> &mut Self {
        self.keys("<enter>").says(ready(1000)).says(Event::Opened { observation: bare() })
    }

    fn asked(&self) -> Option<&Request> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Ask(request) => Some(request),
            _ => None,
        })
    }
}

#[test]
fn a_step_is_predicted_acted_and_explained() {
    let mut bench = Bench::new((120, 40), Lang::En, Theme::Dark);
    bench.in_lab().sees("? asked about").sees("= host name").sees("[ ] host name · inside");
    bench.keys("<down><space><down><space>3").sees("[x] host name · inside").sees("● 3 sure");
    bench.keys("<enter>").sees("Acting…");
    assert!(matches!(bench.asked(), Some(Request::Act { actions }) if actions.len() == 2));
    bench.says(acted()).sees("✓ Passed").sees("Your prediction: 1 of 3 right").sees("▲ changed in this step");
    bench.sees("You may think that a machine has one name.").sees("▲ host name");
    let passed = Entry::StepPassed {
        lab: "isolation".into(),
        step: "uts".into(),
        by_hand: false,
        hits: 1,
        misses: 2,
        confidence: Some(3),
        hints: 0,
    };
    assert!(bench.effects.contains(&Effect::Remember(passed)));
    bench.keys("<enter>").sees("Why did the host's name stay?").sees("Enter answer");
    bench.keys("<down><enter>").sees("✗ 2").keys("<up><enter>").sees("✓ 1").sees("Enter results");
    bench
        .keys("<enter>")
        .sees("You have been through the whole lab")
        .keys("<enter>")
        .sees("1. What isolation is");
    assert_eq!(bench.effects.last(), Some(&Effect::StopStage));
}

#[test]
fn a_wrong_answer_does_not_stop_whoever_only_presses_enter() {
    let mut bench = bench();
    bench
        .in_lab()
        .keys("<enter>")
        .says(acted())
        .keys("<enter><down><enter>")
        .sees("✗ 2")
        .sees("Enter another answer");
    bench.keys("<enter>").sees("Enter answer").keys("<enter>").sees("✓ 1").sees("Enter results");
}

#[test]
fn why_an_answer_is_right_or_wrong_is_seen_where_it_does_not_fit() {
    let mut bench = Bench::of_the_course((80, 20), Lang::Ru);
    bench.goes_to_lab("namespaces").says(ready(1000)).says(Event::Opened { observation: bare() });
    bench.keys("j<down><down><enter>").says(Event::Opened { observation: bare() });
    bench.keys("<enter><enter>").says(acted()).keys("<enter>").sees("Почему теперь").keys("2");
    bench.sees("Процесс с uid 0").keys("3").sees("получит отказ").keys("<enter>").sees("▸ ○ 1");
}

#[test]
fn a_mark_that_more_follows_hides_no_letter() {
    for width in 60..120 {
        let mut bench = Bench::of_the_course((width, 20), Lang::Ru);
        bench.goes_to_lab("namespaces").says(ready(1000)).says(Event::Opened { observation: bare() });
        let screen = bench.screen();
        assert!(screen.contains('↓'), "{width}:\n{screen}");
        let hidden =
            |line: &str| line.chars().zip(line.chars().skip(1)).any(|(a, b)| a.is_alphabetic() && b == '↓');
        assert!(!screen.lines().any(hidden), "{width}:\n{screen}");
    }
}

#[test]
fn undo_and_reset_ask_for_a_new_subject() {
    let mut bench = bench();
    bench.in_lab().keys("<enter>").says(acted()).keys("u");
    assert_eq!(bench.asked(), Some(&Request::Open { replay: Vec::new(), sights: Sight::default_of_lab() }));
    bench
        .sees("Bringing the box")
        .says(Event::Opened { observation: bare() })
        .sees("Which rows will change?");
    let before = bench.effects.len();
    bench.keys("u");
    assert_eq!(bench.effects.len(), before, "there is nothing before the first step");
    bench.keys("r");
    assert_eq!(bench.effects.len(), before + 1);
}

#[test]
fn a_machine_that_says_no_is_explained_and_sudo_is_offered_unless_it_is_root_already() {
    let mut bench = Bench::new((120, 40), Lang::En, Theme::Mono);
    bench
        .in_lab()
        .keys("<enter>")
        .says(refused())
        .sees("This machine does not allow it")
        .sees("What happened");
    bench.sees("unshare(CLONE_NEWUTS) = -1 EPERM").sees("! with sudo").keys("!");
    assert_eq!(bench.effects.last(), Some(&Effect::Sudo("isolation".into())));
    let mut root = Bench::new((120, 40), Lang::En, Theme::Mono);
    root.keys("<down><enter>").says(ready(0)).says(Event::Opened { observation: bare() }).sees("LIVE (root)");
    root.keys("<enter>").says(refused());
    assert!(!root.screen().contains("! with sudo"));
    root.keys("!");
    assert!(!root.effects.contains(&Effect::Sudo("isolation".into())));
}

#[test]
fn who_may_make_no_cgroup_is_offered_one_where_systemd_would_give_it() {
    for (uid, offered) in [(1001, true), (1000, false)] {
        let mut bench = Bench::new((120, 40), Lang::En, Theme::Mono);
        bench.keys("<down><enter>").says(ready(uid)).says(Event::Opened { observation: bare() });
        bench.keys("<enter>").says(undelegated()).sees("no cgroup can be made here");
        assert_eq!(bench.screen().contains("% in a scope"), offered);
        bench.keys("%");
        assert_eq!(bench.effects.last() == Some(&Effect::Scope("isolation".into())), offered);
    }
}

#[test]
fn keys_in_the_shell_are_the_shells_until_the_one_that_leaves_it() {
    let mut bench = bench();
    bench.in_lab().keys("s").sees("leave the shell");
    let opened = bench.effects.last().cloned();
    assert!(
        matches!(opened, Some(Effect::OpenShell { place: ShellPlace::Inside, rows: 20, .. })),
        "{opened:?}"
    );
    let before = bench.effects.len();
    bench.keys("q?<tab><esc><c-c>L<enter>");
    assert_eq!(bench.effects.len(), before + 7);
    assert!(bench.effects.iter().skip(before).all(|effect| matches!(effect, Effect::Type(_))));
    bench.keys("<c-\\>").sees("Enter act").keys("s").sees("leave the shell").keys("<c-4>").sees("Enter act");
    assert!(matches!(bench.effects.last(), Some(Effect::Type(_))), "the shell was not opened twice");
    bench.send(Msg::Resize(100, 30)).keys("s");
    assert!(matches!(bench.effects.last(), Some(Effect::ResizeShell { .. })));
    bench.says(Event::ShellEnded { status: 0 }).sees("Enter act");
    assert_eq!(bench.effects.last(), Some(&Effect::CloseShell));
    bench.keys("s").send(Msg::Key(KeyCode::F(11).into())).sees("Step Witness Calls").keys("<c-\\>");
    bench.sees("Enter act").sees("[Shell in the box]");
}

#[test]
fn there_is_one_shell_and_the_screen_says_so() {
    let mut bench = bench();
    bench.in_lab().keys("h").sees("h hint").sees("s shell").keys("s<c-\\>S").sees("there is only one");
    let shells = bench.effects.iter().filter(|effect| matches!(effect, Effect::OpenShell { .. })).count();
    assert_eq!(shells, 1);
    bench.keys("r").says(Event::ShellEnded { status: 0 }).says(Event::Opened { observation: bare() });
    bench.sees("The shell was closed").keys("S");
    assert!(matches!(bench.effects.last(), Some(Effect::OpenShell { place: ShellPlace::Beside, .. })));
}

#[test]
fn what_was_asked_about_stays_in_sight_and_hints_go_when_the_step_has_passed() {
    for lang in Lang::ALL {
        let mut bench = Bench::of_the_course((80, 24), lang);
        bench.goes_to_lab("namespaces").says(ready(1000)).says(Event::Opened { observation: bare() });
        bench.sees(if lang == Lang::Ru {
            "h подсказка  s оболочка"
        } else {
            "h hint  s shell"
        });
    }
    let mut bench = Bench::of_the_course((80, 24), Lang::En);
    bench.goes_to_lab("namespaces").says(ready(1000)).says(Event::Opened { observation: bare() });
    bench
        .keys("j<down><down><enter>")
        .says(Event::Opened { observation: bare() })
        .keys("h")
        .sees("Hint 1 of 4");
    bench.keys("<enter><enter>").says(acted()).sees("Passed").sees("? asked about");
    assert!(!bench.screen().contains("Hint 1 of 4"));
}

#[test]
fn a_step_passes_by_hand_and_a_shell_that_cannot_start_says_why() {
    let mut bench = bench();
    bench.in_lab().keys("s");
    for event in by_hand() {
        bench.says(event);
    }
    bench.sees("by your own hand");
    let mut half = self::bench();
    half.in_lab().keys("s");
    for event in by_hand_half() {
        half.says(event);
    }
    half.keys("<c-\\><tab>").sees("[Witness: your shell]").sees("▲ UTS namespace").sees("= host name");
    let mut refused = self::bench();
    let failure = Failure {
        operation: "subject".into(),
        arguments: vec!["fork".into()],
        errno: "EAGAIN".into(),
        path: None,
    };
    refused.in_lab().keys("S").says(Event::Failed { failure }).sees("! ").sees("Enter act");
    assert_eq!(refused.effects.last(), Some(&Effect::CloseShell));
}

#[test]
fn the_palette_finds_commands_by_words_and_runs_them() {
    let mut bench = bench();
    bench
        .in_lab()
        .keys("<c-p>any st")
        .sees("Go to any step")
        .keys("<enter>")
        .sees("1. uts: a name of its own");
    bench.keys("<enter>");
    assert_eq!(bench.asked(), Some(&Request::Open { replay: Vec::new(), sights: Sight::default_of_lab() }));
    bench.keys(":zzz").sees("There is no such command here").keys("<esc>");
}

#[test]
fn a_stage_that_is_lost_is_started_again_at_the_same_step() {
    let mut bench = bench();
    bench
        .in_lab()
        .send(Msg::StageLost("end of file".into()))
        .sees("STOPPED")
        .sees("end of file")
        .sees("Nothing to see yet")
        .sees("Enter try again")
        .keys("<enter>");
    assert_eq!(bench.effects.last(), Some(&Effect::StartStage));
    bench.sees("STARTING").says(ready(1000)).says(Event::Opened { observation: bare() }).sees("LIVE");
    bench.says(Event::SubjectGone { signal: Some(9) }).sees("killed by signal 9").keys("<enter>");
    assert_eq!(bench.asked(), Some(&Request::Open { replay: Vec::new(), sights: Sight::default_of_lab() }));
}

#[test]
fn the_raw_bytes_of_a_row_are_those_of_the_side_that_is_asked() {
    let mut bench = bench();
    let raw = |side: &str, text: &str| Event::Raw {
        fact: format!("{side}.ns.uts").parse().expect("a fact"),
        source: "/proc/PID/ns/uts".into(),
        text: text.into(),
    };
    bench.in_lab().keys("<tab><enter>").sees("reading…").says(raw("host", "not this")).sees("reading…");
    bench.says(raw("subject", "uts:[1]\x1b[2J")).sees("uts:[1]").keys("<tab>").sees("reading…");
    bench.says(raw("host", "uts:[2]")).sees("uts:[2]").keys("<esc>").sees("▸ [Witness]");
}
