//! Keys, mouse and pasted text as the bytes that xterm would send (its `ctlseqs` document).

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};

use super::screen::{Cursor, Modes, Mouse};

/// Lines that one notch of the wheel stands for in a full-screen program that does not ask for the mouse.
const WHEEL: usize = 3;

/// The bytes of a key; none where a terminal would send none.
pub fn key(key: &KeyEvent, modes: Modes) -> Vec<u8> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let with = key.modifiers;
    match key.code {
        KeyCode::Char(c) => alt(with, &char(c, with)),
        KeyCode::Enter => alt(with, b"\r"),
        KeyCode::Tab => alt(with, b"\t"),
        KeyCode::BackTab => b"\x1b[Z".to_vec(),
        KeyCode::Backspace if with.contains(KeyModifiers::CONTROL) => alt(with, b"\x08"),
        KeyCode::Backspace => alt(with, b"\x7f"),
        KeyCode::Esc => alt(with, b"\x1b"),
        KeyCode::Null => alt(with, b"\0"),
        KeyCode::Up => letter('A', with, modes),
        KeyCode::Down => letter('B', with, modes),
        KeyCode::Right => letter('C', with, modes),
        KeyCode::Left => letter('D', with, modes),
        KeyCode::KeypadBegin => letter('E', with, modes),
        KeyCode::End => letter('F', with, modes),
        KeyCode::Home => letter('H', with, modes),
        KeyCode::Insert => tilde(2, with),
        KeyCode::Delete => tilde(3, with),
        KeyCode::PageUp => tilde(5, with),
        KeyCode::PageDown => tilde(6, with),
        KeyCode::F(number) => function(number, with),
        _ => Vec::new(),
    }
}

/// The bytes of a mouse event at a place of the screen; none where the program did not ask for it.
pub fn mouse(kind: MouseEventKind, with: KeyModifiers, at: Cursor, modes: Modes) -> Vec<u8> {
    if modes.mouse == Mouse::Off {
        return match kind {
            MouseEventKind::ScrollUp if modes.alternate => {
                letter('A', KeyModifiers::NONE, modes).repeat(WHEEL)
            }
            MouseEventKind::ScrollDown if modes.alternate => {
                letter('B', KeyModifiers::NONE, modes).repeat(WHEEL)
            }
            _ => Vec::new(),
        };
    }
    let (code, needs) = match kind {
        MouseEventKind::Down(which) => (button(which), Mouse::Press),
        MouseEventKind::Up(which) => (button(which), Mouse::Click),
        MouseEventKind::Drag(which) => (button(which) + 32, Mouse::Drag),
        MouseEventKind::Moved => (35, Mouse::Motion),
        MouseEventKind::ScrollUp => (64, Mouse::Press),
        MouseEventKind::ScrollDown => (65, Mouse::Press),
        MouseEventKind::ScrollLeft => (66, Mouse::Press),
        MouseEventKind::ScrollRight => (67, Mouse::Press),
    };
    if modes.mouse < needs {
        return Vec::new();
    }
    let code = code
        + 4 * u32::from(with.contains(KeyModifiers::SHIFT))
        + 8 * u32::from(with.contains(KeyModifiers::ALT))
        + 16 * u32::from(with.contains(KeyModifiers::CONTROL));
    let end = if matches!(kind, MouseEventKind::Up(_)) { 'm' } else { 'M' };
    format!("\x1b[<{code};{};{}{end}", u32::from(at.col) + 1, u32::from(at.row) + 1).into_bytes()
}

/// The bytes of pasted text: lines end with a carriage return, and no control character is left in it, so that it
/// cannot close its own bracket.
pub fn paste(text: &str, modes: Modes) -> Vec<u8> {
    let text = text.replace("\r\n", "\r").replace('\n', "\r");
    let text: String = text.chars().filter(|c| matches!(c, '\r' | '\t') || !c.is_control()).collect();
    if modes.bracketed_paste { format!("\x1b[200~{text}\x1b[201~").into_bytes() } else { text.into_bytes() }
}

fn char(c: char, with: KeyModifiers) -> Vec<u8> {
    let control = with.contains(KeyModifiers::CONTROL).then(|| control(c)).flatten();
    control.map_or_else(|| c.to_string().into_bytes(), |byte| vec![byte])
}

