//! What the real program says about an image.

use std::process::Command;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::*;

struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }
}

fn korobka(arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_korobka"));
    let ended = command.args(arguments).env_remove("LC_ALL").env("LANG", "C").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
}

fn told(bytes: &[u8], options: &[&str]) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("demo.tar");
    fs::write(&file, bytes).unwrap();
    korobka(&[&["image", file.to_str().unwrap()], options].concat())
}

#[test]
fn the_text_fits_and_names_what_was_removed_in_both_languages() {
    let (tars, instructions) = demo();
    let bytes = archive(&old_docker(&tars, &instructions));
    for (lang, removed, chmod) in [
        ("en", "! /app/.env, removed in layer 4, is readable in layer 2", "chmod or chown"),
        ("ru", "! /app/.env: удалён в слое 4, читается в слое 2", "chmod или chown"),
    ] {
        for options in [&["--lang", lang][..], &["--lang", lang, "--files"]] {
            let said = told(&bytes, options).code(0).out;
            for wanted in [removed, chmod, "RUN chmod 600 /app/data", "demo:1"] {
                assert!(said.contains(wanted), "{wanted} in {said}");
            }
            for line in said.lines() {
                assert!(line.width() <= 80, "{} columns: {line}", line.width());
            }
            assert!(!said.contains('\u{1b}') && !said.contains("PASSWORD"), "{said}");
            assert_eq!(said.contains("       D             /app/.env"), options.len() == 3, "{said}");
        }
    }
}

#[test]
fn the_json_has_the_fields_that_are_promised() {
    let (tars, instructions) = demo();
    let said =
        told(&archive(&oci(&tars, &instructions, Packed::Zstd, false)), &["--format", "json"]).code(0).out;
    let image: Value = serde_json::from_str(&said).unwrap();
    let promised = fs::read_to_string("docs/image-json.md").unwrap();
    let mut fields = Vec::new();
    keys(&image, &mut fields);
    fields.sort();
    fields.dedup();
    for field in &fields {
        assert!(promised.contains(&format!("`{field}`")), "{field} is not in docs/image-json.md");
    }
    assert!(fields.len() > 25, "{fields:?}");
    assert_eq!(image["layers"][0]["compression"], "zstd");
    assert_eq!(image["waste"][0]["reason"], "metadata");
    assert_eq!(image["secrets"][0]["hidden_by"], 4);
    assert!(!said.contains("PASSWORD"));
}

fn keys(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                into.push(key.clone());
                keys(value, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| keys(item, into)),
        _ => {}
    }
}

#[test]
fn a_refusal_is_1_and_names_the_entry_and_what_to_choose_is_2() {
    let evil = Layer::default().file("../../etc/cron.d/x", b"").tar();
    let bytes = archive(&old_docker(&[evil], &[]));
    for (lang, why) in [("en", "leads upwards with .."), ("ru", "имя ведёт вверх через ..")]
    {
        let said = told(&bytes, &["--lang", lang]).code(1);
        assert!(said.out.is_empty() && said.err.contains("../../etc/cron.d/x"), "{}", said.err);
        assert!(said.err.contains(why) && said.err.contains("demo.tar"), "{}", said.err);
    }
    let honest = archive(&old_docker(&[], &[]));
    let said = told(&honest, &["--name", "nothing"]).code(2);
    assert!(said.err.contains("demo:1"), "{}", said.err);
    let absent = korobka(&["image", "/nonexistent/x.tar"]).code(1);
    assert!(absent.err.contains("/nonexistent/x.tar"), "{}", absent.err);
}
