//! The student's shell, as far as it concerns the screen.

use super::{LabScreen, Pane, Shell};
use crate::{
    i18n::t,
    stage::protocol::ShellPlace,
    tui::{effect::Effect, model::World},
};

impl LabScreen {
    /// Starts a shell, or focuses the one there is; there is only one, and what runs in it is not ended for another.
    pub(super) fn open_shell(&mut self, place: ShellPlace, world: &World, out: &mut Vec<Effect>) {
        if place == ShellPlace::Beside && self.shell.is_some_and(|shell| shell.place != place) {
            self.trouble = Some(t(world.lang, "tui.lab.shell_other").to_owned());
            self.show_end(world);
            return;
        }
        self.panes.set_focus(Pane::Shell);
        if self.shell.is_some() {
            return;
        }
        self.trouble = None;
        self.shell = Some(Shell { place, size: (0, 0) });
        let (rows, cols) = self.shell_size(world);
        self.shell = Some(Shell { place, size: (rows, cols) });
        out.push(Effect::OpenShell { place, rows, cols });
    }

    /// Tells the shell when its pane has another size.
    pub(crate) fn fit_shell(&mut self, world: &World, out: &mut Vec<Effect>) {
        if self.area_of(Pane::Shell, world).is_none() {
            return;
        }
        let size = self.shell_size(world);
        if let Some(shell) = self.shell.as_mut().filter(|shell| shell.size != size) {
            shell.size = size;
            out.push(Effect::ResizeShell { rows: size.0, cols: size.1 });
        }
    }

    /// There is no shell: it has ended or could not start.
    pub(crate) fn no_shell(&mut self, why: Option<String>) {
        self.shell = None;
        self.trouble = why;
        if self.panes.focus() == Pane::Shell {
            self.leave_shell();
        }
    }

    /// Back to the text; the whole screen was the shell's, not the text's.
    pub(super) fn leave_shell(&mut self) {
        self.panes.zoom = false;
        self.panes.set_focus(Pane::Text);
    }

    fn shell_size(&self, world: &World) -> (u16, u16) {
        self.area_of(Pane::Shell, world).map_or((24, 80), |area| (area.height.max(1), area.width.max(1)))
    }
}
