//! `korobka image FILE`: an image taken apart.

use std::io::{self, IsTerminal, Write};

use super::{
    args::{Format, ImageArgs},
    context::Context,
    exit::{Exit, Fault},
};
use crate::{
    i18n::fill,
    image::{Choice, Limits, Why, autopsy},
};

mod refused;
mod text;

/// Reads the image and writes what was found; status 1 where it is refused.
pub(super) fn run(context: &Context, wanted: &ImageArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let choice = Choice { name: wanted.name.clone(), platform: wanted.platform.clone() };
    let found = autopsy(&wanted.file, &choice, &Limits::default()).map_err(|refusal| {
        let what = refused::words(&refusal, context.lang);
        let file = wanted.file.display().to_string();
        let file = crate::image::name::show(file.as_bytes());
        let said = fill(context.lang, "image.refused", &[("file", &file), ("what", &what)]);
        match refusal.why {
            Why::Several(_) | Why::NoSuch(_) => Fault::Usage(said),
            _ => Fault::Failed(said),
        }
    })?;
    match wanted.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string(&found)?)?,
        Format::Text => {
            let colour = context.colour && io::stdout().is_terminal();
            text::Text { lang: context.lang, colour, files: wanted.files }.write(&found, out)?;
        }
    }
    Ok(Exit::Done)
}
