//! What was found in an image, for people: 80 columns, every mark a word or a sign as well as a colour.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use unicode_width::UnicodeWidthStr;

use crate::{
    cli::columns::{WIDTH, cut, cut_start, pad, sgr},
    i18n::{Lang, fill, t},
    image::{
        Autopsy,
        report::{Found, Layer, Waste, path},
        secret::Secret,
        stream::Compression,
        tree::{Reason, What},
    },
};

/// How many files of a list are named; the rest are counted.
const FEW: usize = 10;

/// How it is written.
pub(super) struct Text {
    pub(super) lang: Lang,
    pub(super) colour: bool,
    /// Whether every file of every layer is named.
    pub(super) files: bool,
}

impl Text {
    pub(super) fn write(&self, image: &Autopsy, to: &mut dyn Write) -> io::Result<()> {
        self.head(image, to)?;
        self.layers(image, to)?;
        self.wasted(image, to)?;
        self.readable(image, to)?;
        self.secrets(image, to)
    }

    fn head(&self, image: &Autopsy, to: &mut dyn Write) -> io::Result<()> {
        let name = image.name.as_deref().unwrap_or_else(|| t(self.lang, "image.text.nameless"));
        writeln!(to, "{}", self.bold(&cut(name, WIDTH)))?;
        let id = image.id.get(..19).unwrap_or(&image.id);
        writeln!(to, "{}  {id}", image.platform)?;
        let sizes: [(&str, &dyn std::fmt::Display); 4] = [
            ("layers", &image.layers.len()),
            ("stored", &self.size(image.stored)),
            ("content", &self.size(image.content)),
            ("wasted", &self.size(image.wasted)),
        ];
        writeln!(to, "{}", fill(self.lang, "image.text.totals", &sizes))
    }

    fn layers(&self, image: &Autopsy, to: &mut dyn Write) -> io::Result<()> {
        self.title("image.text.layers", to)?;
        for layer in &image.layers {
            let wasted: u64 = image.waste.iter().filter(|w| w.held_in == layer.number).map(|w| w.bytes).sum();
            let packed = match layer.compression {
                Compression::None => t(self.lang, "image.text.plain"),
                Compression::Gzip => "gzip",
                Compression::Zstd => "zstd",
            };
            let values: [(&str, &dyn std::fmt::Display); 8] = [
                ("number", &format!("{:>3}", layer.number)),
                ("stored", &self.size(layer.stored)),
                ("packed", &packed),
                ("unpacked", &self.size(layer.unpacked)),
                ("added", &layer.files(What::Added)),
                ("changed", &layer.files(What::Changed)),
                ("removed", &layer.files(What::Removed)),
                ("wasted", &self.size(wasted)),
            ];
            let instruction = layer.history.as_ref().map(|step| step.instruction.as_str());
            let instruction = instruction.unwrap_or_else(|| t(self.lang, "image.text.no_history"));
            writeln!(to, "{:>3}  {}", layer.number, self.bold(&cut(instruction, WIDTH - 5)))?;
            writeln!(to, "{}", fill(self.lang, "image.text.layer", &values))?;
            if wasted > 0 {
                writeln!(to, "{}", self.warn(&fill(self.lang, "image.text.layer_waste", &values)))?;
            }
            if self.files {
                self.changes(layer, to)?;
            }
        }
        Ok(())
    }

    /// Every file of a layer, marked as `docker diff` marks them.
    fn changes(&self, layer: &Layer, to: &mut dyn Write) -> io::Result<()> {
        for change in &layer.changes {
            let mark = match change.what {
                What::Added => 'A',
                What::Changed => 'C',
                What::Removed => 'D',
            };
            let size = if change.what == What::Removed { String::new() } else { self.size(change.bytes) };
            writeln!(to, "       {mark} {size:>10}  {}", path(&change.name))?;
        }
        Ok(())
    }

    fn wasted(&self, image: &Autopsy, to: &mut dyn Write) -> io::Result<()> {
        self.title("image.text.wasted", to)?;
        let mut reasons: BTreeMap<Reason, (u64, usize)> = BTreeMap::new();
        for waste in image.waste.iter().filter(|waste| waste.bytes > 0) {
            let (bytes, files) = reasons.entry(waste.reason).or_default();
            (*bytes, *files) = (*bytes + waste.bytes, *files + 1);
        }
        if reasons.is_empty() {
            return writeln!(to, "  {}", t(self.lang, "image.text.no_waste"));
        }
        for (reason, (bytes, files)) in reasons {
            let files = fill(self.lang, "image.text.files", &[("files", &files)]);
            writeln!(to, "  {:>10}  {}  {files}", self.size(bytes), pad(self.reason(reason), 40))?;
        }
        writeln!(to)?;
        let named = image.waste.iter().filter(|waste| waste.bytes > 0);
        named.clone().take(FEW).try_for_each(|waste| self.waste(waste, to))?;
        self.more(named.count(), to)
    }

