//! Tells cargo about the directories that are embedded (`include_dir!` sees a changed file, never a new one), and links
//! the static release at a fixed address.

use std::{env, path::Path};

fn main() {
    for dir in ["lessons", "quizzes", "assets"] {
        if Path::new(dir).exists() {
            println!("cargo::rerun-if-changed={dir}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    let is =
        |name: &str, word: &str| env::var(name).is_ok_and(|value| value.split(',').any(|part| part == word));
    // A program that may lie anywhere rewrites a quarter of a megabyte of addresses before it begins, and its fork copies
    // those pages: half a millisecond of a `korobka box` that takes three. See docs/start.md.
    if is("PROFILE", "release")
        && is("CARGO_CFG_TARGET_FEATURE", "crt-static")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
    {
        println!("cargo::rustc-link-arg-bins=-static");
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
