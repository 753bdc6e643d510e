//! Roles of text and the three themes that give them a style. Colours come from the fixed part of the 256-colour
//! palette, and the background is painted too, so contrast does not depend on the terminal's own scheme.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is for; a theme turns it into a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Ordinary text, and the background of everything.
    Plain,
    /// Text of less weight: equal rows, frames' captions.
    Dim,
    /// Headings.
    Title,
    /// Names of keys.
    Key,
    /// Strong and emphasised text.
    Strong,
    /// A link.
    Link,
    /// The selected row or link.
    Selected,
    /// Code in text and code blocks.
    Code,
    /// Keywords and commands in code.
    Keyword,
    /// Strings in code.
    Literal,
    /// Comments in code.
    Comment,
    /// Frames.
    Frame,
    /// The frame of the pane that has the keys.
    FrameFocused,
    /// What changed in this step.
    Changed,
    /// What differs between host and inside.
    Differs,
    /// A hit, a pass.
    Good,
    /// A miss, an error.
    Bad,
    /// The mode badge.
    Badge,
    /// A found piece of text.
    Found,
}

/// How the screen is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Light text on a dark ground.
    #[default]
    Dark,
    /// Dark text on a light ground.
    Light,
    /// No colour at all, only weight, underline and reverse (`NO_COLOR`).
    Mono,
}

impl Theme {
    /// The next one, for the key that switches. A screen that began without colour stays without.
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::Dark,
            Self::Mono => Self::Mono,
        }
    }

    /// The style of a role.
    pub(crate) fn style(self, role: Role) -> Style {
        let weight = Style::new().add_modifier(modifier(role, self == Self::Mono));
        let (ground, ink) = match self {
            Self::Mono => return weight,
            Self::Dark => (234, dark(role)),
            Self::Light => (231, light(role)),
        };
        let (ground, ink) = if reversed(role) { (ink, ground) } else { (ground, ink) };
        weight.fg(Color::Indexed(ink)).bg(Color::Indexed(ground))
    }
}

const fn reversed(role: Role) -> bool {
    matches!(role, Role::Selected | Role::Badge | Role::Found)
}

fn modifier(role: Role, mono: bool) -> Modifier {
    match role {
        Role::Title | Role::Key | Role::Strong | Role::Changed | Role::FrameFocused | Role::Bad => {
            Modifier::BOLD
        }
        Role::Link => Modifier::UNDERLINED,
        Role::Selected | Role::Badge if mono => Modifier::REVERSED,
        Role::Found if mono => Modifier::REVERSED.union(Modifier::BOLD),
        Role::Badge => Modifier::BOLD,
        Role::Differs | Role::Keyword | Role::Good if mono => Modifier::BOLD,
        _ => Modifier::empty(),
    }
}

const fn dark(role: Role) -> u8 {
    match role {
        Role::Plain | Role::Literal => 252,
        Role::Dim | Role::Comment | Role::Frame => 246,
        Role::Title | Role::Strong => 231,
        Role::Key | Role::Differs => 117,
        Role::Link | Role::Keyword => 111,
        Role::Selected | Role::FrameFocused => 153,
        Role::Code => 180,
        Role::Changed | Role::Found => 221,
        Role::Good => 114,
        Role::Bad => 210,
        Role::Badge => 151,
    }
}

const fn light(role: Role) -> u8 {
    match role {
        Role::Plain | Role::Literal => 235,
        Role::Dim | Role::Comment | Role::Frame => 241,
        Role::Title | Role::Strong => 16,
        Role::Key | Role::Differs | Role::Link => 25,
        Role::Keyword | Role::Selected | Role::FrameFocused => 24,
        Role::Code => 94,
        Role::Changed | Role::Found => 130,
        Role::Good | Role::Badge => 22,
        Role::Bad => 124,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 19] = [
        Role::Plain,
        Role::Dim,
        Role::Title,
        Role::Key,
        Role::Strong,
        Role::Link,
        Role::Selected,
        Role::Code,
        Role::Keyword,
        Role::Literal,
        Role::Comment,
        Role::Frame,
        Role::FrameFocused,
        Role::Changed,
        Role::Differs,
        Role::Good,
        Role::Bad,
        Role::Badge,
        Role::Found,
    ];

    /// Relative luminance, WCAG 2.
    fn luminance(color: Option<Color>) -> f64 {
        let Some(Color::Indexed(index)) = color else { panic!("not of the palette: {color:?}") };
        let steps = [0_u8, 95, 135, 175, 215, 255];
        let rgb = if index >= 232 {
            [8 + 10 * (index - 232); 3]
        } else {
            let cube =
                usize::from(index.checked_sub(16).expect("the first 16 colours are the terminal's own"));
            [steps[cube / 36], steps[cube / 6 % 6], steps[cube % 6]]
        };
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
    }

    #[test]
    fn contrast_is_at_least_4_5_to_1_in_both_colour_themes() {
        for theme in [Theme::Dark, Theme::Light] {
            for role in ROLES {
                let style = theme.style(role);
                let (a, b) = (luminance(style.fg), luminance(style.bg));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(ratio >= 4.5, "{theme:?} {role:?}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn mono_has_no_colour() {
        for role in ROLES {
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role:?}");
        }
    }
}
