//! The table.

use super::{Binding, Command, Context, Key};
use crossterm::event::KeyCode;

const UP: Key = Key::plain(KeyCode::Up);
const DOWN: Key = Key::plain(KeyCode::Down);
const LEFT: Key = Key::plain(KeyCode::Left);
const RIGHT: Key = Key::plain(KeyCode::Right);
const ENTER: Key = Key::plain(KeyCode::Enter);
const ESC: Key = Key::plain(KeyCode::Esc);
const TAB: Key = Key::plain(KeyCode::Tab);
const BACK_TAB: Key = Key::plain(KeyCode::BackTab);
const SPACE: Key = Key::letter(' ');
const PAGE_UP: Key = Key::plain(KeyCode::PageUp);
const PAGE_DOWN: Key = Key::plain(KeyCode::PageDown);

/// Shown in the footer.
const fn shown(keys: &'static [Key], command: Command) -> Binding {
    Binding { keys, command, footer: true }
}

/// Only in the help.
const fn quiet(keys: &'static [Key], command: Command) -> Binding {
    Binding { keys, command, footer: false }
}

/// Up and down, one row at a time.
const ROWS: &[Binding] = &[quiet(&[UP], Command::Up), quiet(&[DOWN], Command::Down)];

/// The same in a list where letters are free.
const LIST: &[Binding] =
    &[shown(&[UP, Key::letter('k')], Command::Up), shown(&[DOWN, Key::letter('j')], Command::Down)];

/// The same where the footer has better to tell.
const QUIET_LIST: &[Binding] =
    &[quiet(&[UP, Key::letter('k')], Command::Up), quiet(&[DOWN, Key::letter('j')], Command::Down)];

const PAGES: &[Binding] = &[quiet(&[PAGE_UP], Command::PageUp), quiet(&[PAGE_DOWN], Command::PageDown)];

const ENDS: &[Binding] = &[
    quiet(&[Key::plain(KeyCode::Home), Key::letter('g')], Command::Top),
    quiet(&[Key::plain(KeyCode::End), Key::letter('G')], Command::Bottom),
];

/// From one pane to another.
const PANES: &[Binding] = &[
    shown(&[TAB, Key::alt(KeyCode::Right), Key::alt(KeyCode::Down)], Command::NextPane),
    quiet(&[BACK_TAB, Key::alt(KeyCode::Left), Key::alt(KeyCode::Up)], Command::PreviousPane),
];

/// How large a pane is.
const SIZES: &[Binding] = &[
    shown(&[Key::letter('z')], Command::Zoom),
    quiet(&[Key::letter('<')], Command::Narrower),
    quiet(&[Key::letter('>')], Command::Wider),
];

/// The way back, and the way out.
const LEAVE: &[Binding] =
    &[shown(&[ESC, Key::letter('q')], Command::Back), quiet(&[Key::ctrl('c')], Command::Quit)];

/// The other answers; the first stands in the footer for all.
const CHOICES: &[Binding] = &[
    quiet(&[Key::letter('2')], Command::Choose(2)),
    quiet(&[Key::letter('3')], Command::Choose(3)),
    quiet(&[Key::letter('4')], Command::Choose(4)),
    quiet(&[Key::letter('5')], Command::Choose(5)),
];

const HOME: &[Binding] = &[shown(&[ENTER, RIGHT], Command::Open)];

const QUIT: &[Binding] = &[shown(&[Key::letter('q'), Key::ctrl('c')], Command::Quit)];

const READER: &[Binding] = &[
    shown(&[ENTER, SPACE], Command::Open),
    quiet(&[RIGHT, Key::letter('l')], Command::NextPage),
    shown(&[LEFT, Key::plain(KeyCode::Backspace)], Command::PreviousPage),
    shown(&[TAB], Command::NextLink),
    quiet(&[BACK_TAB], Command::PreviousLink),
    shown(&[Key::letter('/')], Command::Search),
    shown(&[Key::letter('n')], Command::NextHit),
    quiet(&[Key::letter('N')], Command::PreviousHit),
];

const ANSWER: &[Binding] = &[shown(&[ENTER, SPACE], Command::Accept)];

const FIRST_CHOICE: &[Binding] = &[quiet(&[Key::letter('1')], Command::Choose(1))];

const LEAVES: &[Binding] = &[
    quiet(&[RIGHT, Key::letter('l')], Command::NextPage),
    shown(&[LEFT, Key::plain(KeyCode::Backspace)], Command::PreviousPage),
];

