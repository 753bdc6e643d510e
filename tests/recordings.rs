//! Recorded runs: made and played by the real program, and those inside it.

#![expect(clippy::expect_used, reason = "in a test, a failure is an answer")]

use std::{
    fs,
    process::{Command, Stdio},
};

use korobka::{
    course::Course,
    lab::{
        recording::{Recording, embedded},
        run::{Phase, Run, Status},
    },
};
use serde_json::Value;

#[cfg(test)]
mod support {
    pub(crate) mod skip;
}

use support::skip::skip;

/// How a run of the program ended, and what it said.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

fn korobka(arguments: &[&str], code: i32) -> Ended {
    let ended = any(arguments);
    assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.err);
    ended
}

fn any(arguments: &[&str]) -> Ended {
    let root = tempfile::tempdir().expect("a directory");
    let ran = Command::new(env!("CARGO_BIN_EXE_korobka"))
        .args(arguments)
        .arg("--root-dir")
        .arg(root.path())
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("output in UTF-8");
    Ended { code: ran.status.code(), out: text(ran.stdout), err: text(ran.stderr) }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Steps with their statuses.
fn steps(lines: &[Value]) -> Vec<(String, String)> {
    let steps = lines.iter().filter(|line| line["event"] == "step");
    steps.map(|line| (line["id"].to_string(), line["status"].to_string())).collect()
}

#[test]
fn what_is_recorded_is_played_back_and_never_passed_off_as_live() {
    let dir = tempfile::tempdir().expect("it works");
    let file = dir.path().join("run.jsonl");
    let file = file.to_str().expect("it works");
    let live = any(&["lab", "namespaces", "--auto", "--format", "json", "--record", file]);
    if live.code == Some(3) {
        return skip("what_is_recorded_is_played_back_and_never_passed_off_as_live", live.err.trim());
    }
    assert_eq!(live.code, Some(0), "{}", live.err);
    let live = lines(&live.out);
    let played = korobka(&["lab", "namespaces", "--auto", "--format", "json", "--replay", file], 0);
    let played = lines(&played.out);
    assert_eq!(steps(&live), steps(&played));
    assert_eq!(played[0]["mode"], "recorded");
    let moved = |lines: &[Value]| lines.iter().filter(|line| line["event"] == "fact").count();
    assert_eq!(moved(&live), moved(&played));
    let one = korobka(&["lab", "namespaces", "--auto", "--step", "uts", "--replay", file], 0);
    assert!(one.out.contains("RECORDED, not this machine"), "{}", one.out);
    assert!(one.out.contains("sethostname"), "{}", one.out);
    let text = fs::read_to_string(file).expect("it works");
    let name = nix::unistd::gethostname().expect("it works");
    let name = format!("\"{}\"", name.to_string_lossy());
    assert!(name == "\"host\"" || !text.contains(&name), "the host's name is in the recording");
}

#[test]
fn a_file_that_cannot_be_played_is_refused_with_its_line() {
    let dir = tempfile::tempdir().expect("it works");
    let file = dir.path().join("run.jsonl");
    let path = file.to_str().expect("it works");
    for (text, english, russian) in [
        ("", "the file is empty", "файл пуст"),
        ("{}\n", "line 1: the first line is not the head", "строка 1"),
        ("{\"recording\":9}\n", "format 9", "формат 9"),
        (
            "{\"recording\":1,\"lab\":\"overlay\",\"edition\":\"\",\"kernel\":\"\",\"cgroup\":\"\",\"root\":true,\"date\":\"\"}\n",
            "the lab overlay",
            "лабораторной overlay",
        ),
    ] {
        fs::write(&file, text).expect("it works");
        let said = korobka(&["lab", "namespaces", "--auto", "--replay", path], 1);
        assert!(said.err.contains(english) && said.err.contains(path), "{}", said.err);
        let said = korobka(&["lab", "namespaces", "--auto", "--replay", path, "--lang", "ru"], 1);
        assert!(said.err.contains(russian), "{}", said.err);
    }
    let said = korobka(&["lab", "namespaces", "--auto", "--replay", "/nonexistent/file"], 1);
    assert!(said.err.contains("/nonexistent/file: No such file"), "{}", said.err);
    korobka(&["lab", "namespaces", "--auto", "--replay", path, "--record", path], 2);
}

/// Every recording inside the program is of a lab as it is now, and plays to its end.
#[test]
fn every_recording_inside_the_program_plays_to_its_end() {
    let course = Course::embedded().expect("it works");
    for name in embedded::names() {
        let recording: Recording = embedded::named(name).unwrap_or_else(|| panic!("{name} cannot be read"));
        let lab = course.lab(&recording.header.lab).unwrap_or_else(|| panic!("{name}: no such lab"));
        let lab = lab.load().expect("it works");
        let version = if recording.header.cgroup == "v2" { "v2" } else { "v1" };
        assert_eq!(name, format!("{}.{version}.jsonl", lab.id));
        let mut recorded: Vec<_> = recording.steps().collect();
        let mut present: Vec<_> = lab.steps.iter().map(|step| step.id.as_str()).collect();
        recorded.sort_unstable();
        present.sort_unstable();
        assert_eq!(recorded, present, "{name}: run assets/recordings/make");
        let mut run = Run::new(lab.clone(), recording.header.root);
        let mut ask = run.start();
        loop {
            if let Some(asked) = ask.take() {
                recording.play(&mut run, &asked);
            }
            ask = match run.phase() {
                Phase::Predict => run.enter(),
                Phase::Observed if run.index() + 1 < lab.steps.len() => {
                    let at = run.index();
                    let ask = run.forward();
                    assert_ne!(run.index(), at, "{name}");
                    ask
                }
                Phase::Observed => break,
                phase => panic!("{name}: {phase:?}"),
            };
        }
        for (index, step) in lab.steps.iter().enumerate() {
            let status = run.outcome_of(index).map(|outcome| outcome.status);
            assert_ne!(status, Some(Status::Failed), "{name}: {}: run assets/recordings/make", step.id);
        }
    }
}
