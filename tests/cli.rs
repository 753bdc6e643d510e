//! The command line, on the real program.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

use serde_json::Value;

#[cfg(test)]
mod support {
    pub(crate) mod command;
    pub(crate) mod skip;
}

use support::{
    command::{Ended, Korobka, korobka, korobka_below, lines},
    skip::skip,
};

/// What `lab namespaces --auto` with these arguments writes, unless this machine cannot act it.
fn auto(test: &str, arguments: &[&str], code: i32) -> Option<Ended> {
    let ended = korobka(&[&["lab", "namespaces", "--auto"], arguments].concat());
    if ended.code == 3 {
        skip(test, ended.err.trim());
        return None;
    }
    Some(ended.code(code))
}

fn of<'a>(lines: &'a [Value], event: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["event"] == event)
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in [&["--help"][..], &["-h"], &["lab", "--help"], &["--version"], &["help", "doctor"]] {
        let ended = korobka(arguments).code(0);
        assert!(ended.out.contains("korobka") && ended.err.is_empty(), "{arguments:?}: {}", ended.out);
    }
    assert!(korobka(&["--help"]).out.contains("3: this machine cannot do it"));
}

#[test]
fn wrong_usage_is_2_and_says_so_in_the_chosen_language() {
    for (arguments, english, russian) in [
        (&["lba"][..], "no such command: lba", "нет такой команды: lba"),
        (&["lab"], "missing: <ID>", "не хватает: <ID>"),
        (&["lab", "namespaces", "--format", "json"], "missing: --auto", "не хватает: --auto"),
        (&["lab", "nothing", "--auto"], "no such lab: nothing", "нет такой лабораторной: nothing"),
        (&["lab", "namespaces", "--auto", "--step", "99"], "no such step: 99", "нет такого шага: 99"),
        (&["lab", "namespaces", "--auto", "--step", "0"], "no such step: 0", "нет такого шага: 0"),
        (&["lesson", "nothing"], "no such lesson: nothing", "нет такого урока: nothing"),
    ] {
        let said = korobka(arguments).code(2);
        assert!(said.out.is_empty() && said.err.contains(english), "{arguments:?}: {}", said.err);
        let said = korobka(&[arguments, &["--lang", "ru"]].concat()).code(2);
        assert!(said.err.contains(russian), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn the_language_comes_from_the_option_then_from_the_environment() {
    let root = tempfile::tempdir().expect("a directory");
    let title = |korobka: Korobka| korobka.run().code(0).out.lines().next().unwrap_or_default().to_owned();
    let english = title(Korobka::new(root.path(), &["lessons"]));
    let russian = title(Korobka::new(root.path(), &["lessons", "--lang", "ru"]));
    assert_ne!(english, russian);
    let env = |name: &str, value: &str| title(Korobka::new(root.path(), &["lessons"]).env(name, value));
    assert_eq!(env("LANG", "ru_RU.UTF-8"), russian);
    assert_eq!(env("LC_ALL", "ru_RU.UTF-8"), russian);
    assert_eq!(env("LC_MESSAGES", "de_DE.UTF-8"), english);
    let both = Korobka::new(root.path(), &["--lang", "en", "lessons"]).env("LANG", "ru_RU.UTF-8");
    assert_eq!(title(both), english);
}

#[test]
fn without_a_terminal_the_screen_names_the_way_without_it() {
    for arguments in [&[][..], &["lab", "namespaces"], &["lab", "namespaces", "--step", "uts"]] {
        let said = korobka(arguments).code(2);
        assert!(said.out.is_empty(), "{}", said.out);
        assert!(said.err.contains("korobka lab namespaces --auto"), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn a_lesson_is_read_without_a_terminal_too() {
    for (lang, title, question, answer) in [
        ("en", "5. Namespaces", "Question 6 of 6", "Answer: 4. "),
        ("ru", "5. Пространства имён", "Вопрос 6 из 6", "Ответ: 4. "),
    ] {
        let said = korobka(&["lesson", "namespaces", "--lang", lang]).code(0).out;
        for wanted in [title, "CLONE_NEWCGROUP", question, answer] {
            assert!(said.contains(wanted), "{lang}: {wanted} in {said}");
        }
        assert!(!said.contains("**") && !said.contains("](") && !said.contains('\u{1b}'), "{lang}: {said}");
    }
}

#[test]
fn lessons_are_listed_with_their_labs() {
    let said = korobka(&["lessons"]).code(0).out;
    assert!(said.lines().any(|line| line.starts_with("5. namespaces: ")), "{said}");
    assert!(said.contains("lab namespaces: "), "{said}");
    assert!(!said.contains('\u{1b}'));
}

#[test]
fn a_course_is_checked_and_its_errors_are_named_with_their_place() {
    let good = korobka(&["course", "check"]).code(0);
    assert!(good.out.contains("errors: 0"), "{}", good.out);
    let dir = tempfile::tempdir().expect("a directory");
    let lesson = dir.path().join("lessons/01-broken");
    std::fs::create_dir_all(&lesson).expect("a lesson");
    std::fs::write(lesson.join("lesson.toml"), "title = 7\n").expect("a file");
    let path = dir.path().to_str().expect("utf-8");
    for arguments in [&["course", "check", path][..], &["course", "check", "--course", path]] {
        let bad = korobka(arguments).code(1);
        assert!(bad.out.contains("lessons/01-broken/lesson.toml:1:9"), "{}", bad.out);
    }
    let bad = korobka(&["lessons", "--course", path, "--lang", "ru"]).code(1);
    assert!(bad.err.contains("в курсе есть ошибки") && bad.err.contains("lesson.toml"), "{}", bad.err);
}

#[test]
fn completions_and_the_manual_page_know_every_command() {
    let commands =
        ["lessons", "lesson", "lab", "doctor", "image", "inspect", "clean", "course", "completions", "man"];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = korobka(&["completions", shell]).code(0).out;
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
        assert!(!script.contains("@stage"), "{shell}: roles are nobody's business");
    }
    let page = korobka(&["man"]).code(0).out;
    assert!(page.contains(".TH korobka 1") || page.contains(".TH KOROBKA 1"), "{page}");
    assert!(commands.iter().all(|command| page.contains(&format!("korobka {command}"))), "{page}");
    assert!(page.contains("text|json") && page.contains("EXIT STATUS"), "{page}");
}

#[test]
fn clean_removes_the_directory_of_a_dead_session() {
    let root = tempfile::tempdir().expect("a directory");
    let dead = root.path().join("sessions/session-1");
    std::fs::create_dir_all(dead.join("box")).expect("a session");
    let said = Korobka::new(root.path(), &["clean"]).run().code(0);
    assert!(said.out.contains("session-1") && !dead.exists(), "{}", said.out);
    Korobka::new(root.path(), &["clean"]).run().code(0);
}

#[test]
fn doctor_answers_in_lines_that_are_objects() {
    let said = korobka(&["doctor", "--format", "json"]);
    assert!([0, 3].contains(&said.code), "{}", said.err);
    let lines = lines(&said.out);
    assert!(of(&lines, "check").count() > 10);
    assert_eq!(of(&lines, "ability").count(), 1);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let root = tempfile::tempdir().expect("a directory");
    let mut command = Korobka::new(root.path(), &["completions", "zsh"]).command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_reader_that_goes_away_ends_a_lab_and_nothing_is_left() {
    let root = tempfile::tempdir().expect("a directory");
    let mut command =
        Korobka::new(root.path(), &["lab", "namespaces", "--auto", "--format", "json"]).command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut first).expect("a line");
    let ended = child.wait_with_output().expect("it ends");
    if ended.status.code() == Some(3) {
        return skip("a_reader_that_goes_away_ends_a_lab_and_nothing_is_left", "no user namespaces");
    }
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(sessions(root.path()), 0);
}

fn sessions(root: &Path) -> usize {
    std::fs::read_dir(root.join("sessions")).map_or(0, Iterator::count)
}

#[test]
fn a_lab_without_a_screen_passes_every_step_as_promised_in_lab_json() {
    let name = "a_lab_without_a_screen_passes_every_step_as_promised_in_lab_json";
    let Some(ended) = auto(name, &["--format", "json"], 0) else { return };
    let lines = lines(&ended.out);
    let promised: &[(&str, &[&str])] = &[
        ("lab", &["event", "id", "mode", "kernel", "cgroup", "user"]),
        ("step", &["event", "id", "status", "reason"]),
        ("trace", &["event", "step", "call", "args", "result", "errno", "us"]),
        ("fact", &["event", "step", "id", "before", "after"]),
        ("expectation", &["event", "step", "id", "met"]),
        ("summary", &["event", "passed", "failed", "unavailable", "us"]),
    ];
    for line in &lines {
        let fields: Vec<_> = line.as_object().expect("an object").keys().map(String::as_str).collect();
        let event = line["event"].as_str().expect("an event");
        let (_, wanted) = promised.iter().find(|(name, _)| *name == event).expect("a promised event");
        assert!(wanted.iter().all(|field| fields.contains(field)) && fields.len() == wanted.len(), "{line}");
    }
    assert_eq!(lines.first().map(|line| &line["event"]), Some(&"lab".into()));
    assert_eq!(lines.last().map(|line| &line["event"]), Some(&"summary".into()));
    assert!(of(&lines, "step").count() >= 11);
    assert!(of(&lines, "step").all(|step| step["status"] != "failed"), "{}", ended.out);
    assert!(of(&lines, "trace").any(|trace| trace["call"] == "unshare" && trace["errno"] == "EPERM"));
    assert!(
        of(&lines, "fact").any(|fact| fact["id"] == "subject.ns.user" && fact["before"] != fact["after"])
    );
}

#[test]
fn where_user_namespaces_are_forbidden_it_is_3_with_cause_and_cure() {
    let name = "where_user_namespaces_are_forbidden_it_is_3_with_cause_and_cure";
    let forbidden = |lang: &str| {
        let line = "echo 0 > /proc/sys/user/max_user_namespaces || exit 99
                    exec setpriv --ambient-caps=-all --inh-caps=-all --bounding-set=-all \"$@\"";
        let args = ["--lang", lang, "lab", "namespaces", "--auto", "--format", "json"];
        let ordinary = ["unshare", "--map-user=1000", "--map-group=1000", "--keep-caps"];
        korobka_below(&[&ordinary[..], &["sh", "-c", line, "sh"]].concat(), &args)
    };
    for (lang, cure) in [("en", "Or, without changing anything"), ("ru", "Или, ничего не меняя")]
    {
        let ended = match forbidden(lang) {
            Some(ended) if ended.err.starts_with("error: ") || ended.err.starts_with("ошибка: ") => {
                ended.code(3)
            }
            Some(ended) if ended.code == 0 => panic!("it ran: {}", ended.out),
            Some(ended) => return skip(name, ended.err.trim()),
            None => return skip(name, "no unshare(1)"),
        };
        let lines = lines(&ended.out);
        let done = of(&lines, "step").filter(|step| step["status"] != "unavailable").map(|step| &step["id"]);
        assert_eq!(done.collect::<Vec<_>>(), ["bare"], "{}", ended.out);
        assert!(ended.err.contains("user.max_user_namespaces") && ended.err.contains(cure), "{}", ended.err);
    }
}

#[test]
fn strace_sees_the_calls_that_are_reported_in_the_same_order() {
    let name = "strace_sees_the_calls_that_are_reported_in_the_same_order";
    let calls = ["unshare", "setns", "mount", "umount2", "pivot_root", "sethostname"];
    let log = tempfile::NamedTempFile::new().expect("a file");
    let path = log.path().to_str().expect("utf-8");
    let only = format!("--trace={}", calls.join(","));
    let strace = ["strace", "-f", "-qq", "-o", path, &only];
    let ended = match korobka_below(&strace, &["lab", "namespaces", "--auto", "--format", "json"]) {
        Some(ended) if ended.err.is_empty() => ended.code(0),
        Some(ended) => return skip(name, ended.err.trim()),
        None => return skip(name, "no strace(1)"),
    };
    let seen = std::fs::read_to_string(path).expect("a log");
    // "4242 unshare(CLONE_NEWUTS) = 0"; the end of an interrupted line begins with "<..."
    let seen = seen.lines().filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('('));
    let seen: Vec<_> = seen.map(|(call, _)| call).filter(|call| calls.contains(call)).collect();
    let lines = lines(&ended.out);
    let said: Vec<_> = of(&lines, "trace").filter_map(|trace| trace["call"].as_str()).collect();
    let said: Vec<_> = said.into_iter().filter(|call| calls.contains(call)).collect();
    assert!(said.len() > 20, "{said:?}");
    assert_eq!(seen, said);
}

#[test]
fn one_step_alone_by_number_or_by_id_is_the_same_step() {
    let name = "one_step_alone_by_number_or_by_id_is_the_same_step";
    let steps = |step: &str| {
        let ended = auto(name, &["--format", "json", "--step", step], 0)?;
        let lines = lines(&ended.out);
        Some(of(&lines, "step").map(|step| step["id"].to_string()).collect::<Vec<_>>())
    };
    let Some(by_id) = steps("uts") else { return };
    assert_eq!(by_id, ["\"uts\""]);
    assert_eq!(steps("3"), Some(by_id));
}

#[test]
fn the_text_of_a_lab_reads_well_aloud_in_both_languages() {
    let name = "the_text_of_a_lab_reads_well_aloud_in_both_languages";
    for (lang, passed) in [("en", "Passed."), ("ru", "Пройдено.")] {
        let Some(ended) = auto(name, &["--lang", lang], 0) else { return };
        assert!(ended.out.lines().filter(|line| *line == passed).count() >= 10, "{}", ended.out);
        let drawn = |c: char| ('\u{2500}'..='\u{259f}').contains(&c) || c == '\u{1b}';
        assert!(!ended.out.contains(drawn), "{}", ended.out);
    }
}
