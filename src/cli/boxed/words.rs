//! The short way through the words of `korobka box`: they are read here without the machinery that explains wrong ones,
//! which costs a quarter of a millisecond. Whatever is not understood at once goes the long way.

use std::ffi::OsString;

use clap::ValueEnum;

use super::{BoxArgs, DEFAULT_NAME, amount, hostname};

/// The arguments after `box`; none where any word is not plainly right.
pub(super) fn read(words: &[OsString]) -> Option<BoxArgs> {
    let mut args = BoxArgs {
        preset: None,
        with: Vec::new(),
        without: Vec::new(),
        memory: None,
        cpus: None,
        pids: None,
        hostname: hostname(DEFAULT_NAME).ok()?,
        explain: false,
        command: Vec::new(),
    };
    let mut rest = words;
    while let Some((first, tail)) = rest.split_first() {
        let word = first.to_str()?;
        if word == "--" {
            rest = tail;
            break;
        }
        if !word.starts_with('-') {
            break;
        }
        if word == "--explain" && !args.explain {
            args.explain = true;
            rest = tail;
            continue;
        }
        let (value, tail) = tail.split_first()?;
        let value = value.to_str().filter(|value| !value.starts_with('-'))?;
        match word {
            "--with" => args.with.push(value.parse().ok()?),
            "--without" => args.without.push(value.parse().ok()?),
            "--preset" if args.preset.is_none() => {
                args.preset = Some(ValueEnum::from_str(value, false).ok()?);
            }
            "--memory" if args.memory.is_none() => args.memory = Some(amount(value).ok()?),
            "--cpus" if args.cpus.is_none() => args.cpus = Some(amount(value).ok()?),
            "--pids" if args.pids.is_none() => args.pids = Some(amount(value).ok()?),
            "--hostname" => args.hostname = hostname(value).ok()?,
            _ => return None,
        }
        rest = tail;
    }
    args.command = rest.to_vec();
    if args.command.is_empty() { None } else { Some(args) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Args, Command};

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
    }

    #[test]
    fn the_short_way_understands_what_the_long_way_does_or_nothing() {
        for (line, short) in [
            ("-- true", true),
            ("true", true),
            ("--preset docker --without net --without uts --memory 100M -- sh -c --preset", true),
            ("--explain --cpus 0.5 --pids 64 --hostname a --with user ls -l", true),
            ("--preset=docker true", false),
            ("--lang ru true", false),
        ] {
            let whole = Args::try_parse_from([words("korobka box"), words(line)].concat()).expect("right");
            let Some(Command::Box(long)) = whole.command else { panic!("{line}") };
            let read = read(&words(line));
            assert_eq!(read.is_some(), short, "{line}");
            if let Some(read) = read {
                assert_eq!(format!("{read:?}"), format!("{long:?}"));
            }
        }
        for wrong in
            ["", "--", "--memory", "--memory x true", "--preset none true", "--nothing true", "--explain"]
        {
            assert!(read(&words(wrong)).is_none(), "{wrong}");
        }
    }
}
