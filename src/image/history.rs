//! Which instruction made which layer: the `history` of an image's configuration, `image-spec/config.md`.

use serde::{Deserialize, Serialize};

/// One line of the history, as the configuration has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Line {
    /// The instruction, in the words of the builder.
    #[serde(default)]
    pub created_by: String,
    /// Remarks of the builder.
    #[serde(default)]
    pub comment: String,
    /// Whether it made no layer: `ENV`, `CMD`.
    #[serde(default)]
    pub empty_layer: bool,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// As it stood in the Dockerfile, as far as the builder kept it: `RUN apt-get update`.
    pub instruction: String,
    /// As the builder wrote it down.
    pub created_by: String,
    /// Whether it made a layer.
    pub makes_layer: bool,
}

impl Step {
    /// A line of the history.
    pub fn of(line: &Line) -> Self {
        let raw = if line.created_by.is_empty() { &line.comment } else { &line.created_by };
        let created_by = super::name::show(raw.replace(['\t', '\n'], " ").as_bytes());
        Self { instruction: instruction(&created_by), created_by, makes_layer: !line.empty_layer }
    }
}

/// The instruction of each of so many layers, from the lowest. Where the history tells of another number of layers,
/// nothing is guessed: none has one.
pub fn of_layers(history: &[Line], layers: usize) -> Vec<Option<Step>> {
    let told: Vec<_> = history.iter().filter(|line| !line.empty_layer).map(Step::of).collect();
    if told.len() == layers { told.into_iter().map(Some).collect() } else { vec![None; layers] }
}

/// `/bin/sh -c #(nop) COPY …` was `COPY …`, `/bin/sh -c make` was `RUN make`, `RUN /bin/sh -c make # buildkit` as well.
fn instruction(created_by: &str) -> String {
    let text = created_by.trim();
    let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
    let shell = |text: &str| text.strip_prefix("/bin/sh -c ").map(|rest| rest.trim_start().to_owned());
    if let Some(rest) = text.strip_prefix("RUN ").and_then(shell) {
        return format!("RUN {rest}");
    }
    match shell(text) {
        Some(rest) => match rest.strip_prefix("#(nop)") {
            Some(instruction) => instruction.trim().to_owned(),
            None => format!("RUN {rest}"),
        },
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(created_by: &str, empty_layer: bool) -> Line {
        Line { created_by: created_by.to_owned(), empty_layer, ..Line::default() }
    }

    #[test]
    fn instructions_are_freed_from_the_words_of_the_builder() {
        for (raw, plain) in [
            ("/bin/sh -c #(nop)  CMD [\"sh\"]", "CMD [\"sh\"]"),
            ("/bin/sh -c apt-get update", "RUN apt-get update"),
            ("RUN /bin/sh -c make # buildkit", "RUN make"),
            ("COPY . /app # buildkit", "COPY . /app"),
            ("", ""),
            ("bazel build ...", "bazel build ..."),
        ] {
            assert_eq!(Step::of(&line(raw, false)).instruction, plain);
        }
        let imported = Line { comment: "Imported from -".to_owned(), ..Line::default() };
        assert_eq!(Step::of(&imported).instruction, "Imported from -");
    }

    #[test]
    fn empty_layers_are_stepped_over_and_a_history_that_does_not_fit_is_not_believed() {
        let history = [line("a", false), line("b", true), line("c", false), line("d", true)];
        let of = |layers| {
            of_layers(&history, layers).into_iter().map(|s| s.map(|s| s.created_by)).collect::<Vec<_>>()
        };
        assert_eq!(of(2), [Some("a".to_owned()), Some("c".to_owned())]);
        assert_eq!(of(3), [None, None, None]);
        assert_eq!(of_layers(&[], 1), [None]);
    }
}
