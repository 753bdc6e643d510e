//! One table of keys a context. The footer, the help and the palette are made from it, so what they say is true.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

mod table;

pub(crate) use table::bindings;

/// Everything a key, a click or the palette can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Command {
    Quit,
    Back,
    Help,
    Palette,
    Language,
    Theme,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    NextPage,
    PreviousPage,
    NextLink,
    PreviousLink,
    Search,
    NextHit,
    PreviousHit,
    Accept,
    Erase,
    /// Option or confidence 1 to 5.
    Choose(u8),
    /// A switch of the dial, 1 to 9.
    Switch(u8),
    Turn,
    TurnBack,
    Preset,
    Goal,
    Measure,
    Assemble,
    Mend,
    Again,
    /// A digit of a box's number.
    Seed(u8),
    Left,
    Right,
    Act,
    Tick,
    NextStep,
    PreviousStep,
    Undo,
    Reset,
    Jump,
    Hint,
    ShellInside,
    ShellBeside,
    LeaveShell,
    EndShell,
    NextPane,
    PreviousPane,
    Zoom,
    Narrower,
    Wider,
    Inspect,
    OtherSide,
    Sudo,
    Scope,
    Controls,
    Recorded,
}

impl Command {
    /// The last part of its keys in the table of strings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Quit => "quit",
            Self::Back => "back",
            Self::Help => "help",
            Self::Palette => "palette",
            Self::Language => "language",
            Self::Theme => "theme",
            Self::Up => "up",
            Self::Down => "down",
            Self::PageUp => "page_up",
            Self::PageDown => "page_down",
            Self::Top => "top",
            Self::Bottom => "bottom",
            Self::Open => "open",
            Self::NextPage => "next_page",
            Self::PreviousPage => "previous_page",
            Self::NextLink => "next_link",
            Self::PreviousLink => "previous_link",
            Self::Search => "search",
            Self::NextHit => "next_hit",
            Self::PreviousHit => "previous_hit",
            Self::Accept => "accept",
            Self::Erase => "erase",
            Self::Choose(_) => "choose",
            Self::Switch(_) => "switch",
            Self::Turn => "turn",
            Self::TurnBack => "turn_back",
            Self::Preset => "preset",
            Self::Goal => "goal",
            Self::Measure => "measure",
            Self::Assemble => "assemble",
            Self::Mend => "mend",
            Self::Again => "again",
            Self::Seed(_) => "seed",
            Self::Left => "left",
            Self::Right => "right",
            Self::Act => "act",
            Self::Tick => "tick",
            Self::NextStep => "next_step",
            Self::PreviousStep => "previous_step",
            Self::Undo => "undo",
            Self::Reset => "reset",
            Self::Jump => "jump",
            Self::Hint => "hint",
            Self::ShellInside => "shell_inside",
            Self::ShellBeside => "shell_beside",
            Self::LeaveShell => "leave_shell",
            Self::EndShell => "end_shell",
            Self::NextPane => "next_pane",
            Self::PreviousPane => "previous_pane",
            Self::Zoom => "zoom",
            Self::Narrower => "narrower",
            Self::Wider => "wider",
            Self::Inspect => "inspect",
            Self::OtherSide => "other_side",
            Self::Sudo => "sudo",
            Self::Scope => "scope",
            Self::Controls => "controls",
            Self::Recorded => "recorded",
        }
    }
}

/// Where keys go, and so what they mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Context {
    Home,
    Reader,
    /// A question of a lesson.
    Question,
    /// Typing what to search for.
    Searching,
    /// A process that somebody else made.
    Process,
    /// The lab, its text pane.
    LabText,
    /// The lab, an exercise in place of its text.
    Workshop,
    /// The lab, the witness panel.
    LabWitness,
    /// The lab, the dial.
    LabDial,
    /// The lab, a pane that only scrolls.
    LabPane,
    /// The lab, the list of things to try.
    Controls,
    /// The lab, typing what one of them asks for.
    Field,
    /// The lab, the student's shell.
    Shell,
    Help,
    Palette,
    Jump,
    Inspector,
    /// A message that asks for nothing but to be read.
    Notice,
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

impl Key {
    const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    const fn letter(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    const fn shift(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::SHIFT }
    }