    fn waste(&self, waste: &Waste, to: &mut dyn Write) -> io::Result<()> {
        let key = match waste.reason {
            Reason::Overwritten => "image.text.because.overwritten",
            Reason::Deleted => "image.text.because.deleted",
            Reason::Metadata => "image.text.because.metadata",
            Reason::SameAgain => "image.text.because.same_again",
            Reason::Copy => "image.text.because.copy",
        };
        let other = waste.same_as.as_deref().unwrap_or_default();
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("held", &waste.held_in), ("by", &waste.by), ("other", &cut(other, 40))];
        writeln!(to, "  {:>10}  {}", self.size(waste.bytes), cut_start(&waste.path, WIDTH - 14))?;
        writeln!(to, "              {}", fill(self.lang, key, &values))
    }

    fn readable(&self, image: &Autopsy, to: &mut dyn Write) -> io::Result<()> {
        let mut deleted: Vec<_> =
            image.waste.iter().filter(|waste| waste.reason == Reason::Deleted).collect();
        if deleted.is_empty() {
            return Ok(());
        }
        self.title("image.text.readable", to)?;
        deleted.sort_by_key(|waste| waste.secret.is_none());
        let secret = deleted.iter().filter(|waste| waste.secret.is_some()).count();
        for waste in deleted.iter().take(FEW.max(secret)) {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("path", &waste.path), ("by", &waste.by), ("held", &waste.held_in)];
            let line = fill(self.lang, "image.text.removed", &values);
            if let Some(secret) = waste.secret {
                writeln!(to, "{}", self.alarm(&wrapped(&format!("! {line}: {}", self.secret(secret)))))?;
            } else {
                writeln!(to, "{}", wrapped(&format!("  {line}")))?;
            }
        }
        self.more_than(deleted.len(), FEW.max(secret), to)
    }

    fn secrets(&self, image: &Autopsy, to: &mut dyn Write) -> io::Result<()> {
        if image.secrets.is_empty() {
            return Ok(());
        }
        self.title("image.text.secrets", to)?;
        for found in &image.secrets {
            let Found { path, kind, readable_in, hidden_by } = found;
            let values: [(&str, &dyn std::fmt::Display); 4] = [
                ("path", path),
                ("kind", &self.secret(*kind)),
                ("held", readable_in),
                ("by", &hidden_by.unwrap_or_default()),
            ];
            let key =
                if hidden_by.is_some() { "image.text.secret_hidden" } else { "image.text.secret_shown" };
            writeln!(to, "{}", self.alarm(&wrapped(&format!("! {}", fill(self.lang, key, &values)))))?;
        }
        writeln!(to, "\n{}", t(self.lang, "image.text.secrets_advice"))
    }

    fn more(&self, all: usize, to: &mut dyn Write) -> io::Result<()> {
        self.more_than(all, FEW, to)
    }

    fn more_than(&self, all: usize, shown: usize, to: &mut dyn Write) -> io::Result<()> {
        match all.checked_sub(shown) {
            None | Some(0) => Ok(()),
            Some(rest) => writeln!(to, "  {}", fill(self.lang, "image.text.more", &[("rest", &rest)])),
        }
    }

    fn title(&self, key: &'static str, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "\n{}", self.bold(t(self.lang, key)))
    }

    fn reason(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::Overwritten => t(self.lang, "image.reason.overwritten"),
            Reason::Deleted => t(self.lang, "image.reason.deleted"),
            Reason::Metadata => t(self.lang, "image.reason.metadata"),
            Reason::SameAgain => t(self.lang, "image.reason.same_again"),
            Reason::Copy => t(self.lang, "image.reason.copy"),
        }
    }

    fn secret(&self, secret: Secret) -> &'static str {
        match secret {
            Secret::Environment => t(self.lang, "image.secret.environment"),
            Secret::Key => t(self.lang, "image.secret.key"),
            Secret::KeyStore => t(self.lang, "image.secret.key_store"),
            Secret::Credentials => t(self.lang, "image.secret.credentials"),
            Secret::Repository => t(self.lang, "image.secret.repository"),
            Secret::History => t(self.lang, "image.secret.history"),
        }
    }

    fn size(&self, bytes: u64) -> String {
        size(bytes, self.lang)
    }

    fn bold(&self, text: &str) -> String {
        sgr(self.colour, "1", text)
    }

    fn warn(&self, text: &str) -> String {
        sgr(self.colour, "33", text)
    }

    fn alarm(&self, text: &str) -> String {
        sgr(self.colour, "31", text)
    }
}

/// Bytes for people, in powers of 1000 as Docker writes them.
pub(super) fn size(bytes: u64, lang: Lang) -> String {
    let units = ["image.unit.b", "image.unit.kb", "image.unit.mb", "image.unit.gb"];
    let mut value = bytes as f64;
    let mut unit = t(lang, "image.unit.b");
    for key in units {
        unit = t(lang, key);
        if value < 1000.0 || key == "image.unit.gb" {
            break;
        }
        value /= 1000.0;
    }
    let text = if bytes < 1000 { format!("{bytes}") } else { format!("{value:.1}") };
    let text = if lang == Lang::Ru { text.replace('.', ",") } else { text };
    format!("{text} {unit}")
}

/// Broken at spaces, what follows indented; a path is never broken.
fn wrapped(text: &str) -> String {
    let (mut lines, mut wide) = (String::new(), 0);
    for word in text.split_inclusive(' ') {
        if wide + word.trim_end().width() > WIDTH && !lines.trim().is_empty() {
            lines.truncate(lines.trim_end().len());
            lines.push_str("\n    ");
            wide = 4;
        }
        lines.push_str(word);
        wide += word.width();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_people_of_the_language_do() {
        for (bytes, en, ru) in [
            (0, "0 B", "0 Б"),
            (999, "999 B", "999 Б"),
            (1500, "1.5 kB", "1,5 кБ"),
            (2_500_000, "2.5 MB", "2,5 МБ"),
            (u64::MAX, "18446744073.7 GB", "18446744073,7 ГБ"),
        ] {
            assert_eq!((size(bytes, Lang::En), size(bytes, Lang::Ru)), (en.to_owned(), ru.to_owned()));
        }
    }

    #[test]
    fn a_path_is_never_broken() {
        let path = format!("/{}", "a".repeat(70));
        assert_eq!(wrapped(&format!("! {path}: a private key")), format!("! {path}: a\n    private key"));
        assert_eq!(wrapped("  /a b"), "  /a b");
    }
}
