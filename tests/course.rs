//! The course files: the embedded course is clean, and a broken one says where.

#![expect(clippy::unwrap_used, reason = "in a test, a failure is an answer")]

use std::{fs, os::unix::fs::symlink, path::Path};

use korobka::{
    course::{
        Course,
        lint::{self, Report},
        markdown::Block,
        source::Source,
    },
    i18n::Lang,
    lab::fact::Fact,
};
use proptest::prelude::*;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/course");
const FILES: [&str; 6] =
    ["en.md", "lab/01-denied.toml", "lab/02-uts.toml", "lab/lab.toml", "lesson.toml", "ru.md"];

/// The fixture with one text replaced in one file, checked.
fn broken(file: &str, from: &str, to: &str) -> Report {
    let texts: Vec<_> = FILES
        .iter()
        .map(|name| {
            let path = format!("lessons/01-isolation/{name}");
            let mut text = fs::read_to_string(format!("{FIXTURE}/{path}")).unwrap();
            if *name == file {
                assert!(text.contains(from), "{from:?} is not in {name}");
                text = text.replacen(from, to, 1);
            }
            (path, text)
        })
        .collect();
    lint::check(&Source::of_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))))
}

/// Every error on a line of its own, with its help.
fn short(report: &Report) -> String {
    let lines = report.errors.0.iter().map(|p| match &p.help {
        Some(help) => format!("{} [{help}]", p.short()),
        None => p.short(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_embedded_course_has_no_errors() {
    let report = lint::check(&Source::embedded());
    assert!(report.errors.is_empty(), "{report}");
    assert!(report.lessons > 0);
    let course = Course::embedded().unwrap();
    for lesson in &course.lessons {
        let pages = Lang::ALL.map(|lang| lesson.pages(lang).unwrap().len());
        assert_eq!(pages[0], pages[1]);
        if let Some(lab) = &lesson.lab {
            assert_eq!(lab.load().unwrap().steps.len(), lab.len());
        }
    }
}

#[test]
fn a_course_directory_loads_with_pages_questions_and_lab() {
    let course = Course::from_dir(Path::new(FIXTURE)).unwrap();
    let lesson = course.lesson("isolation").expect("by id");
    assert_eq!(course.lesson("1"), Some(lesson));
    assert_eq!((lesson.number, lesson.minutes, lesson.questions.len()), (1, 5, 1));
    for lang in Lang::ALL {
        let pages = lesson.pages(lang).unwrap();
        assert_eq!(pages.len(), 2);
        assert!(matches!(pages[0].blocks[..], [Block::Paragraph(_), Block::Table { .. }]));
        assert!(matches!(&pages[1].blocks[..], [Block::Code { language, .. }] if language == "diagram"));
    }
    let lab = course.lab("names").expect("lab").load().unwrap();
    assert_eq!(lab.steps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["denied", "uts"]);
}

#[test]
fn each_broken_rule_names_its_line_and_column() {
    let cases = [
        ("lesson.toml", "title", "tittle"),
        ("lesson.toml", "minutes = 5", "minutes = \"five\""),
        ("lesson.toml", "minutes = 5", "minutes = "),
        ("lesson.toml", "right = true\n", ""),
        ("lesson.toml", "en = \"A process\"", "en = \" \""),
        ("lesson.toml", "id = \"what-is-a-container\"", "id = \"What is it\""),
        ("lesson.toml", "id = \"what-is-a-container\"", "id = \"why-uts\""),
        ("lesson.toml", "en = \"All share", "en = \"\\u001b[31mAll share"),
        ("lab/lab.toml", "id = \"names\"", "id = \"renamed\""),
        ("lab/lab.toml", "start = \"bare\"", "start = \"bear\""),
        ("lab/02-uts.toml", "id = \"uts\"", "id = \"denied\""),
        ("lab/02-uts.toml", "fact = \"subject.ns.uts\"", "fact = \"subject.ns.utz\""),
        ("lab/02-uts.toml", "\"subject.hostname\", \"host", "\"subject.processes\", \"host"),
        ("lab/02-uts.toml", "row = \"host.hostname\"", "row = \"subject.uid\""),
        ("lab/02-uts.toml", "is = \"differs-from-host\"", "is = \"differs-from-hots\""),
        ("lab/02-uts.toml", "fact = \"subject.hostname\"", "errno = \"EPERM\""),
        ("lab/02-uts.toml", "name = \"box\"", "name = \"-box\""),
        ("lab/02-uts.toml", "do = \"set-hostname\"", "do = \"set-hostnames\""),
        ("lab/02-uts.toml", "{ do = \"unshare\", ns = [\"uts\"] }", "{ do = \"unshare\", ns = [] }"),
        ("lab/02-uts.toml", "name = \"box\" }", "name = \"box\", path = \"/etc\" }"),
        ("lab/01-denied.toml", "errno = \"EPERM\"", "errno = \"eperm\""),
        ("lab/01-denied.toml", "[{ do = \"try-unshare\", ns = [\"uts\"] }]", "[]"),
        ("lab/01-denied.toml", "[{ refused = \"unshare\", errno = \"EPERM\" }]", "[]"),
        ("lab/01-denied.toml", "en = \"The kernel refused: `EPERM`.\"", "en = \"- see <b>EPERM</b>\""),
        ("en.md", "## The wall", "## The wall\n\n## One more"),
        ("en.md", "name | `uts` |", "name | `uts` |\n| a | b |"),
        ("en.md", "lab:names#uts", "lab:names#utz"),
        ("en.md", "lesson:isolation", "lesson:isolatoin"),
        ("en.md", "lab:names#uts", "file:///etc/passwd"),
        ("en.md", "A container", "A <b>container</b>"),
        ("en.md", "A container", "A ![picture](x.png) container"),
        ("en.md", "## One process", "Before\n\n## One process"),
        ("en.md", "## The wall", "# The wall"),
        (
            "en.md",
            "┌────────┐",
            "┌────────────────────────────────────────────────────────────────────────────┐",
        ),
        ("ru.md", "Контейнер", "\u{1b}[31mКонтейнер"),
    ];
    let found: Vec<_> = cases
        .iter()
        .map(|(file, from, to)| {
            let report = broken(file, from, to);
            assert!(!report.errors.is_empty(), "{from:?} → {to:?} passes");
            format!("{from:?} → {to:?}\n{}", short(&report))
        })
        .collect();
    insta::assert_snapshot!(found.join("\n\n"));
}

#[test]
fn each_broken_control_names_its_line_and_column() {
    let cases = [
        ("key = \"n\"", "key = \"N\""),
        ("key = \"n\"", "key = \"u\""),
        ("key = \"n\"", "key = \"no\""),
        ("key = \"f\"", "key = \"n\""),
        ("id = \"fork\"", "id = \"name\""),
        ("id = \"fork\"", "id = \"a fork\""),
        ("do = \"set-hostname\"", "do = \"set-hostname\", name = \"box\""),
        ("name = \"name\", ", "name = \"naem\", "),
        ("default = \"box\"", "default = \"-box\""),
        ("default = \"box\"", "default = \"\""),
        ("kind = \"text\"", "kind = \"texts\""),
        ("kind = \"text\"", "kind = \"amount\""),
        ("en = \"fork\"", "en = \"\""),
    ];
    let found: Vec<_> = cases
        .iter()
        .map(|(from, to)| {
            let report = broken("lab/lab.toml", from, to);
            assert!(!report.errors.is_empty(), "{from:?} → {to:?} passes");
            format!("{from:?} → {to:?}\n{}", short(&report))
        })
        .collect();
    insta::assert_snapshot!(found.join("\n\n"));
}

#[test]
fn all_errors_are_shown_at_once_with_their_lines_and_carets() {
    let rows = "[\"subject.ns.uts\", \"subject.hostname\", \"host.hostname\"]";
    let report = broken("lab/02-uts.toml", rows, "[\"subject.ns.utz\", \"host.processes\"]");
    insta::assert_snapshot!(report);
}

#[test]
fn the_document_for_authors_is_a_course_and_names_every_fact_and_action() {
    let doc = include_str!("../docs/course-format.md");
    let tables: Vec<_> =
        doc.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let page = "## A\n\nSee [it](lab:namespaces#uts).\n";
    let report = lint::check(&Source::of_texts([
        ("lessons/05-namespaces/lesson.toml", tables[0]),
        ("lessons/05-namespaces/lab/lab.toml", &*format!("{}{}", tables[1], tables[2])),
        ("lessons/05-namespaces/lab/01-uts.toml", tables[3]),
        ("lessons/05-namespaces/ru.md", page),
        ("lessons/05-namespaces/en.md", page),
    ]));
    assert!(report.errors.is_empty(), "{report}");
    for fact in Fact::ALL {
        let live = if fact.live() { "*" } else { "" };
        assert!(doc.contains(&format!("`{}`{live}", fact.id())), "{}", fact.id());
    }
    // what serde says is expected is the list itself
    let all = short(&broken("lab/02-uts.toml", "do = \"set-hostname\"", "do = \"nothing\""));
    let all: Vec<_> = all.split('`').skip(3).step_by(2).collect();
    assert!(all.len() >= 16, "{all:?}");
    let rows: Vec<_> =
        doc.lines().filter_map(|line| line.strip_prefix("| `{ do = ")?.split('`').next()).collect();
    for action in &all {
        assert!(rows.iter().any(|row| row.starts_with(&format!("\"{action}\""))), "{action}");
    }
    for row in rows {
        let from = "{ do = \"set-hostname\", name = \"box\" }";
        let report = broken("lab/02-uts.toml", from, &format!("{{ do = {row}"));
        assert!(report.errors.is_empty(), "{report}");
    }
}

#[test]
fn no_message_carries_a_control_character_to_the_terminal() {
    let cases = [
        ("lesson.toml", "minutes", "\"\\u001b[2Jminutes\""),
        ("lesson.toml", "id = \"what", "id = \"\\u0007what"),
        ("lab/02-uts.toml", "fact = \"subject.ns.uts", "fact = \"subject.\\u001b[31mns.uts"),
        ("lab/02-uts.toml", "title", "\u{1b}title"),
        ("en.md", "lab:names#uts", "lab:\u{1b}[31mnames"),
        ("en.md", "A container", "A <b\u{1b}[31m>container</b>"),
        ("en.md", "## One", "before \u{1b}[31m\u{202e}\n\n## One"),
    ];
    for (file, from, to) in cases {
        let report = broken(file, from, to);
        assert!(!report.errors.is_empty(), "{to:?}");
        let text = format!("{report}{}", short(&report));
        let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{to:?} in {text}");
    }
}

#[test]
fn a_hostile_directory_is_refused_path_by_path() {
    let dir = tempfile::tempdir().unwrap();
    let lesson = dir.path().join("lessons/01-evil");
    fs::create_dir_all(lesson.join("lab/a/b/c/d")).unwrap();
    symlink("/etc/passwd", lesson.join("ru.md")).unwrap();
    nix::unistd::mkfifo(&lesson.join("lab/02-pipe.toml"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    symlink("/", lesson.join("lab/root")).unwrap();
    fs::write(lesson.join("en.md"), vec![b'a'; (1 << 20) + 1]).unwrap();
    fs::write(lesson.join("lesson.toml"), b"title = \"\xff\"").unwrap();
    fs::write(lesson.join("lab/lab.toml"), format!("id = {}", "[".repeat(100_000))).unwrap();
    fs::write(lesson.join("lab/01-a.toml"), format!("{}b = 1", "a.".repeat(100_000))).unwrap();
    fs::write(lesson.join("run.sh"), "rm -rf /").unwrap();
    let errors = Course::from_dir(dir.path()).unwrap_err();
    let root = dir.path().display().to_string();
    let lines = errors.0.iter().map(|p| p.short().replace(&root, "DIR"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_directory_that_is_no_course_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Course::from_dir(dir.path()).unwrap_err();
    assert!(missing.to_string().contains(&dir.path().join("lessons").display().to_string()), "{missing}");
    fs::create_dir(dir.path().join("lessons")).unwrap();
    let empty = Course::from_dir(dir.path()).unwrap_err();
    assert!(empty.to_string().contains("no lessons"), "{empty}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_course_with_anything_changed_is_checked_without_a_panic(
        file in 0..FILES.len(),
        permille in 0..1000_usize,
        cut in 0..40_usize,
        put in "\\PC{0,20}|[\\[\\]{}=\"'\\n#.a1]{0,20}",
    ) {
        let path = format!("{FIXTURE}/lessons/01-isolation/{}", FILES[file]);
        let all: Vec<char> = fs::read_to_string(path).unwrap().chars().collect();
        let at = permille * all.len() / 1000;
        let whole: String = all.iter().collect();
        let changed: String =
            all[..at].iter().copied().chain(put.chars()).chain(all[(at + cut).min(all.len())..].iter().copied()).collect();
        let report = broken(FILES[file], &whole, &changed);
        prop_assert!(report.errors.0.iter().all(|p| p.path.starts_with("lessons/01-isolation")), "{}", report);
    }
}

#[test]
fn a_quiz_is_checked_with_the_course() {
    let quiz = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/quizzes/10-async.toml")).unwrap();
    let report = |quiz: &str, name: &str| {
        let texts: Vec<_> = FILES
            .iter()
            .map(|file| {
                let path = format!("lessons/01-isolation/{file}");
                (path.clone(), fs::read_to_string(format!("{FIXTURE}/{path}")).unwrap())
            })
            .chain([(format!("quizzes/{name}"), quiz.to_owned())])
            .collect();
        lint::check(&Source::of_texts(texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))))
    };
    let good = report(&quiz, "10-async.toml");
    assert!(good.errors.is_empty() && good.quizzes == 1, "{good}");
    for (from, to, said) in [
        ("right = true\n", "", "quizzes/10-async.toml:8:6: exactly one option is right, not 0"),
        ("kind = \"single\"", "kind = \"simple\"", "unknown variant `simple`"),
        ("pass = 60", "lessons = [\"isolatoin\"]", "no such lesson: isolatoin [did you mean `isolation`?]"),
        ("id = \"broker\"", "id = \"celery\"", "a second question with the id \"celery\""),
        ("id = \"cron\"", "id = \"queue\"", "two of its ids are the same"),
        ("en = \"Celery is…\"", "en = \"\"", "an empty text"),
    ] {
        let said_now = short(&report(&quiz.replacen(from, to, 1), "10-async.toml"));
        assert!(said_now.contains(said), "{said}: {said_now}");
    }
    let misnamed = short(&report(&quiz, "async.toml"));
    assert!(
        misnamed.contains("quizzes/async.toml: not a file of a course [a quiz is NN-name.toml]"),
        "{misnamed}"
    );
}
