//! The recordings inside the program, made by `assets/recordings/make`: one a lab and cgroup version.

use include_dir::{Dir, include_dir};

use super::Recording;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets/recordings");

/// The names of all of them, `LAB.v2.jsonl`.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.files().filter_map(|file| file.path().to_str()).filter(|name| name.strip_suffix(".jsonl").is_some())
}

/// The recording of a lab on a machine with this cgroup version: of the same, or else of the other. None where there is
/// none that can be played (a test finds that before a student does).
pub fn of_lab(lab: &str, cgroup: &str) -> Option<Recording> {
    let versions = if matches!(cgroup, "v1" | "hybrid") { ["v1", "v2"] } else { ["v2", "v1"] };
    versions.iter().find_map(|version| named(&format!("{lab}.{version}.jsonl")))
}

/// The recording of a name.
pub fn named(name: &str) -> Option<Recording> {
    Recording::parse(FILES.get_file(name)?.contents_utf8()?).ok()
}