/// What Ctrl makes of a key of an American keyboard, as a VT220 does.
fn control(c: char) -> Option<u8> {
    match c {
        '@'..='_' | 'a'..='z' => u8::try_from(c).ok().map(|byte| byte & 0x1f),
        ' ' | '2' => Some(0),
        '3'..='7' => u8::try_from(c).ok().map(|byte| byte - b'3' + 0x1b),
        '/' => Some(0x1f),
        '8' | '?' => Some(0x7f),
        _ => None,
    }
}

fn alt(with: KeyModifiers, bytes: &[u8]) -> Vec<u8> {
    let prefix: &[u8] = if with.contains(KeyModifiers::ALT) { b"\x1b" } else { b"" };
    [prefix, bytes].concat()
}

/// `CSI A`, `SS3 A` in application mode, `CSI 1 ; m A` with modifiers.
fn letter(end: char, with: KeyModifiers, modes: Modes) -> Vec<u8> {
    match modifier(with) {
        1 if modes.application_cursor => format!("\x1bO{end}"),
        1 => format!("\x1b[{end}"),
        m => format!("\x1b[1;{m}{end}"),
    }
    .into_bytes()
}

/// `CSI 5 ~`, `CSI 5 ; m ~` with modifiers.
fn tilde(number: u8, with: KeyModifiers) -> Vec<u8> {
    match modifier(with) {
        1 => format!("\x1b[{number}~"),
        m => format!("\x1b[{number};{m}~"),
    }
    .into_bytes()
}

fn function(number: u8, with: KeyModifiers) -> Vec<u8> {
    const TILDE: [u8; 16] = [15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34];
    match (number, modifier(with)) {
        (1..=4, 1) => vec![0x1b, b'O', b'P' + number - 1],
        (1..=4, m) => format!("\x1b[1;{m}{}", char::from(b'P' + number - 1)).into_bytes(),
        _ => {
            let code = usize::from(number).checked_sub(5).and_then(|index| TILDE.get(index));
            code.map_or_else(Vec::new, |code| tilde(*code, with))
        }
    }
}

fn modifier(with: KeyModifiers) -> u8 {
    1 + u8::from(with.contains(KeyModifiers::SHIFT))
        + 2 * u8::from(with.contains(KeyModifiers::ALT))
        + 4 * u8::from(with.contains(KeyModifiers::CONTROL))
}

