//! Every kind of question: the empty answer, a wrong one, the key.

use std::collections::BTreeMap;

use super::*;

/// Three options of which two are right, and the rest of a question around them.
fn question(kind: &str) -> Question {
    let text = format!("id = \"q\"\ntext = {{ ru = \"?\", en = \"?\" }}\n{kind}");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn chosen(ids: &str) -> Answer {
    Answer::Chosen(ids.split_whitespace().map(str::to_owned).collect())
}

fn ordered(ids: &str) -> Answer {
    Answer::Ordered(ids.split_whitespace().map(str::to_owned).collect())
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pair = |pair: &str| pair.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
    text.split_whitespace().filter_map(pair).collect()
}

fn part(question: &Question, answer: &Answer) -> f64 {
    question.grade(answer, None).expect("it fits").part.expect("it is scored")
}

const OPTIONS: &str = r#"
options = [
  { id = "a", text = { ru = "а", en = "a" }, right = true, weight = 0.5, because = { ru = "да", en = "yes" } },
  { id = "b", text = { ru = "б", en = "b" }, right = true, weight = 0.25, because = { ru = "да", en = "yes" } },
  { id = "c", text = { ru = "в", en = "c" }, weight = -1, because = { ru = "нет", en = "no" } },
]"#;

#[test]
fn each_rule_of_scoring_is_what_its_name_says() {
    for (scoring, parts) in
        [("exact", "0 0 1 0 0"), ("per-option", "0 0.5 1 0.5 0"), ("weights", "0 0.5 0.75 0 0")]
    {
        let question = question(&format!("kind = \"multiple\"\nscoring = \"{scoring}\"\n{OPTIONS}"));
        let answers = ["", "a", "a b", "a b c", "c"];
        assert_eq!(
            answers.map(|ids| part(&question, &chosen(ids)).to_string()).join(" "),
            parts,
            "{scoring}"
        );
    }
}

#[test]
fn the_key_is_worth_everything_and_nothing_is_worth_nothing() {
    let item = |id: &str| format!("{{ id = \"{id}\", text = {{ ru = \"{id}\", en = \"{id}\" }} }}");
    let because = "because = { ru = \"так\", en = \"so\" }";
    let (one, two) = (item("one"), item("two"));
    let sorted = |id: &str, group: &str| {
        format!(
            "{{ id = \"{id}\", text = {{ ru = \"{id}\", en = \"{id}\" }}, group = \"{group}\", {because} }}"
        )
    };
    let pair = |id: &str| {
        format!(
            "{{ id = \"{id}\", left = {{ ru = \"{id}\", en = \"{id}\" }}, right = {{ ru = \"{id}\", en = \"{id}\" }}, {because} }}"
        )
    };
    for (kind, empty, wrong) in [
        (OPTIONS.replace("right = true, weight = 0.25", "weight = 0") + "\nkind = \"single\"", chosen(""), chosen("b")),
        (OPTIONS.to_owned() + "\nkind = \"multiple\"", chosen(""), chosen("a c")),
        (format!("kind = \"bool\"\nanswer = true\n{because}"), Answer::Said(false), Answer::Said(false)),
        (format!("kind = \"order\"\nitems = [{one}, {two}]"), ordered(""), ordered("two one")),
        (
            format!("kind = \"match\"\npairs = [{}, {}]", pair("one"), pair("two")),
            Answer::Put(pairs("")),
            Answer::Put(pairs("one=two two=one")),
        ),
        (
            format!("kind = \"classify\"\ngroups = [{one}, {two}]\nitems = [{}]", sorted("x", "two")),
            Answer::Put(pairs("")),
            Answer::Put(pairs("x=one")),
        ),
        ("kind = \"number\"\nvalue = 443".to_owned(), Answer::Typed(String::new()), Answer::Typed("444".into())),
        (
            "kind = \"text\"\naccept = [\"docker ps\"]".to_owned(),
            Answer::Typed(String::new()),
            Answer::Typed("docker".into()),
        ),
        (
            format!("kind = \"blanks\"\nbody = \"FROM {{{{a}}}}\"\nblanks = [{{ id = \"a\", accept = [\"x\"], {because} }}]"),
            Answer::Filled(pairs("")),
            Answer::Filled(pairs("a=y")),
        ),
        (
            "kind = \"fault\"\nlines = [{ id = \"l1\", line = \"FROM x\" }, { id = \"l2\", line = \"RUM y\", fault = true }]"
                .to_owned(),
            chosen(""),
            chosen("l1 l2"),
        ),
    ] {
        let question = question(&kind);
        let key = question.key().expect("it has a key");
        assert!((part(&question, &key) - 1.0).abs() < f64::EPSILON, "{kind}");
        assert!(question.grade(&key, None).expect("fits").is_full(), "{kind}");
        for answer in [empty, wrong] {
            assert!(part(&question, &answer) < f64::EPSILON, "{kind}: {answer:?}");
            let marks = question.grade(&answer, None).expect("fits").marks;
            assert!(marks.iter().any(|mark| matches!(mark.verdict, Verdict::Wrong | Verdict::Missed)), "{kind}");
        }
        assert!(question.fits(&Answer::Chosen(["no such id".to_owned()].into())).is_err(), "{kind}");
    }
}

#[test]
fn lines_that_may_be_swapped_are_right_either_way_and_strangers_nowhere() {
    let item = |id: &str| format!("{{ id = \"{id}\", text = {{ ru = \"{id}\", en = \"{id}\" }} }}");
    let question = question(&format!(
        "kind = \"order\"\nitems = [{}, {}, {}]\nswap = [[\"b\", \"c\"]]\nextra = [{{ id = \"x\", text = {{ ru = \"x\", en = \"x\" }}, because = {{ ru = \"лишнее\", en = \"a stranger\" }} }}]",
        item("a"),
        item("b"),
        item("c"),
    ));
    for (order, right) in [
        ("a b c", true),
        ("a c b", true),
        ("b a c", false),
        ("a b", false),
        ("a b c x", false),
        ("x a b c", false),
    ] {
        assert_eq!(question.grade(&ordered(order), None).expect("fits").is_full(), right, "{order}");
    }
    assert_eq!(question.fits(&ordered("a a b")), Err(Misfit::TooMany));
}

#[test]
fn numbers_have_a_tolerance_and_known_mistakes_are_named() {
    let question = question(
        "kind = \"number\"\nvalue = 100\ntolerance = 5\nwrong = [{ is = \"1000\", because = { ru = \"это КБ\", en = \"these are KB\" } }]",
    );
    for (typed, right) in [("100", true), ("95", true), ("105,0", true), ("105.01", false), ("сто", false)]
    {
        assert_eq!(
            question.grade(&Answer::Typed(typed.into()), None).expect("fits").is_full(),
            right,
            "{typed}"
        );
    }
    let grade = question.grade(&Answer::Typed("1 000".into()), None).expect("fits");
    assert_eq!(grade.marks[0].because.as_ref().map(|text| text.en.as_str()), Some("these are KB"));
}

#[test]
fn only_the_kernel_has_the_key_to_what_it_is_asked() {
    let question = question(
        r#"kind = "kernel"
step = "namespaces#uts"
options = [
  { id = "same", text = { ru = "то же", en = "the same" }, when = { fact = "host.hostname", is = "unchanged" }, because = { ru = "да", en = "yes" } },
  { id = "other", text = { ru = "другое", en = "another" }, when = { fact = "host.hostname", is = "changed" }, because = { ru = "нет", en = "no" } },
]"#,
    );
    assert_eq!(question.key(), None);
    let answer = chosen("same");
    assert_eq!(question.grade(&answer, None).expect("fits").part, None);
    assert_eq!(question.grade(&answer, Some("same")).expect("fits").part, Some(1.0));
    assert_eq!(question.grade(&answer, Some("other")).expect("fits").part, Some(0.0));
    assert_eq!(question.fits(&chosen("same other")), Err(Misfit::TooMany));
}

#[test]
fn an_unknown_field_is_an_error_whatever_the_kind() {
    let text = "id = \"q\"\ntext = { ru = \"?\", en = \"?\" }\nkind = \"number\"\nvalue = 1\ntolerence = 2";
    let error = toml::from_str::<Question>(text).expect_err("misspelt");
    assert!(error.message().contains("tolerence"), "{error}");
}
