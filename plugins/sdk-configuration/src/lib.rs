//! What the author of a distribution with configuration kinds of its own writes
//! against.
//!
//! A configuration component gets what the user gave, without its secrets, and
//! makes of it what phases get. It can do nothing else. A whole one:
//!
//! ```ignore
//! use kubewright_configuration::{Completed, Findings, Input, json};
//!
//! fn complete(input: &Input, findings: &mut Findings) -> Completed {
//!     let name = input.document("Example").map(|given| given["name"].clone());
//!     if name.is_none() {
//!         findings.add("Example.name", "give the cluster a name");
//!     }
//!     Completed::new(json!({"Example": {"name": name}}), input.hostname())
//! }
//!
//! kubewright_configuration::configuration! {
//!     summary: "Configurations of the kind Example",
//!     complete
//! }
//! ```
//!
//! It is a crate of its own and not a part of `kubewright-plugin`, because a
//! component carries the world of each crate that it is made of.

use std::collections::BTreeMap;

pub use bindings::kubewright::provision::{configuration_types, log, types};
pub use serde_json::{self, Value, json};

/// What wit-bindgen makes of the contract in `wit/`.
#[doc(hidden)]
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.1.0",
        world: "configuration",
        pub_export_macro: true,
        export_macro_name: "export_configuration",
        default_bindings_module: "kubewright_configuration::bindings",
    });
}

/// What the user gave.
pub struct Input {
    value: Value,
}

impl Input {
    /// Takes the host's JSON apart.
    pub fn new(value: Value) -> Self {
        Self { value }
    }

    /// The document of this kind, if one was given. Fields are as given.
    pub fn document(&self, kind: &str) -> Option<&Value> {
        self.documents().find(|one| one["kind"] == kind)
    }

    /// All documents, in their order.
    pub fn documents(&self) -> impl Iterator<Item = &Value> {
        self.value["documents"].as_array().into_iter().flatten()
    }

    /// Where the document of this kind is in the input, as a JSON pointer.
    pub fn pointer_of(&self, kind: &str) -> Option<String> {
        let at = self.documents().position(|one| one["kind"] == kind)?;
        Some(format!("/documents/{at}"))
    }

    /// The flags that were given, by name without dashes.
    pub fn flags(&self) -> impl Iterator<Item = (&str, &Value)> {
        let flags = self.value["flags"].as_object().into_iter().flatten();
        flags.map(|(name, value)| (name.as_str(), value))
    }

    /// A variable of the environment; empty where it is not set.
    pub fn variable(&self, name: &str) -> &str {
        self.value["environment"][name].as_str().unwrap_or_default()
    }

    /// The machine's NodeFacts.
    pub fn node(&self) -> &Value {
        &self.value["node"]
    }

    /// The machine's host name.
    pub fn hostname(&self) -> &str {
        self.node()["hostname"].as_str().unwrap_or_default()
    }
}

/// What is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings(Vec<(String, String)>);

impl Findings {
    /// Adds one: where (`Kind.field`, `--flag` or a variable), and what.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push((path.into(), message.into()));
    }

    /// All of them.
    pub fn list(&self) -> &[(String, String)] {
        &self.0
    }
}

/// What comes of it.
#[derive(Debug, Clone)]
pub struct Completed {
    /// One object a kind.
    pub configuration: Value,
    /// What the node registers as.
    pub node_name: String,
    /// Given secrets by the place they take: JSON pointers into
    /// `configuration` to such into the input.
    pub secrets: BTreeMap<String, String>,
    /// What every effect shows to policies.
    pub policy_context: Value,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Completed {
    /// A configuration without secrets and warnings.
    pub fn new(configuration: Value, node_name: impl Into<String>) -> Self {
        Self {
            configuration,
            node_name: node_name.into(),
            secrets: BTreeMap::new(),
            policy_context: json!({}),
            warnings: Vec::new(),
        }
    }

    fn json(&self) -> String {
        json!({
            "configuration": self.configuration,
            "nodeName": self.node_name,
            "secrets": self.secrets,
            "policyContext": self.policy_context,
            "warnings": self.warnings,
        })
        .to_string()
    }
}

#[doc(hidden)]
pub fn describe(summary: &str) -> types::Description {
    types::Description {
        summary: summary.to_owned(),
        phases: Vec::new(),
    }
}

#[doc(hidden)]
pub fn run(
    complete: fn(&Input, &mut Findings) -> Completed,
    input: &str,
) -> Result<String, Vec<configuration_types::Finding>> {
    std::panic::set_hook(Box::new(|panic| log::panicked(&panic.to_string())));
    let mut findings = Findings::default();
    let completed = match serde_json::from_str(input) {
        Ok(value) => Some(complete(&Input::new(value), &mut findings)),
        Err(error) => {
            findings.add("ConfigurationInput", error.to_string());
            None
        }
    };
    match completed {
        Some(completed) if findings.0.is_empty() => Ok(completed.json()),
        _ => Err(findings
            .0
            .into_iter()
            .map(|(path, message)| configuration_types::Finding { path, message })
            .collect()),
    }
}

/// Makes a configuration component of a crate: a sentence, and the function
/// that does the work (`fn(&Input, &mut Findings) -> Completed`). What it
/// returns counts if it found nothing wrong.
#[macro_export]
macro_rules! configuration {
    (summary: $summary:expr, $complete:expr) => {
        struct Plugin;

        impl $crate::bindings::Guest for Plugin {
            fn describe() -> $crate::types::Description {
                $crate::describe($summary)
            }

            fn complete(
                input: String,
            ) -> ::core::result::Result<
                ::std::string::String,
                ::std::vec::Vec<$crate::configuration_types::Finding>,
            > {
                $crate::run($complete, &input)
            }
        }

        $crate::bindings::export_configuration!(Plugin with_types_in $crate::bindings);
    };
}