const TYPING: &[Binding] = &[
    shown(&[ENTER], Command::Accept),
    shown(&[ESC], Command::Back),
    quiet(&[Key::plain(KeyCode::Backspace)], Command::Erase),
    quiet(&[Key::ctrl('c')], Command::Quit),
];

const PALETTE: &[Binding] = &[
    shown(&[ENTER], Command::Accept),
    shown(&[UP], Command::Up),
    shown(&[DOWN], Command::Down),
    shown(&[ESC], Command::Back),
    quiet(&[Key::plain(KeyCode::Backspace)], Command::Erase),
    quiet(&[Key::ctrl('c')], Command::Quit),
];

const LAB_TEXT: &[Binding] = &[
    shown(&[ENTER], Command::Act),
    shown(&[SPACE], Command::Tick),
    shown(&[Key::letter('1')], Command::Choose(1)),
];

const WORKSHOP: &[Binding] = &[
    shown(&[ENTER], Command::Act),
    shown(&[SPACE], Command::Tick),
    shown(&[Key::letter('r')], Command::Again),
    shown(&[Key::letter('s')], Command::ShellInside),
    quiet(&[Key::letter('x')], Command::EndShell),
    quiet(&[Key::letter('0')], Command::Seed(0)),
    quiet(&[Key::letter('1')], Command::Seed(1)),
    quiet(&[Key::letter('2')], Command::Seed(2)),
    quiet(&[Key::letter('3')], Command::Seed(3)),
    quiet(&[Key::letter('4')], Command::Seed(4)),
    quiet(&[Key::letter('5')], Command::Seed(5)),
    quiet(&[Key::letter('6')], Command::Seed(6)),
    quiet(&[Key::letter('7')], Command::Seed(7)),
    quiet(&[Key::letter('8')], Command::Seed(8)),
    quiet(&[Key::letter('9')], Command::Seed(9)),
];

const INSPECT: &[Binding] = &[shown(&[ENTER], Command::Inspect)];

const LAB_DIAL: &[Binding] = &[
    shown(&[SPACE, ENTER], Command::Turn),
    shown(&[Key::letter('p')], Command::Preset),
    shown(&[Key::letter('u')], Command::TurnBack),
    shown(&[Key::letter('g')], Command::Goal),
    shown(&[Key::letter('m')], Command::Measure),
    quiet(&[Key::letter('1')], Command::Switch(1)),
    quiet(&[Key::letter('2')], Command::Switch(2)),
    quiet(&[Key::letter('3')], Command::Switch(3)),
    quiet(&[Key::letter('4')], Command::Switch(4)),
    quiet(&[Key::letter('5')], Command::Switch(5)),
    quiet(&[Key::letter('6')], Command::Switch(6)),
    quiet(&[Key::letter('7')], Command::Switch(7)),
    quiet(&[Key::letter('8')], Command::Switch(8)),
    quiet(&[Key::letter('9')], Command::Switch(9)),
    quiet(&[LEFT], Command::Left),
    quiet(&[RIGHT], Command::Right),
];

/// Letters of the lab that the dial has not taken.
const BESIDE_THE_DIAL: &[Binding] = &[
    quiet(&[Key::letter('a')], Command::Assemble),
    quiet(&[Key::letter('b')], Command::Mend),
    quiet(&[Key::letter('!')], Command::Sudo),
    quiet(&[Key::letter('j')], Command::Jump),
];

const SHOWN_ROWS: &[Binding] = &[shown(&[UP], Command::Up), shown(&[DOWN], Command::Down)];

/// What every pane of the lab but the shell understands, around the way from one to another.
const HELPERS: &[Binding] = &[
    shown(&[Key::letter('h')], Command::Hint),
    shown(&[Key::letter('s')], Command::ShellInside),
    shown(&[Key::letter('c')], Command::Controls),
    quiet(&[Key::letter('S')], Command::ShellBeside),
    quiet(&[Key::letter('x')], Command::EndShell),
];

const STEPS: &[Binding] = &[
    shown(&[Key::letter('u')], Command::Undo),
    quiet(&[Key::letter('r')], Command::Reset),
    shown(&[Key::letter('!')], Command::Sudo),
    shown(&[Key::letter('%')], Command::Scope),
    shown(&[Key::letter('v')], Command::Recorded),
    shown(&[Key::letter('j')], Command::Jump),
    quiet(&[Key::letter('a')], Command::Assemble),
    quiet(&[Key::letter('b')], Command::Mend),
    quiet(&[Key::letter('n')], Command::NextStep),
    quiet(&[Key::letter('p')], Command::PreviousStep),
];

