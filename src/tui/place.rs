//! Places in the course that a link, a row of the map or the command line leads to.

use crate::inspect::find::Found;

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A lesson, by its id.
    Lesson(String),
    /// A lab, by its id, and perhaps a step of it.
    Lab(String, Option<String>),
    /// A process of this machine, that somebody else made.
    Process(Target),
}

/// A process that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub found: Found,
    /// The container that was asked for; none where a number was.
    pub container: Option<String>,
}

impl Place {
    /// The place of a link: `lesson:ID`, `lab:ID` or `lab:ID#STEP`; none for an address.
    pub(crate) fn of_link(link: &str) -> Option<Self> {
        if let Some(lesson) = link.strip_prefix("lesson:") {
            return Some(Self::Lesson(lesson.to_owned()));
        }
        let lab = link.strip_prefix("lab:")?;
        Some(match lab.split_once('#') {
            Some((lab, step)) => Self::Lab(lab.to_owned(), Some(step.to_owned())),
            None => Self::Lab(lab.to_owned(), None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_lessons_labs_and_steps() {
        let lab = |step: Option<&str>| Place::Lab("namespaces".into(), step.map(str::to_owned));
        assert_eq!(Place::of_link("lesson:isolation"), Some(Place::Lesson("isolation".into())));
        assert_eq!(Place::of_link("lab:namespaces"), Some(lab(None)));
        assert_eq!(Place::of_link("lab:namespaces#uts"), Some(lab(Some("uts"))));
        assert_eq!(Place::of_link("https://docs.kernel.org"), None);
    }
}
