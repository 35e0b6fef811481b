//! The arguments of this process: `-v` and what kubeadm's users write for it.

use std::ffi::OsString;

use super::failure::Usage;

/// The level from which on kubeadm tells everything that it knows about an error.
const ALL: u32 = 5;

/// The arguments with `-v` as this program takes it: klog's `-v=5`, `--v=5`, `-v 5`, `-v5` and
/// `--v 5` are levels. Those up to 4 are one `-v`, the others two.
pub fn normal(arguments: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>, Usage> {
    let mut arguments = arguments.into_iter().peekable();
    let mut normal = Vec::new();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        if text == "--" {
            normal.push(argument);
            break;
        }
        let given = match text {
            // The number that follows may be a run's.
            "-v" if normal.iter().any(|before| before == "history") => None,
            "-v" | "--v" => arguments
                .next_if(|next| next.to_str().is_some_and(is_number))
                .and_then(|next| next.into_string().ok()),
            _ => joined(text).map(str::to_owned),
        };
        match given {
            Some(level) => {
                let level: u32 = level
                    .parse()
                    .map_err(|_| Usage(format!("{text}: a level is a number, like -v=5")))?;
                let times = usize::from(level > 0) + usize::from(level >= ALL);
                normal.extend(std::iter::repeat_n(OsString::from("-v"), times));
            }
            None if text == "--v" => {
                return Err(Usage("--v takes a level, like --v=5".to_owned()));
            }
            None => normal.push(argument),
        }
    }
    normal.extend(arguments);
    Ok(normal)
}

/// The arguments with a `--distribution` that stands before the command behind
/// it, where the flags of commands are: `--distribution d.yaml backup`.
pub fn distribution_behind(arguments: Vec<OsString>) -> Vec<OsString> {
    const FLAG: &str = "--distribution";
    let joined = format!("{FLAG}=");
    let mut arguments = arguments.into_iter();
    let mut normal: Vec<OsString> = arguments.by_ref().take(1).collect();
    let mut taken = Vec::new();
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default().to_owned();
        if text.starts_with(&joined) {
            taken.push(argument);
        } else if text == FLAG {
            taken.push(argument);
            taken.extend(arguments.next());
        } else {
            normal.push(argument);
            match text.as_str() {
                "-o" | "--output" => normal.extend(arguments.next()),
                flag if flag.starts_with('-') && flag != "--" => {}
                _ => break,
            }
        }
    }
    let rest: Vec<OsString> = arguments.collect();
    let end = rest.iter().position(|one| one == "--");
    let (flags, others) = rest.split_at(end.unwrap_or(rest.len()));
    normal.extend_from_slice(flags);
    normal.extend(taken);
    normal.extend_from_slice(others);
    normal
}

/// The level that an argument has in it.
fn joined(text: &str) -> Option<&str> {
    let behind = |before: &str| text.strip_prefix(before);
    behind("--v=")
        .or_else(|| behind("-v="))
        .or_else(|| behind("-v").filter(|level| is_number(level)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name, what is given, and what comes out of it, or a part of the error.
    type Case<'a> = (&'a str, &'a [&'a str], Result<&'a [&'a str], &'a str>);

    #[test]
    fn a_distribution_may_stand_before_the_command() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("none", &["k", "init", "a"], &["k", "init", "a"]),
            (
                "behind",
                &["k", "init", "--distribution", "d"],
                &["k", "init", "--distribution", "d"],
            ),
            (
                "before",
                &["k", "-v", "--distribution", "d", "init", "a"],
                &["k", "-v", "init", "a", "--distribution", "d"],
            ),
            (
                "joined, a value before",
                &["k", "-o", "json", "--distribution=d", "init", "--", "a"],
                &["k", "-o", "json", "init", "--distribution=d", "--", "a"],
            ),
            (
                "without a value",
                &["k", "--distribution"],
                &["k", "--distribution"],
            ),
        ];
        for (case, given, wanted) in cases {
            let given = given.iter().map(OsString::from).collect();
            assert_eq!(distribution_behind(given), *wanted, "{case}");
        }
    }

    #[test]
    fn levels() {
        let cases: &[Case<'_>] = &[
            ("none", &["init"], Ok(&["init"])),
            ("once", &["init", "-v"], Ok(&["init", "-v"])),
            ("twice", &["-vv", "init"], Ok(&["-vv", "init"])),
            (
                "in words",
                &["init", "--verbose"],
                Ok(&["init", "--verbose"]),
            ),
            ("the version", &["--version"], Ok(&["--version"])),
            ("with =", &["init", "-v=5"], Ok(&["init", "-v", "-v"])),
            ("two dashes", &["init", "--v=2"], Ok(&["init", "-v"])),
            (
                "two dashes, apart",
                &["--v", "10", "init"],
                Ok(&["-v", "-v", "init"]),
            ),
            ("apart", &["init", "-v", "5"], Ok(&["init", "-v", "-v"])),
            ("joined", &["init", "-v5"], Ok(&["init", "-v", "-v"])),
            ("nothing", &["init", "-v=0"], Ok(&["init"])),
            ("a command behind", &["-v", "init"], Ok(&["-v", "init"])),
            (
                "a run",
                &["history", "-v", "5"],
                Ok(&["history", "-v", "5"]),
            ),
            (
                "a run, level joined",
                &["history", "-v5", "5"],
                Ok(&["history", "-v", "-v", "5"]),
            ),
            (
                "behind --",
                &["init", "--", "-v=5"],
                Ok(&["init", "--", "-v=5"]),
            ),
            (
                "no number",
                &["init", "-v=x"],
                Err("-v=x: a level is a number, like -v=5"),
            ),
            (
                "nothing behind =",
                &["init", "--v="],
                Err("a level is a number"),
            ),
            (
                "no level",
                &["init", "--v"],
                Err("--v takes a level, like --v=5"),
            ),
        ];
        for (case, given, expected) in cases {
            let given = given.iter().map(OsString::from);
            match (normal(given), expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got, *expected, "{case}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{case}: {error}");
                }
                (got, _) => panic!("{case}: {got:?}"),
            }
        }
    }
}