const ACCEPT: &[Binding] = &[shown(&[ENTER], Command::Accept)];

const UNDO: &[Binding] = &[shown(&[Key::letter('u')], Command::Undo)];

/// Everything else goes to the shell. Terminals send Ctrl-\ as the byte that Ctrl-4 has too.
const SHELL: &[Binding] = &[
    shown(&[Key::ctrl('\\'), Key::ctrl('4'), Key::plain(KeyCode::F(10))], Command::LeaveShell),
    shown(&[Key::plain(KeyCode::F(11))], Command::Zoom),
    shown(&[Key::shift(KeyCode::PageUp)], Command::PageUp),
    quiet(&[Key::shift(KeyCode::PageDown)], Command::PageDown),
];

const POPUP: &[Binding] =
    &[shown(&[ESC, ENTER, Key::letter('q')], Command::Back), quiet(&[Key::ctrl('c')], Command::Quit)];

const HELP: &[Binding] = &[
    shown(&[ESC, ENTER, Key::letter('q'), Key::letter('?')], Command::Back),
    quiet(&[Key::ctrl('c')], Command::Quit),
];

const SIDES: &[Binding] = &[shown(&[TAB, LEFT, RIGHT], Command::OtherSide)];

const EVERYWHERE: &[Binding] = &[
    shown(&[Key::letter('L')], Command::Language),
    quiet(&[Key::letter('T')], Command::Theme),
    quiet(&[Key::letter(':'), Key::ctrl('p')], Command::Palette),
    shown(&[Key::letter('?'), Key::plain(KeyCode::F(1))], Command::Help),
];

const IN_LAYERS: &[Binding] =
    &[quiet(&[Key::letter('L')], Command::Language), quiet(&[Key::letter('T')], Command::Theme)];

/// The keys of a context, group by group: the footer shows them in this order, and none that work everywhere are there
/// where characters are typed.
const fn groups(context: Context) -> &'static [&'static [Binding]] {
    match context {
        Context::Home => &[HOME, QUIET_LIST, ENDS, QUIT, EVERYWHERE],
        Context::Reader => &[READER, LEAVE, QUIET_LIST, PAGES, ENDS, EVERYWHERE],
        Context::Question => &[ANSWER, LIST, FIRST_CHOICE, CHOICES, LEAVES, PAGES, LEAVE, EVERYWHERE],
        // other letters are the keys of the lab's own controls
        Context::Controls => &[ACCEPT, LIST, UNDO, LEAVE],
        Context::Searching | Context::Field => &[TYPING],
        Context::Process => &[PANES, SHOWN_ROWS, PAGES, ENDS, SIZES, LEAVE, EVERYWHERE],
        Context::LabText => {
            &[LAB_TEXT, CHOICES, ROWS, PAGES, HELPERS, PANES, STEPS, SIZES, LEAVE, EVERYWHERE]
        }
        Context::Workshop => &[WORKSHOP, ROWS, PAGES, PANES, SIZES, LEAVE, EVERYWHERE],
        Context::LabWitness => &[INSPECT, ROWS, PAGES, ENDS, HELPERS, PANES, STEPS, SIZES, LEAVE, EVERYWHERE],
        Context::LabDial => &[LAB_DIAL, ROWS, PAGES, PANES, SIZES, BESIDE_THE_DIAL, LEAVE, EVERYWHERE],
        Context::LabPane => &[SHOWN_ROWS, PAGES, HELPERS, PANES, STEPS, SIZES, LEAVE, EVERYWHERE],
        Context::Shell => &[SHELL],
        Context::Help => &[HELP, QUIET_LIST, PAGES, ENDS, IN_LAYERS],
        Context::Palette => &[PALETTE],
        Context::Jump => &[ACCEPT, LIST, LEAVE, IN_LAYERS],
        Context::Inspector => &[SIDES, POPUP, QUIET_LIST, PAGES, ENDS, IN_LAYERS],
        Context::Notice => &[POPUP, QUIET_LIST, PAGES, ENDS, IN_LAYERS],
    }
}

/// The keys of a context.
pub(crate) fn bindings(context: Context) -> impl Iterator<Item = &'static Binding> {
    groups(context).iter().copied().flatten()
}
