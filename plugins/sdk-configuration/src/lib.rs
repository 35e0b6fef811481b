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

use serde::Serialize;

pub use bindings::kubewright::provision::{configuration_types, log, types};
pub use serde_json::{self, Map, Value, json};

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

/// What is asked of the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The configuration of an operation, for its phases.
    Run,
    /// Whether a file is good, whatever the operations that its documents are of.
    Validate,
    /// The documents that an operation has where nothing is given, to start
    /// from.
    Defaults,
    /// The documents of a file in their newest version.
    Migrate,
    /// The images that an operation needs.
    Images,
}

impl Input {
    /// Takes the host's JSON apart.
    pub fn new(value: Value) -> Self {
        Self { value }
    }

    /// All of it, as the contract has it.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// `init`, or what else the distribution has.
    pub fn operation(&self) -> &str {
        self.value["operation"].as_str().unwrap_or_default()
    }

    /// What is asked; none for something that is newer than this crate.
    pub fn ask(&self) -> Option<Ask> {
        Some(match self.value["ask"].as_str() {
            None | Some("run") => Ask::Run,
            Some("validate") => Ask::Validate,
            Some("defaults") => Ask::Defaults,
            Some("migrate") => Ask::Migrate,
            Some("images") => Ask::Images,
            Some(_) => return None,
        })
    }

    /// The name of the file that the documents are of, if there is one.
    pub fn file(&self) -> Option<&str> {
        self.value["file"].as_str()
    }

    /// What time it is: RFC 3339 in UTC with whole seconds.
    pub fn now(&self) -> Option<&str> {
        self.value["now"].as_str()
    }

    /// The places of sealed texts, as JSON pointers into the input, with what
    /// may be known of each.
    pub fn sealed(&self) -> Map<String, Value> {
        self.value["sealed"]
            .as_object()
            .cloned()
            .unwrap_or_default()
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
pub struct Findings(Vec<Finding>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `Kind.field`, `--flag` or a variable; empty if it is about no place.
    pub path: String,
    /// What is wrong, and what would be right.
    pub message: String,
    /// Why, outermost first. With causes the message goes on where the path
    /// ends, as `can not be used`.
    pub causes: Vec<String>,
}

impl Findings {
    /// Adds one: where (`Kind.field`, `--flag` or a variable), and what.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.because(path, message, Vec::new());
    }

    /// Adds one that has causes.
    pub fn because(
        &mut self,
        path: impl Into<String>,
        message: impl Into<String>,
        causes: Vec<String>,
    ) {
        self.0.push(Finding {
            path: path.into(),
            message: message.into(),
            causes,
        });
    }

    /// All of them.
    pub fn list(&self) -> &[Finding] {
        &self.0
    }
}

/// What comes of it. What is not set is what the host has for it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Completed {
    /// One object a kind.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub configuration: Value,
    /// What the node registers as.
    pub node_name: String,
    /// Given secrets by the place they take: JSON pointers into
    /// `configuration`, or into `documents`, to such into the input.
    pub secrets: BTreeMap<String, String>,
    /// What every effect shows to policies.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub policy_context: Value,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// What phases get in `options`. Of `dryRun`, `ignorePreflightErrors` and
    /// `skipPhases` what the flags say, unless it is said here.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub options: Map<String, Value>,
    /// What phases get beside `configuration` and `options`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub document: Map<String, Value>,
    /// The phases that are left out, those of the flag among them; if it is not
    /// set, those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_phases: Option<Vec<String>>,
    /// The field that names them, for messages about a name that is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub skip_phases_field: String,
    /// The folder of the operator's patches.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub patches_directory: String,
    /// How long a call to the API is tried again that may succeed yet, as Go
    /// writes durations (`1m0s`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_call_timeout: String,
    /// How long phases may wait for others, all of it together.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub waiting: String,
    /// For [`Ask::Defaults`] and [`Ask::Migrate`]: whole documents, in their
    /// order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<Value>>,
    /// For [`Ask::Images`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Vec<String>>,
}

impl Completed {
    /// A configuration without secrets and warnings.
    pub fn new(configuration: Value, node_name: impl Into<String>) -> Self {
        Self {
            configuration,
            node_name: node_name.into(),
            policy_context: json!({}),
            ..Self::default()
        }
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
        Some(completed) if findings.0.is_empty() => Ok(json!(completed).to_string()),
        _ => Err(findings
            .0
            .into_iter()
            .map(|one| configuration_types::Finding {
                path: one.path,
                message: one.message,
                causes: one.causes,
            })
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
