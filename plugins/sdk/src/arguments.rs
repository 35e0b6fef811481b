//! Command lines of components (kubeadm `app/util/arguments.go`).

use crate::configuration::Argument;
use std::collections::BTreeMap;

/// Arguments before they become a command line: one value a name.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    base: BTreeMap<String, String>,
}

impl Arguments {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an argument, in place of one that has the name already.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.base.insert(name.to_owned(), value.into());
    }

    /// `--name=value`, sorted; then the user's, in the user's order. An
    /// argument whose name the user gives (once or more) gives way.
    pub fn with_extra(mut self, extra: &[Argument]) -> Vec<String> {
        for argument in extra {
            self.base.remove(&argument.name);
        }
        let extra = extra
            .iter()
            .map(|argument| (&argument.name, &argument.value));
        self.base
            .iter()
            .chain(extra)
            .map(|(name, value)| format!("--{name}={value}"))
            .collect()
    }
}

/// The value that counts among arguments of one name: the last.
pub fn last<'a>(arguments: &'a [Argument], name: &str) -> Option<&'a str> {
    arguments
        .iter()
        .rev()
        .find(|argument| argument.name == name)
        .map(|argument| argument.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(name: &str, value: &str) -> Argument {
        Argument {
            name: name.into(),
            value: value.into(),
        }
    }

    #[test]
    fn extra_arguments_come_last_and_win_by_name() {
        let mut arguments = Arguments::new();
        arguments.set("b", "1");
        arguments.set("c", "2");
        arguments.set("a", "0");
        arguments.set("a", "3");
        let extra = [argument("z", "1"), argument("b", "x"), argument("b", "y")];
        assert_eq!(
            arguments.with_extra(&extra),
            ["--a=3", "--c=2", "--z=1", "--b=x", "--b=y"]
        );
        assert_eq!(last(&extra, "b"), Some("y"));
        assert_eq!(last(&extra, "q"), None);
    }
}
