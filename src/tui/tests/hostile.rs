//! Whatever processes call themselves and whatever is pressed: nothing steers the terminal, nothing panics.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;

use super::{
    stage::{acted, bare, by_hand, by_hand_half, named, ready, refused},
    support::Bench,
};
use crate::{
    i18n::Lang,
    lab::{
        fact::{Fact, FactId},
        observation::{Value, Whose},
    },
    stage::protocol::Event,
    tui::{Theme, clean, message::Msg},
};

const EVIL: &str = "\x1b[2J\x1b]0;owned\x07e\u{202e}vil\r\n\u{9b}31m";

#[test]
fn names_of_processes_do_not_steer_the_terminal() {
    let mut bench = Bench::new((120, 40), Lang::En, Theme::Dark);
    let mut seen = bare();
    seen.facts.insert(FactId::subject(Fact::Hostname), Value::Text(EVIL.into()));
    seen.facts.insert(FactId::host(Fact::Processes), Value::List(vec![EVIL.into()]));
    bench.in_lab().says(Event::Observed { whose: Whose::Subject, observation: seen });
    bench.keys("<tab><tab><tab>").sees("evil");
    for cell in &bench.buffer().content {
        assert_eq!(clean::clean(cell.symbol()), cell.symbol());
    }
}

fn key() -> impl Strategy<Value = Msg> {
    let code = prop_oneof![
        8 => prop::sample::select(" qjkhsSunprxzLT?:/<>12345!gGйЛ".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        6 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Tab, KeyCode::BackTab, KeyCode::Esc, KeyCode::Up, KeyCode::Down, KeyCode::Left,
            KeyCode::Right, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Backspace,
            KeyCode::F(1), KeyCode::F(10), KeyCode::F(11),
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ];
    (
        code,
        prop::sample::select(vec![
            KeyModifiers::NONE,
            KeyModifiers::NONE,
            KeyModifiers::CONTROL,
            KeyModifiers::ALT,
        ]),
    )
        .prop_map(|(code, modifiers)| Msg::Key(KeyEvent::new(code, modifiers)))
}

fn message() -> impl Strategy<Value = Msg> {
    let events = vec![
        ready(1000),
        ready(0),
        acted(),
        refused(),
        Event::Opened { observation: bare() },
        Event::Observed { whose: Whose::Subject, observation: named() },
        by_hand()[0].clone(),
        by_hand()[1].clone(),
        by_hand_half()[1].clone(),
        Event::ShellEnded { status: 1 },
        Event::SubjectGone { signal: None },
    ];
    let kinds = vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
    ];
    let mouse = (prop::sample::select(kinds), 0_u16..140, 0_u16..50).prop_map(|(kind, column, row)| {
        Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    });
    prop_oneof![
        12 => key(),
        6 => prop::sample::select(events).prop_map(Msg::Stage),
        3 => mouse,
        2 => (0_u16..220, 0_u16..60).prop_map(|(columns, rows)| Msg::Resize(columns, rows)),
        1 => any::<String>().prop_map(Msg::Paste),
        1 => Just(Msg::StageLost(EVIL.into())),
        1 => Just(Msg::ShellFailed(EVIL.into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_series_of_messages_makes_it_panic(messages in prop::collection::vec(message(), 1..60)) {
        let mut bench = Bench::new((80, 24), Lang::Ru, Theme::Dark);
        bench.keys("<down><enter>");
        for msg in messages {
            bench.send(msg).buffer();
        }
    }
}
