//! What a question must be to be asked: said in words for its author.

use std::collections::BTreeSet;

use super::{
    answer::Answer,
    kind::{Choice, Kind},
    question::{Question, Scoring},
};

/// The least and the most options.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=8;

impl Question {
    /// Everything that is wrong with it, in English as for authors; nothing where it can be asked.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut say = |wrong: bool, what: String| {
            if wrong {
                faults.push(what);
            }
        };
        say(!(self.points > 0.0 && self.points <= 100.0), "points are over 0, at most 100".to_owned());
        say(
            self.seconds.is_some_and(|seconds| !(5..=3600).contains(&seconds)),
            "5 to 3600 seconds".to_owned(),
        );
        for ids in [self.ids(), self.places()] {
            let once: BTreeSet<_> = ids.iter().collect();
            say(once.len() < ids.len(), "two of its ids are the same".to_owned());
        }
        faults.extend(self.kind_faults());
        if faults.is_empty() {
            faults.extend(self.key_faults());
        }
        faults
    }

    fn kind_faults(&self) -> impl Iterator<Item = String> {
        [self.choice_faults(), self.place_faults(), self.typed_faults()].into_iter().flatten().flatten()
    }

    /// Where one of several is chosen.
    fn choice_faults(&self) -> Vec<Option<String>> {
        match &self.kind {
            Kind::Single { options } => {
                let right = rights(options);
                vec![
                    count("options", options.len()),
                    (right != 1).then(|| format!("exactly one option is right, not {right}")),
                    wrong(options.iter().any(|option| option.weight.is_some()), "weights without `scoring`"),
                ]
            }
            Kind::Multiple { options, scoring } => {
                let (right, weighed) =
                    (rights(options), options.iter().any(|option| option.weight.is_some()));
                vec![
                    count("options", options.len()),
                    wrong(right == 0 || right == options.len(), "at least one option is right and one wrong"),
                    wrong(
                        weighed != (*scoring == Scoring::Weights),
                        "weights go with `scoring = \"weights\"`",
                    ),
                ]
            }
            Kind::Kernel { step, options } => vec![
                count("options", options.len()),
                wrong(step.split_once('#').is_none(), "`step` is a lab and its step: namespaces#uts"),
            ],
            Kind::Poll { options } => vec![count("options", options.len())],
            _ => Vec::new(),
        }
    }

    /// Where things are put in order or to each other.
    fn place_faults(&self) -> Vec<Option<String>> {
        match &self.kind {
            Kind::Order { items, swap, extra } => {
                let known = |id: &String| items.iter().any(|item| item.id == *id);
                vec![
                    wrong(items.len() < 2, "at least two lines to put in order"),
                    wrong(items.len() + extra.len() > 16, "at most sixteen lines"),
                    wrong(!swap.iter().flatten().all(known), "`swap` names a line that is not there"),
                    wrong(extra.iter().any(|line| line.right), "an extra line is never right"),
                ]
            }
            Kind::Match { pairs, extra } => vec![
                count("pairs", pairs.len()),
                wrong(extra.iter().any(|side| side.right), "an extra side is never right"),
            ],
            Kind::Classify { groups, items } => {
                let known = |group: &String| groups.iter().any(|there| there.id == *group);
                vec![
                    count("groups", groups.len()),
                    wrong(items.is_empty() || items.len() > 16, "one to sixteen items"),
                    wrong(
                        !items.iter().all(|item| known(&item.group)),
                        "an item of a group that is not there",
                    ),
                ]
            }
            _ => Vec::new(),
        }
    }

    /// Where something is typed, or found in a text.
    fn typed_faults(&self) -> Vec<Option<String>> {
        match &self.kind {
            Kind::Number { value, tolerance, .. } => {
                let good = value.is_finite() && tolerance.is_finite() && *tolerance >= 0.0;
                vec![wrong(!good, "a number, and a tolerance that is not below 0")]
            }
            Kind::Text { accept, .. } => vec![wrong(accept.is_empty(), "nothing is accepted")],
            Kind::Blanks { body, blanks } => {
                let named: BTreeSet<&str> = gaps(body).collect();
                let there: BTreeSet<&str> = blanks.iter().map(|blank| blank.id.as_str()).collect();
                vec![
                    wrong(
                        named != there,
                        "each {{gap}} of the body is one of `blanks`, and the other way round",
                    ),
                    wrong(blanks.is_empty(), "no gap"),
                    wrong(
                        blanks.iter().any(|blank| blank.accept.is_empty()),
                        "a gap in which nothing is accepted",
                    ),
                ]
            }
            Kind::Fault { lines } => {
                let faulty = lines.iter().filter(|line| line.fault).count();
                let silent = lines.iter().any(|line| line.fault && line.because.is_none());
                vec![
                    wrong(
                        faulty == 0 || faulty == lines.len(),
                        "at least one line is at fault and one is not",
                    ),
                    wrong(silent, "a line at fault says why in `because`"),
                    wrong(lines.len() > 24, "at most twenty-four lines"),
                ]
            }
            _ => Vec::new(),
        }
    }

    /// The key must be worth everything, and nothing answered must not be.
    fn key_faults(&self) -> Vec<String> {
        let Some(key) = self.key() else { return Vec::new() };
        let full = |answer: &Answer| self.grade(answer, None).is_ok_and(|grade| grade.is_full());
        let mut faults = Vec::new();
        if !full(&key) {
            faults.push("its own key is not worth all points".to_owned());
        }
        if full(&key.emptied()) && !matches!(key, Answer::Said(_)) {
            faults.push("an empty answer is worth all points".to_owned());
        }
        faults
    }
}

