//! What holds for a step: something is done, something is predicted, something must come true.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::de::ValueDeserializer;

use super::{
    Sheet,
    data::{Data, Node, items},
};
use crate::{
    course::{problem::Problem, read},
    lab::{
        action::Action,
        fact::{FactId, UnknownFact},
    },
};

/// Checks a step beyond its type.
pub(super) fn check(sheet: &mut Sheet<'_>, data: &Data<'_>) {
    for (key, message) in [
        ("actions", "a step does something: no actions"),
        ("expect", "a step can be passed: no expectations"),
    ] {
        if let Some(list) = data.get(key)
            && items(list).is_empty()
        {
            sheet.say(&list.span(), message);
        }
    }
    for action in data.items("prepare").iter().chain(data.items("actions")) {
        closed_list(sheet, action);
        empty_unshare(sheet, action);
    }
    for expectation in data.items("expect") {
        symbols(sheet, expectation);
    }
    prediction(sheet, data);
}

/// An action is one of the closed list. Reading the file has said so with the place of the list: here is its own.
fn closed_list(sheet: &mut Sheet<'_>, action: &Node<'_>) {
    if let Err(error) = Action::deserialize(ValueDeserializer::from(action.clone())) {
        let problem = Problem::at(sheet.file, &action.span(), error.message());
        sheet.exact(read::with_guess(problem));
    }
}

/// `unshare` of nothing changes nothing; `clone` of nothing is a fork.
fn empty_unshare(sheet: &mut Sheet<'_>, action: &Node<'_>) {
    let unshare = matches!(text(action, "do"), Some("unshare" | "try-unshare"));
    if let Some(ns) = action.get_ref().get("ns")
        && unshare
        && items(ns).is_empty()
    {
        sheet.say(&ns.span(), "no namespaces");
    }
}

/// A refused call is named as in the manual: `unshare`, `EPERM`.
fn symbols(sheet: &mut Sheet<'_>, expectation: &Node<'_>) {
    let lower = |t: &str| t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let upper =
        |t: &str| t.starts_with('E') && t.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    for (key, good, example) in [
        ("refused", &lower as &dyn Fn(&str) -> bool, "a call, as in `unshare`"),
        ("errno", &upper, "an error, as in `EPERM`"),
    ] {
        if let Some(node) = expectation.get_ref().get(key)
            && !node.get_ref().as_str().is_some_and(good)
        {
            sheet.say(&node.span(), format!("not {example}"));
        }
    }
    if let (Some(fact), true) = (expectation.get_ref().get("fact"), expectation.get_ref().get("is").is_some())
    {
        known(sheet, fact);
    }
}

fn prediction(sheet: &mut Sheet<'_>, data: &Data<'_>) {
    let Some(prediction) = data.get("prediction") else { return };
    let rows = prediction.get_ref().get("rows").map_or(&[][..], items);
    if rows.is_empty() {
        sheet.say(&prediction.span(), "a prediction offers rows: none here");
    }
    let mut offered = BTreeSet::new();
    for row in rows {
        let Some(id) = known(sheet, row) else { continue };
        if id.fact.live() {
            sheet.say(&row.span(), format!("{id} moves by itself and cannot be predicted"));
        }
        if !offered.insert(id) {
            sheet.say(&row.span(), format!("{id} is offered twice"));
        }
    }
    for refutation in prediction.get_ref().get("refute").map_or(&[][..], items) {
        let Some(row) = refutation.get_ref().get("row") else { continue };
        if let Some(id) = known(sheet, row)
            && !offered.contains(&id)
        {
            sheet.say(&row.span(), format!("a refutation of {id}, which the prediction does not offer"));
        }
    }
}

/// The fact of an id. One that does not exist is said here for all of them: reading the file stops at the first.
fn known(sheet: &mut Sheet<'_>, node: &Node<'_>) -> Option<FactId> {
    let text = node.get_ref().as_str()?;
    let error: UnknownFact = match text.parse() {
        Ok(id) => return Some(id),
        Err(error) => error,
    };
    let ids: Vec<_> = FactId::rows().map(|id| id.to_string()).collect();
    let guess = read::nearest(text, ids.iter().map(String::as_str));
    let problem = Problem::at(sheet.file, &node.span(), error.to_string());
    sheet.exact(match guess {
        Some(guess) => problem.help(format!("did you mean `{guess}`?")),
        None => problem,
    });
    None
}

fn text<'t>(node: &'t Node<'_>, key: &str) -> Option<&'t str> {
    node.get_ref().get(key)?.get_ref().as_str()
}
