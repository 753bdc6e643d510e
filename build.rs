//! Tells cargo about the directories that are embedded: `include_dir!` sees a changed file, never a new one.

use std::path::Path;

fn main() {
    for dir in ["lessons", "quizzes", "assets"] {
        if Path::new(dir).exists() {
            println!("cargo::rerun-if-changed={dir}");
        }
    }
}