fn count(what: &str, number: usize) -> Option<String> {
    (!OPTIONS.contains(&number)).then(|| format!("two to eight {what}, not {number}"))
}

fn wrong(is: bool, what: &str) -> Option<String> {
    is.then(|| what.to_owned())
}

fn rights(options: &[Choice]) -> usize {
    options.iter().filter(|option| option.right).count()
}

/// The ids of the gaps in a text, `{{id}}`.
pub fn gaps(body: &str) -> impl Iterator<Item = &str> {
    body.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(id, _)| id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(kind: &str) -> String {
        let text = format!("id = \"q\"\ntext = {{ ru = \"?\", en = \"?\" }}\n{kind}");
        toml::from_str::<Question>(&text)
            .unwrap_or_else(|error| panic!("{error}\n{text}"))
            .faults()
            .join("; ")
    }

    #[test]
    fn each_rule_is_broken_once() {
        let option = |id: &str, more: &str| {
            format!(
                "{{ id = \"{id}\", text = {{ ru = \"о\", en = \"o\" }}, because = {{ ru = \"п\", en = \"b\" }}{more} }}"
            )
        };
        let (right, wrong) = (option("a", ", right = true"), option("b", ""));
        let item = "{ id = \"a\", text = { ru = \"и\", en = \"i\" } }";
        let because = "because = { ru = \"п\", en = \"b\" }";
        for (kind, fault) in [
            (format!("kind = \"single\"\noptions = [{right}, {wrong}]"), ""),
            (format!("kind = \"single\"\noptions = [{right}]"), "two to eight options, not 1"),
            (format!("kind = \"single\"\noptions = [{wrong}, {}]", option("c", "")), "exactly one option is right, not 0"),
            (format!("kind = \"single\"\noptions = [{right}, {}]", option("a", "")), "two of its ids are the same"),
            (format!("kind = \"single\"\npoints = 0\noptions = [{right}, {wrong}]"), "points are over 0, at most 100"),
            (format!("kind = \"single\"\nseconds = 1\noptions = [{right}, {wrong}]"), "5 to 3600 seconds"),
            (
                format!("kind = \"multiple\"\noptions = [{right}, {}]", option("c", ", right = true")),
                "at least one option is right and one wrong",
            ),
            (
                format!("kind = \"multiple\"\nscoring = \"weights\"\noptions = [{right}, {wrong}]"),
                "weights go with `scoring = \"weights\"`",
            ),
            (
                format!(
                    "kind = \"multiple\"\nscoring = \"weights\"\noptions = [{}, {wrong}]",
                    option("a", ", right = true, weight = 0.5")
                ),
                "its own key is not worth all points",
            ),
            (format!("kind = \"order\"\nitems = [{item}]"), "at least two lines to put in order"),
            (
                format!("kind = \"classify\"\ngroups = [{item}, {}]\nitems = [{{ id = \"x\", text = {{ ru = \"и\", en = \"i\" }}, group = \"z\", {because} }}]", item.replace("\"a\"", "\"b\"")),
                "an item of a group that is not there",
            ),
            ("kind = \"number\"\nvalue = 1\ntolerance = -1".to_owned(), "a number, and a tolerance that is not below 0"),
            ("kind = \"text\"\naccept = []".to_owned(), "nothing is accepted"),
            ("kind = \"text\"\naccept = [\" \"]".to_owned(), "an empty answer is worth all points"),
            (
                format!("kind = \"blanks\"\nbody = \"{{{{a}}}} {{{{b}}}}\"\nblanks = [{{ id = \"a\", accept = [\"x\"], {because} }}]"),
                "each {{gap}} of the body is one of `blanks`, and the other way round",
            ),
            ("kind = \"fault\"\nlines = [{ id = \"a\", line = \"x\" }]".to_owned(), "at least one line is at fault and one is not"),
            (
                "kind = \"fault\"\nlines = [{ id = \"a\", line = \"x\", fault = true }, { id = \"b\", line = \"y\" }]".to_owned(),
                "a line at fault says why in `because`",
            ),
            (format!("kind = \"poll\"\noptions = [{item}]"), "two to eight options, not 1"),
        ] {
            assert_eq!(faults(&kind), fault, "{kind}");
        }
    }
}
