//! The flags that a distribution gives its operations: as arguments of a
//! command, and what was given of them.

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::configuration::flags::GivenFlags;
use crate::distribution::{FlagDocument, FlagType, Operation, Scalar};

/// Where they stand in the help.
const HEADING: &str = "Configuration";

/// Adds the flags of an operation to a command. The error says which of them
/// the command has already.
pub fn add(mut command: Command, operation: &Operation) -> Result<Command, String> {
    for flag in &operation.flags {
        let is_same = |one: &Arg| {
            one.get_long() == Some(&flag.name)
                || one.get_id() == flag.name.as_str()
                || flag.short.is_some() && one.get_short() == flag.short
        };
        // Those that every command has are not among its own.
        let is_common = ["output", "verbose", "quiet", "help", "version"]
            .contains(&flag.name.as_str())
            || flag
                .short
                .is_some_and(|short| ['o', 'v', 'q', 'h', 'V'].contains(&short));
        if is_common || command.get_arguments().any(is_same) {
            return Err(format!(
                "operation {}: the flag --{} is one of the program's own, or has the letter of one",
                operation.name, flag.name
            ));
        }
        command = command.arg(argument(flag));
    }
    Ok(command)
}

fn argument(flag: &FlagDocument) -> Arg {
    let mut argument = Arg::new(flag.name.clone())
        .long(flag.name.clone())
        .help_heading(HEADING)
        .conflicts_with_all(&flag.conflicts);
    if let Some(short) = flag.short {
        argument = argument.short(short);
    }
    let (short, long) = help(&flag.help);
    argument = argument.help(short);
    if let Some(long) = long {
        argument = argument.long_help(long);
    }
    let Some(value) = &flag.value else {
        return argument.action(ArgAction::SetTrue);
    };
    argument = argument.value_name(value.clone());
    match flag.value_type.unwrap_or_default() {
        FlagType::List => argument.action(ArgAction::Append).value_delimiter(','),
        FlagType::Port => argument.value_parser(port),
        FlagType::Duration => argument.allow_hyphen_values(true),
        FlagType::String | FlagType::Secret | FlagType::HexKey | FlagType::Token => argument,
    }
}

/// The first paragraph, without the stop at its end where it is all there is;
/// and all of them where there are more. As clap does with a command's own.
pub fn help(text: &str) -> (String, Option<String>) {
    let folded = |paragraph: &str| {
        let lines = paragraph.lines().map(str::trim);
        lines.collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    let paragraphs: Vec<String> = text.trim().split("\n\n").map(folded).collect();
    let first = paragraphs.first().cloned().unwrap_or_default();
    let first = match first.strip_suffix('.') {
        Some(stripped) if !stripped.ends_with('.') => stripped.to_owned(),
        _ => first,
    };
    match paragraphs.len() > 1 {
        true => (first, Some(paragraphs.join("\n\n"))),
        false => (first, None),
    }
}

fn port(text: &str) -> Result<u16, String> {
    let number: Option<u16> = text.parse().ok();
    number.ok_or_else(|| "a port is a whole number from 1 to 65535".to_owned())
}

/// What a command line has of an operation's flags.
pub fn given(operation: &Operation, matches: &ArgMatches) -> GivenFlags {
    let mut given = GivenFlags::default();
    for flag in &operation.flags {
        take(&mut given, flag, matches);
        if !flag.with_config {
            given.is_alone(&flag.name);
        }
    }
    given
}

fn take(given: &mut GivenFlags, flag: &FlagDocument, matches: &ArgMatches) {
    let name = flag.name.as_str();
    if flag.value.is_none() {
        return given.switch(name, matches.get_flag(name));
    }
    let text = || matches.get_one::<String>(name);
    match flag.value_type.unwrap_or_default() {
        FlagType::List => {
            let all = matches.get_many::<String>(name);
            let texts: Vec<String> = all.into_iter().flatten().cloned().collect();
            given.texts(name, &texts);
        }
        FlagType::Port => given.value(name, matches.get_one::<u16>(name).copied()),
        FlagType::Secret => given.secret(name, Scalar::Secret, text().map(String::as_str)),
        FlagType::HexKey => given.secret(name, Scalar::HexKey, text().map(String::as_str)),
        FlagType::Token => given.secret(name, Scalar::Token, text().map(String::as_str)),
        FlagType::String | FlagType::Duration => given.value(name, text().cloned()),
    }
}

/// The flags that are given although phases have no use for them, if only this
/// one runs.
pub fn refuse_useless(
    given: &GivenFlags,
    operation: &Operation,
    phase: &str,
) -> Result<(), String> {
    let outer = phase.split('/').next().unwrap_or(phase);
    let Some(phase) = operation.phase_named(outer) else {
        // Told where the phase is looked for.
        return Ok(());
    };
    let useless = operation.flags.iter().find(|flag| {
        given.has(&flag.name)
            && !flag.phases.is_empty()
            && !flag.phases.iter().any(|one| one == phase)
    });
    match useless {
        None => Ok(()),
        Some(flag) => Err(format!(
            "the phase {phase} has no use for --{}; it is for {}",
            flag.name,
            flag.phases.join(", ")
        )),
    }
}
