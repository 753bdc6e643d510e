//! `korobka man`: the whole command line as one manual page.

use std::io::{self, Write};

use clap::{Arg, Command};
use clap_mangen::{
    Man,
    roff::{Inline, Roff, bold, italic, roman},
};

use super::args;

/// Writes the page.
pub(super) fn write(out: &mut dyn Write) -> io::Result<()> {
    let mut command = args::command().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    subcommands(&command, "korobka", &mut roff);
    for (title, text) in
        [("EXIT STATUS", args::STATUS), ("ENVIRONMENT", args::ENVIRONMENT), ("SEE ALSO", args::SEE_ALSO)]
    {
        roff.control("SH", [title]).text([roman(text)]);
    }
    roff.to_writer(&mut page)?;
    out.write_all(&page)
}

/// A section for each command that does something by itself.
fn subcommands(command: &Command, path: &str, roff: &mut Roff) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let path = format!("{path} {}", sub.get_name());
        if sub.has_subcommands() {
            subcommands(sub, &path, roff);
            continue;
        }
        let own = || sub.get_arguments().filter(|arg| !arg.is_global_set() && arg.get_id() != "help");
        let places: Vec<_> = own().filter(|arg| arg.is_positional()).map(place).collect();
        roff.control("SS", [[vec![path], places].concat().join(" ").as_str()]);
        roff.text([roman(about(sub.get_about().map(ToString::to_string)))]);
        for arg in own() {
            roff.control("TP", []).text(head(arg));
            roff.text([roman(about(arg.get_help().map(ToString::to_string)))]);
        }
    }
}

fn about(text: Option<String>) -> String {
    text.map(|text| text + ".").unwrap_or_default()
}

fn place(arg: &Arg) -> String {
    let name = arg.get_id().as_str().to_uppercase();
    if arg.is_required_set() { name } else { format!("[{name}]") }
}

/// `--format text|json`, or the name of what stands by itself.
fn head(arg: &Arg) -> Vec<Inline> {
    let Some(long) = arg.get_long() else { return vec![italic(place(arg))] };
    let mut words = vec![bold(format!("--{long}"))];
    if arg.get_action().takes_values() {
        let values: Vec<_> =
            arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        let name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        words.push(roman(" "));
        words.push(italic(if values.is_empty() { name.unwrap_or_default() } else { values.join("|") }));
    }
    words
}
