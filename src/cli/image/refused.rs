//! A refusal in words: where, which entry, what is wrong with it.

use std::fmt::Display;

use super::text::size;
use crate::{
    i18n::{Lang, fill, t},
    image::{Place, Refusal, Why},
};

/// One line for people.
pub(super) fn words(refusal: &Refusal, lang: Lang) -> String {
    let place = match refusal.place {
        Place::Archive => t(lang, "image.place.archive").to_owned(),
        Place::Metadata => t(lang, "image.place.metadata").to_owned(),
        Place::Layer(number) => fill(lang, "image.place.layer", &[("number", &number)]),
    };
    let why = why(&refusal.why, lang);
    match &refusal.entry {
        Some(entry) => fill(lang, "image.place.entry", &[("place", &place), ("entry", entry), ("why", &why)]),
        None => format!("{place}: {why}"),
    }
}

fn why(why: &Why, lang: Lang) -> String {
    let one = |key, name: &str, value: &dyn Display| fill(lang, key, &[(name, value)]);
    match why {
        Why::Io(cause) => cause.clone(),
        Why::NotAnImage => t(lang, "image.why.not_an_image").to_owned(),
        Why::Packed(tool) => one("image.why.packed", "tool", tool),
        Why::Compression(name) => one("image.why.compression", "name", name),
        Why::Missing => t(lang, "image.why.missing").to_owned(),
        Why::Absolute => t(lang, "image.why.absolute").to_owned(),
        Why::Parent => t(lang, "image.why.parent").to_owned(),
        Why::BadName => t(lang, "image.why.bad_name").to_owned(),
        Why::LongName(most) => one("image.why.long_name", "most", most),
        Why::Through(link) => one("image.why.through", "link", link),
        Why::LinkOut(target) => one("image.why.link_out", "target", target),
        Why::Device => t(lang, "image.why.device").to_owned(),
        Why::Sparse => t(lang, "image.why.sparse").to_owned(),
        Why::Kind(kind) => one("image.why.kind", "kind", kind),
        Why::Twice => t(lang, "image.why.twice").to_owned(),
        Why::Entries(most) => one("image.why.entries", "most", most),
        Why::Layers(most) => one("image.why.layers", "most", most),
        Why::Bytes(most) => one("image.why.bytes", "most", &size(*most, lang)),
        Why::Ratio(most) => one("image.why.ratio", "most", most),
        Why::Depth(most) => one("image.why.depth", "most", most),
        Why::Truncated => t(lang, "image.why.truncated").to_owned(),
        Why::Broken(cause) => one("image.why.broken", "cause", cause),
        Why::Size => t(lang, "image.why.size").to_owned(),
        Why::Digest { wanted, found } => {
            fill(lang, "image.why.digest", &[("wanted", wanted), ("found", found)])
        }
        Why::Json(cause) => one("image.why.json", "cause", cause),
        Why::Count(layers, ids) => fill(lang, "image.why.count", &[("layers", layers), ("ids", ids)]),
        Why::Several(names) => one("image.why.several", "names", &names.join(", ")),
        Why::NoSuch(names) => one("image.why.no_such", "names", &names.join(", ")),
    }
}
