//! What holds for a quiz: each question can be asked, and what it names is there.

use std::ops::Range;

use super::{
    Sheet,
    data::{Data, items},
};
use crate::{
    course::read,
    quiz::{Kind, Question, Quiz},
};

pub(super) fn check(sheet: &mut Sheet<'_>, data: &Data<'_>) {
    if let Some(lessons) = data.get("lessons") {
        for lesson in items(lessons) {
            known(sheet, lesson.get_ref().as_str().unwrap_or_default(), &lesson.span());
        }
    }
    let Ok(quiz) = read::decode::<Quiz>(sheet.file) else { return };
    let nodes = data.items("question");
    if quiz.questions.is_empty() {
        sheet.say(&(0..0), "a quiz without questions");
    }
    for (question, node) in quiz.questions.iter().zip(nodes) {
        let place = node.get_ref().get("id").map_or_else(|| node.span(), toml::Spanned::span);
        for fault in question.faults() {
            sheet.say(&place, fault);
        }
        names(sheet, question, &place);
    }
}

/// What a question refers to.
fn names(sheet: &mut Sheet<'_>, question: &Question, place: &Range<usize>) {
    for lesson in &question.lessons {
        known(sheet, lesson, place);
    }
    if let Kind::Kernel { step, .. } = &question.kind {
        let there = step
            .split_once('#')
            .is_some_and(|(lab, step)| sheet.places.labs.get(lab).is_some_and(|steps| steps.contains(step)));
        if !there {
            sheet.say(place, format!("no such step: {step}"));
        }
    }
}

fn known(sheet: &mut Sheet<'_>, lesson: &str, place: &Range<usize>) {
    if !sheet.places.lessons.contains(lesson) {
        let guess = read::nearest(lesson, sheet.places.lessons.iter().map(String::as_str));
        match guess.map(|guess| format!("did you mean `{guess}`?")) {
            Some(guess) => sheet.help(place, format!("no such lesson: {lesson}"), guess),
            None => sheet.say(place, format!("no such lesson: {lesson}")),
        }
    }
}
