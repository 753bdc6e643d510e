//! Every screen × three sizes × both languages, as text once and as styles with and without colour. The text is the
//! same in every theme, so nothing is said by colour alone.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;

use super::{
    stage::{acted, by_hand, refused},
    style,
    support::{Bench, text},
};
use crate::{
    i18n::Lang,
    pty,
    stage::protocol::Event,
    store::{Entry, Progress},
    tui::{Theme, message::Msg},
};

pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

pub(super) type Script = fn(&mut Bench) -> &mut Bench;

/// Names and ways.
pub(super) const SCREENS: [(&str, Script); 24] = [
    ("home", |b| b),
    ("reader_text", |b| b.keys("<enter>")),
    ("reader_code", |b| b.keys("<enter><right>")),
    ("reader_link", |b| b.keys("<enter><tab>")),
    ("reader_search", |b| b.keys("<enter>/uts<enter>")),
    ("reader_question", |b| b.keys("<enter><right><right>2")),
    ("reader_end", |b| b.keys("<enter><right><right>1<enter>")),
    ("help", |b| b.in_lab().keys("?")),
    ("palette", |b| b.keys("<enter><c-p>")),
    ("lab_starting", |b| b.keys("<down><enter>")),
    ("lab_predict", |b| b.in_lab().keys("<space><down><space>3")),
    ("lab_hints", |b| b.in_lab().keys("hhhh")),
    ("lab_passed", |b| b.in_lab().keys("<space><down><down><space>3<enter>").says(acted())),
    ("lab_why", |b| b.in_lab().keys("<enter>").says(acted()).keys("<enter>2")),
    ("lab_end", |b| b.in_lab().keys("<enter>").says(acted()).keys("<enter>1<enter>")),
    ("lab_refused", |b| b.in_lab().keys("<enter>").says(refused())),
    ("lab_gone", |b| b.in_lab().says(Event::SubjectGone { signal: Some(9) })),
    ("lab_lost", |b| b.in_lab().send(Msg::StageLost("the stage has ended".into()))),
    ("lab_witness", |b| b.in_lab().keys("<enter>").says(acted()).keys("<tab><down><down>z")),
    ("lab_traces", |b| b.in_lab().keys("<enter>").says(acted()).keys("<tab><tab>")),
    ("lab_processes", |b| b.in_lab().keys("<tab><tab><tab>")),
    ("lab_shell", shell),
    ("lab_inspector", |b| {
        let text = "Name:\tkorobka\nPid:\t6974\nevil\u{1b}[2J".to_owned();
        b.in_lab().keys("<tab><enter>");
        let fact = "subject.ns.uts".parse().expect("a fact");
        b.says(Event::Raw { fact, source: "/proc/6974/ns/uts".into(), text })
    }),
    ("lab_jump", |b| b.in_lab().keys("j")),
];

/// A shell in which the step was done.
fn shell(bench: &mut Bench) -> &mut Bench {
    bench.in_lab().keys("s");
    for event in by_hand() {
        bench.says(event);
    }
    let mut screen = pty::Screen::new(12, 40);
    screen.process("$ unshare --uts\r\n\x1b[1;32m#\x1b[m hostname korobka\r\n# 漢字 ".as_bytes());
    bench.shell = Some(screen);
    bench
}

fn progress() -> Progress {
    let mut progress = Progress::default();
    progress.apply(&Entry::PageRead { lesson: "isolation".into(), page: 0, pages: 2 });
    progress
}

/// One screen at one size: its text, then its styles in the dark theme and without colour.
fn picture(script: Script, size: (u16, u16), lang: Lang) -> String {
    in_themes(|theme| {
        let mut bench = Bench::with(size, lang, theme, progress());
        script(&mut bench);
        bench.buffer()
    })
}

/// What is shown, as text and styles.
pub(super) fn in_themes(shown: impl Fn(Theme) -> Buffer) -> String {
    let (dark, light, mono) = (shown(Theme::Dark), shown(Theme::Light), shown(Theme::Mono));
    assert_eq!(text(&dark), text(&mono), "nothing is said by colour alone");
    assert_eq!(text(&dark), text(&light));
    let colours = mono.content.iter().filter(|cell| cell.fg != cell.bg || cell.symbol().contains('\u{1b}'));
    assert_eq!(colours.count(), 0, "no colours without colour");
    format!("{}\n-- dark: {}-- mono: {}", text(&dark), style::short(&dark), style::short(&mono))
}

/// One picture of a lab that looks at something, after a script.
pub(super) fn picture_of_sight(sight: &str, script: Script, size: (u16, u16), lang: Lang) -> String {
    picture_of_lab(&format!("sights = [\"{sight}\"]\n"), script, size, lang)
}

/// One picture of a lab with more in its file, after a script.
pub(super) fn picture_of_lab(more: &str, script: Script, size: (u16, u16), lang: Lang) -> String {
    in_themes(|theme| {
        let mut bench = Bench::of_lab(more, size, lang, theme);
        script(&mut bench);
        bench.buffer()
    })
}

#[test]
fn screens() {
    let _bound = settings();
    for (name, script) in SCREENS {
        for lang in Lang::ALL {
            snapshot(name, lang, |size| picture(script, size, lang));
        }
    }
}

/// Where snapshots are kept, while the answer lives.
pub(super) fn settings() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}

/// A picture at every size.
pub(super) fn snapshot(name: &str, lang: Lang, picture: impl Fn((u16, u16)) -> String) {
    let mut all = String::new();
    for size in SIZES {
        writeln!(all, "== {}×{}\n{}", size.0, size.1, picture(size)).expect("a string");
    }
    insta::assert_snapshot!(format!("{name}.{}", lang.code()), all);
}

#[test]
fn a_screen_that_is_too_small_says_so_and_any_size_is_drawn() {
    Bench::new((59, 24), Lang::En, Theme::Dark).sees("at least 60×20");
    Bench::new((60, 20), Lang::En, Theme::Dark).sees("Korobka");
    for (_, script) in SCREENS {
        for (columns, rows) in [(0, 0), (1, 1), (60, 20), (61, 300), (300, 20), (150, 20)] {
            let mut bench = Bench::new((80, 24), Lang::Ru, Theme::Dark);
            script(&mut bench);
            bench.send(Msg::Resize(columns, rows)).buffer();
        }
    }
}
