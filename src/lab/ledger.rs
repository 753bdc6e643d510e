//! The ledger: what has been done to a subject since it was bare. Undoing is doing it again, without the last part, to a
//! new subject: a namespace that was left cannot be entered again, but a box costs milliseconds.

use super::action::Action;

/// The actions that made a subject what it is, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    done: Vec<Action>,
}

impl Ledger {
    /// Of a bare subject.
    pub const fn new() -> Self {
        Self { done: Vec::new() }
    }

    /// Notes an action that has been carried out. A fresh subject has no past; a try leaves no trace on it;
    /// what has been ended is not begun again.
    pub fn note(&mut self, action: &Action) {
        match action {
            Action::Fresh {} => self.done.clear(),
            Action::TryUnshare { .. }
            | Action::Try { .. }
            | Action::TryDelegate { .. }
            | Action::LetRun { .. } => {}
            // Only the box that was measured last is to be seen.
            Action::Dial { .. } => {
                self.done.retain(|done| !matches!(done, Action::Dial { .. }));
                self.done.push(action.clone());
            }
            Action::EndWorkloads {} => {
                self.done.retain(|done| !matches!(done, Action::SpawnWorkload { .. }));
            }
            Action::KillCgroup { group } => {
                let there =
                    |done: &Action| matches!(done, Action::SpawnWorkload { at, .. } if at == &Some(*group));
                self.done.retain(|done| !there(done));
            }
            Action::Thaw { group } => {
                self.done.retain(|done| *done != Action::Freeze { group: *group });
            }
            Action::Compare {} => {
                self.done.retain(|done| !matches!(done, Action::Compare {}));
                self.done.push(action.clone());
            }
            _ => self.done.push(action.clone()),
        }
    }

    /// What to do to a bare subject to make it the same again.
    pub fn replay(&self) -> Vec<Action> {
        self.done.clone()
    }
}

impl<'a> FromIterator<&'a Action> for Ledger {
    fn from_iter<T: IntoIterator<Item = &'a Action>>(actions: T) -> Self {
        let mut ledger = Self::default();
        for action in actions {
            ledger.note(action);
        }
        ledger
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::namespace::Namespace;

    #[test]
    fn only_what_made_the_present_subject_is_done_again() {
        let uts = Action::Unshare { ns: vec![Namespace::Uts] };
        let net = Action::Unshare { ns: vec![Namespace::Net] };
        let refused = Action::TryUnshare { ns: vec![Namespace::Uts] };
        let ledger: Ledger =
            [&uts, &refused, &Action::Fresh {}, &net, &Action::Chroot {}].into_iter().collect();
        assert_eq!(ledger.replay(), [net, Action::Chroot {}]);
    }
}
