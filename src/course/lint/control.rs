//! What holds for the controls of a lab: their ids and keys are their own, and each is an action with its default.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::de::ValueDeserializer;

use super::{
    Sheet,
    data::{Data, Node},
};
use crate::{
    course::{problem::Problem, read},
    lab::control::{Control, RESERVED},
};

/// Checks the controls beyond their type.
pub(super) fn check(sheet: &mut Sheet<'_>, data: &Data<'_>) {
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for node in data.items("control") {
        let get = |key: &str| node.get_ref().get(key);
        if let Some((id, text)) = get("id").and_then(|id| Some((id, id.get_ref().as_str()?)))
            && !ids.insert(text.to_owned())
        {
            sheet.say(&id.span(), format!("a second control with the id {text:?}"));
        }
        if let Some((node, text)) = get("key").and_then(|key| Some((key, key.get_ref().as_str()?))) {
            key(sheet, node, text, &mut keys);
        }
        action(sheet, node);
    }
}

fn key(sheet: &mut Sheet<'_>, node: &Node<'_>, text: &str, keys: &mut BTreeSet<String>) {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.chars().count() != 1 || !text.chars().all(letter) || RESERVED.contains(text) {
        let message = "not a key of a control: a small letter but j, k, q and u, or a digit";
        sheet.say(&node.span(), message);
    } else if !keys.insert(text.to_owned()) {
        sheet.say(&node.span(), format!("a second control with the key {text:?}"));
    }
}

/// With its default in its place, the action is one of the closed list.
fn action(sheet: &mut Sheet<'_>, node: &Node<'_>) {
    // what is wrong with the table itself has been said by reading the file
    let Ok(control) = Control::deserialize(ValueDeserializer::from(node.clone())) else { return };
    let Some(action) = node.get_ref().get("action") else { return };
    if let Some(field) = control.field.as_ref().filter(|field| control.action.contains_key(&field.name)) {
        sheet.say(&action.span(), format!("`{}` is written here and asked for in the field", field.name));
    }
    if let Err(error) = control.action("") {
        let problem = Problem::at(sheet.file, &action.span(), error.to_string());
        sheet.exact(read::with_guess(problem));
    }
}
