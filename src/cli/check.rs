//! `korobka course check [DIR]`.

use std::{io::Write, path::Path};

use super::{context::Context, exit::Exit};
use crate::course::{lint, source::Source};

/// Checks every file and shows every error at once, with its place.
pub(super) fn run(context: &Context, dir: Option<&Path>, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let dir = dir.or(context.course_dir.as_deref());
    let report = lint::check(&dir.map_or_else(Source::embedded, Source::of_dir));
    writeln!(out, "{report}")?;
    Ok(if report.errors.is_empty() { Exit::Done } else { Exit::Failed })
}
