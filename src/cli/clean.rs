//! `korobka clean`: removes what killed sessions have left.

use std::io::Write;

use super::{context::Context, exit::Exit};
use crate::{
    i18n::fill,
    stage::{client::sessions_dir, janitor::sweep},
};

/// Removes the directories of sessions whose stage is dead; status 1 where one could not be removed.
pub(super) fn run(context: &Context, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let dir = sessions_dir(context.root_dir.as_deref());
    let swept = sweep(&dir);
    for path in &swept.removed {
        writeln!(out, "{}", fill(context.lang, "cli.clean.removed", &[("path", &path.display())]))?;
    }
    for (path, cause) in &swept.kept {
        let values: &[(&str, &dyn std::fmt::Display)] = &[("path", &path.display()), ("cause", cause)];
        writeln!(out, "{}", fill(context.lang, "cli.clean.kept", values))?;
    }
    let (removed, kept, living) = (swept.removed.len(), swept.kept.len(), swept.living);
    let values: &[(&str, &dyn std::fmt::Display)] =
        &[("path", &dir.display()), ("removed", &removed), ("kept", &kept), ("living", &living)];
    writeln!(out, "{}", fill(context.lang, "cli.clean.summary", values))?;
    Ok(if swept.kept.is_empty() { Exit::Done } else { Exit::Failed })
}