    const fn alt(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::ALT }
    }

    /// The key of an event. Shift is dropped where the character says it; a Cyrillic letter is the Latin one on the
    /// same key, so that the commands work in either layout.
    pub(crate) fn of(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Char(c) => KeyCode::Char(latin(c)),
            KeyCode::BackTab => KeyCode::BackTab,
            other => {
                modifiers |= event.modifiers & KeyModifiers::SHIFT;
                other
            }
        };
        Self { code, modifiers }
    }

    /// As the footer writes it: `Enter`, `^P`, `⇧Tab`.
    pub(crate) fn label(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if self.modifiers == KeyModifiers::CONTROL => c.to_uppercase().to_string(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Enter => "Enter".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::BackTab => "⇧Tab".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Backspace => "⌫".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Home => "Home".to_owned(),
            KeyCode::End => "End".to_owned(),
            KeyCode::F(n) => format!("F{n}"),
            _ => String::new(),
        };
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            format!("^{name}")
        } else if self.modifiers.contains(KeyModifiers::ALT) {
            format!("Alt-{name}")
        } else if self.modifiers.contains(KeyModifiers::SHIFT) {
            format!("⇧{name}")
        } else {
            name
        }
    }
}

/// Keys that ask for a command in a context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding {
    /// The first is the one that is shown.
    pub keys: &'static [Key],
    pub command: Command,
    /// Whether the footer shows it; the help shows all.
    pub footer: bool,
}

/// What a key asks for in a context.
pub(crate) fn command(context: Context, event: KeyEvent) -> Option<Command> {
    let key = Key::of(event);
    bindings(context).find(|b| b.keys.contains(&key)).map(|b| b.command)
}

/// The Latin character on the key of a Cyrillic one (ЙЦУКЕН and QWERTY); any other character as it is.
pub(crate) fn latin(c: char) -> char {
    const CYRILLIC: &str = "йцукенгшщзхъфывапролджэячсмитьбюЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ";
    const LATIN: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>";
    CYRILLIC.chars().zip(LATIN.chars()).find(|(from, _)| *from == c).map_or(c, |(_, to)| to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{self, Lang};

    const CONTEXTS: [Context; 18] = [
        Context::Home,
        Context::Reader,
        Context::Question,
        Context::Searching,
        Context::Process,
        Context::LabText,
        Context::Workshop,
        Context::LabWitness,
        Context::LabDial,
        Context::LabPane,
        Context::Controls,
        Context::Field,
        Context::Shell,
        Context::Help,
        Context::Palette,
        Context::Jump,
        Context::Inspector,
        Context::Notice,
    ];

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for context in CONTEXTS {
            let mut seen: Vec<(Key, Command)> = Vec::new();
            for binding in bindings(context) {
                for key in binding.keys {
                    let other = seen.iter().find(|(k, _)| k == key);
                    assert!(other.is_none(), "{context:?}: {} twice: {other:?}", key.label());
                    seen.push((*key, binding.command));
                }
            }
        }
    }

    #[test]
    fn every_command_has_words_and_every_key_a_label() {
        for context in CONTEXTS {
            for binding in bindings(context) {
                for lang in Lang::ALL {
                    let name = binding.command.name();
                    assert!(i18n::find(lang, &format!("tui.do.{name}")).is_some(), "tui.do.{name}");
                    if binding.footer {
                        assert!(i18n::find(lang, &format!("tui.key.{name}")).is_some(), "tui.key.{name}");
                    }
                }
                assert!(binding.keys.iter().all(|k| !k.label().is_empty()));
            }
        }
    }

    #[test]
    fn letters_that_mean_something_among_the_controls_are_reserved() {
        let keys = bindings(Context::Controls).flat_map(|binding| binding.keys);
        let letters = keys.filter(|key| key.modifiers == KeyModifiers::NONE);
        for letter in letters.filter_map(|key| key.code.as_char()) {
            assert!(crate::lab::control::RESERVED.contains(letter), "{letter}");
        }
    }

    #[test]
    fn commands_work_in_the_cyrillic_layout() {
        let event = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        assert_eq!(command(Context::LabText, event('р')), Some(Command::Hint));
        assert_eq!(command(Context::LabText, event('Ы')), Some(Command::ShellBeside));
        assert_eq!(command(Context::Home, event('Д')), Some(Command::Language));
    }
}