const fn button(which: MouseButton) -> u32 {
    match which {
        MouseButton::Left => 0,
        MouseButton::Middle => 1,
        MouseButton::Right => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Modes =
        Modes { application_cursor: false, bracketed_paste: false, mouse: Mouse::Off, alternate: false };
    const NONE: KeyModifiers = KeyModifiers::NONE;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const CTRL: KeyModifiers = KeyModifiers::CONTROL;

    #[test]
    fn keys_are_what_xterm_sends() {
        let table: &[(KeyCode, KeyModifiers, &str)] = &[
            (KeyCode::Char('a'), NONE, "a"),
            (KeyCode::Char('A'), SHIFT, "A"),
            (KeyCode::Char('я'), NONE, "я"),
            (KeyCode::Char('я'), CTRL, "я"),
            (KeyCode::Char('c'), CTRL, "\x03"),
            (KeyCode::Char('C'), CTRL.union(SHIFT), "\x03"),
            (KeyCode::Char(' '), CTRL, "\0"),
            (KeyCode::Char('4'), CTRL, "\x1c"),
            (KeyCode::Char('\\'), CTRL, "\x1c"),
            (KeyCode::Char(']'), CTRL, "\x1d"),
            (KeyCode::Char('7'), CTRL, "\x1f"),
            (KeyCode::Char('x'), ALT, "\x1bx"),
            (KeyCode::Char('x'), ALT.union(CTRL), "\x1b\x18"),
            (KeyCode::Enter, NONE, "\r"),
            (KeyCode::Enter, ALT, "\x1b\r"),
            (KeyCode::Tab, NONE, "\t"),
            (KeyCode::BackTab, SHIFT, "\x1b[Z"),
            (KeyCode::Backspace, NONE, "\x7f"),
            (KeyCode::Backspace, CTRL, "\x08"),
            (KeyCode::Backspace, ALT, "\x1b\x7f"),
            (KeyCode::Esc, NONE, "\x1b"),
            (KeyCode::Up, NONE, "\x1b[A"),
            (KeyCode::Up, CTRL, "\x1b[1;5A"),
            (KeyCode::Left, SHIFT.union(ALT), "\x1b[1;4D"),
            (KeyCode::Home, NONE, "\x1b[H"),
            (KeyCode::End, SHIFT, "\x1b[1;2F"),
            (KeyCode::Delete, NONE, "\x1b[3~"),
            (KeyCode::PageUp, CTRL, "\x1b[5;5~"),
            (KeyCode::F(1), NONE, "\x1bOP"),
            (KeyCode::F(4), CTRL, "\x1b[1;5S"),
            (KeyCode::F(5), NONE, "\x1b[15~"),
            (KeyCode::F(12), ALT, "\x1b[24;3~"),
            (KeyCode::F(20), NONE, "\x1b[34~"),
            (KeyCode::F(21), NONE, ""),
            (KeyCode::F(0), NONE, ""),
            (KeyCode::CapsLock, NONE, ""),
        ];
        for (code, with, bytes) in table {
            let sent = key(&KeyEvent::new(*code, *with), PLAIN);
            assert_eq!(String::from_utf8_lossy(&sent), *bytes, "{code:?} with {with:?}");
        }
    }

    #[test]
    fn application_mode_changes_arrows_without_modifiers_only() {
        let modes = Modes { application_cursor: true, ..PLAIN };
        assert_eq!(key(&KeyCode::Up.into(), modes), b"\x1bOA");
        assert_eq!(key(&KeyCode::Home.into(), modes), b"\x1bOH");
        assert_eq!(key(&KeyEvent::new(KeyCode::Up, CTRL), modes), b"\x1b[1;5A");
        assert_eq!(key(&KeyEvent::new_with_kind(KeyCode::Up, NONE, KeyEventKind::Release), modes), b"");
    }

    #[test]
    fn the_mouse_is_sent_as_far_as_the_program_asked() {
        use MouseEventKind::{Down, Drag, Moved, ScrollUp, Up};
        let left = MouseButton::Left;
        let table: &[(MouseEventKind, KeyModifiers, Mouse, &str)] = &[
            (Down(left), NONE, Mouse::Off, ""),
            (Down(left), NONE, Mouse::Press, "\x1b[<0;8;3M"),
            (Down(MouseButton::Right), CTRL, Mouse::Click, "\x1b[<18;8;3M"),
            (Up(left), NONE, Mouse::Press, ""),
            (Up(left), NONE, Mouse::Click, "\x1b[<0;8;3m"),
            (Drag(left), NONE, Mouse::Click, ""),
            (Drag(MouseButton::Middle), SHIFT, Mouse::Drag, "\x1b[<37;8;3M"),
            (Moved, NONE, Mouse::Drag, ""),
            (Moved, ALT, Mouse::Motion, "\x1b[<43;8;3M"),
            (ScrollUp, NONE, Mouse::Click, "\x1b[<64;8;3M"),
        ];
        for (kind, with, wanted, bytes) in table {
            let sent = mouse(*kind, *with, Cursor { row: 2, col: 7 }, Modes { mouse: *wanted, ..PLAIN });
            assert_eq!(String::from_utf8_lossy(&sent), *bytes, "{kind:?} in {wanted:?}");
        }
    }

    #[test]
    fn the_wheel_turns_a_full_screen_program_that_knows_no_mouse() {
        let modes = Modes { alternate: true, application_cursor: true, ..PLAIN };
        let at = Cursor { row: 0, col: 0 };
        assert_eq!(mouse(MouseEventKind::ScrollDown, NONE, at, modes), b"\x1bOB\x1bOB\x1bOB");
        assert_eq!(mouse(MouseEventKind::ScrollDown, NONE, at, PLAIN), b"");
    }

    #[test]
    fn pasted_text_cannot_leave_its_bracket() {
        let modes = Modes { bracketed_paste: true, ..PLAIN };
        assert_eq!(paste("a\n\x1b[201~b\r\nж\t", modes), "\x1b[200~a\r[201~b\rж\t\x1b[201~".as_bytes());
        assert_eq!(paste("a\nb\x03", PLAIN), b"a\rb");
    }
}
