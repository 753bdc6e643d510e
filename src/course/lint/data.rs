//! What holds for every TOML file: it is of its type, its ids are ids, its texts say something in both languages, its
//! questions can be answered. Walks the tree of the file, where every value knows its place.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Sheet, prose, shape};
use crate::course::{CourseErrors, layout, markdown, read, source::File};

/// A value with its place.
pub(super) type Node<'a> = Spanned<DeValue<'a>>;

/// A TOML file as a tree.
pub(super) struct Data<'a>(DeTable<'a>);

impl<'a> Data<'a> {
    /// The id of a file, with its place.
    pub(super) fn id_of(file: &File) -> Option<(String, Range<usize>)> {
        let tree = DeTable::parse_recoverable(&file.text).0.into_inner();
        let id = tree.get("id")?;
        Some((id.get_ref().as_str()?.to_owned(), id.span()))
    }

    /// A value at the top.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.0.get(key)
    }

    /// The items of an array at the top.
    pub(super) fn items(&self, key: &str) -> &[Node<'a>] {
        self.get(key).map_or(&[], items)
    }
}

/// The items of an array; none of anything else.
pub(super) fn items<'t, 'a>(node: &'t Node<'a>) -> &'t [Node<'a>] {
    node.get_ref().as_array().map_or(&[], |array| array)
}

/// Checks a file against its type and walks it. Gives its tree if it is TOML.
pub(super) fn check<'a, T: DeserializeOwned>(sheet: &mut Sheet<'a>) -> Option<Data<'a>> {
    let (tree, errors) = DeTable::parse_recoverable(&sheet.file.text);
    if !errors.is_empty() {
        sheet.problems.extend(errors.iter().map(|error| read::of_toml(sheet.file, error)));
        return None;
    }
    sheet.typed =
        read::decode::<T>(sheet.file).err().and_then(|CourseErrors(found)| found.into_iter().next());
    let tree = tree.into_inner();
    table(sheet, &tree, &(0..0));
    Some(Data(tree))
}

fn table(sheet: &mut Sheet<'_>, table: &DeTable<'_>, span: &Range<usize>) {
    if let (Some(ru), Some(en)) = (table.get("ru"), table.get("en")) {
        return both(sheet, ru, en);
    }
    if let Some(id) = table.get("id") {
        let text = id.get_ref().as_str().unwrap_or_default();
        if !layout::is_id(text) {
            sheet.say(&id.span(), "not an id: small letters, digits and inner hyphens, at most 40");
        }
        if table.contains_key("options") || table.contains_key("kind") {
            sheet.questions.push((text.to_owned(), id.span()));
        }
    }
    // a question of a quiz has a kind, and rules of its own
    if let Some(options) =
        table.get("options").filter(|options| options.get_ref().is_array() && !table.contains_key("kind"))
    {
        // a table below a header has no place of its own worth showing: its id has
        let place = table.get("id").map_or_else(|| span.clone(), Spanned::span);
        question(sheet, items(options), &place);
    }
    for (_, value) in table {
        node(sheet, value);
    }
}

fn node(sheet: &mut Sheet<'_>, node_: &Node<'_>) {
    match node_.get_ref() {
        DeValue::Table(inner) => table(sheet, inner, &node_.span()),
        DeValue::Array(inner) => inner.iter().for_each(|item| node(sheet, item)),
        DeValue::String(text) => control(sheet, &node_.span(), text),
        _ => {}
    }
}

/// A text in both languages.
fn both(sheet: &mut Sheet<'_>, ru: &Node<'_>, en: &Node<'_>) {
    let mut kinds = Vec::new();
    for node_ in [ru, en] {
        node(sheet, node_);
        let text = node_.get_ref().as_str().unwrap_or_default();
        if text.trim().is_empty() {
            sheet.say(&node_.span(), "an empty text");
        }
        let fragment = markdown::fragment(text);
        // places inside a string are not places in the file: quotes and escapes stand between
        for fault in fragment.faults {
            sheet.say(&node_.span(), fault.kind.to_string());
        }
        for (_, to) in &fragment.links {
            prose::link(sheet, &node_.span(), to);
        }
        kinds.push(fragment.blocks.iter().map(shape::kind).collect::<Vec<_>>());
    }
    if let [a, b] = &kinds[..]
        && a != b
        && !a.is_empty()
        && !b.is_empty()
    {
        sheet.say(
            &en.span(),
            format!("not the shape of the Russian text: {}, there {}", b.join(", "), a.join(", ")),
        );
    }
}

fn question(sheet: &mut Sheet<'_>, options: &[Node<'_>], place: &Range<usize>) {
    if !(2..=5).contains(&options.len()) {
        sheet.say(place, format!("a question has two to five options, not {}", options.len()));
    }
    let right = |option: &&Node<'_>| {
        option.get_ref().get("right").and_then(|r| r.get_ref().as_bool()).unwrap_or_default()
    };
    let count = options.iter().filter(right).count();
    if count != 1 {
        sheet.say(place, format!("exactly one option is right, not {count}"));
    }
}

/// Characters that a terminal would obey or that reorder what is read.
fn control(sheet: &mut Sheet<'_>, span: &Range<usize>, text: &str) {
    if let Some((_, character)) = prose::controls(text).next() {
        sheet.say(span, format!("a control character: U+{:04X}", u32::from(character)));
    }
}
