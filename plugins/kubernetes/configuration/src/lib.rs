//! Configurations of the default distribution: the kinds of kubeadm.k8s.io, and those of the kubelet
//! and of kube-proxy that go with them.
//!
//! The host has read the documents against their schemas and keeps their secrets. The way of a
//! document from there: [`documents`], [`convert`]ed from old versions; [`defaults`]; [`validation`];
//! [`component_configs`]. [`load`] goes that way, [`document`] and [`print`] say what comes of it.

mod component_configs;
mod constants;
mod convert;
mod defaults;
mod derived;
mod document;
mod documents;
mod error;
mod facts;
mod features;
mod flags;
mod images;
mod load;
mod names;
mod options;
mod print;
mod sealed;
mod validation;
mod version;

use kubewright_configuration::{Ask, Completed, Findings, Input, Value};
use kubewright_values::net;
use serde_json::Map;

use documents::Documents;
use error::ConfigError;
use facts::NodeDefaults;
use flags::Flags;

kubewright_configuration::configuration! {
    summary: "InitConfiguration, ClusterConfiguration and the others of kubeadm.k8s.io, defaulted, converted and checked as kubeadm does",
    complete
}

fn complete(input: &Input, findings: &mut Findings) -> Completed {
    match answer(input) {
        Ok(completed) => completed,
        Err(error) => {
            error.tell(findings);
            Completed::default()
        }
    }
}

/// What was given, with its secrets marked.
struct Given {
    documents: Vec<Value>,
    file: Option<String>,
    flags: Flags,
    facts: NodeDefaults,
}

impl Given {
    fn new(input: &Input, sealed: &Map<String, Value>) -> Self {
        let mut value = serde_json::json!({
            "documents": input.value()["documents"],
            "flags": input.value()["flags"],
        });
        sealed::mark(&mut value, sealed);
        let documents = match value["documents"].take() {
            Value::Array(documents) => documents,
            _ => Vec::new(),
        };
        let flags = match value["flags"].take() {
            Value::Object(flags) => flags,
            _ => Map::new(),
        };
        Self {
            documents,
            file: input.file().map(str::to_owned),
            flags: Flags::new(flags),
            facts: NodeDefaults::of(input),
        }
    }

    fn read(&self) -> Result<Documents, ConfigError> {
        Documents::read(&self.documents, self.file.as_deref())
    }

    /// The documents of a file; none if there is none.
    fn of_file(&self) -> Result<Option<Documents>, ConfigError> {
        self.file.as_ref().map(|_| self.read()).transpose()
    }
}

fn answer(input: &Input) -> Result<Completed, ConfigError> {
    let sealed = input.sealed();
    let given = Given::new(input, &sealed);
    let (flags, facts) = (&given.flags, &given.facts);
    let operation = input.operation();
    let unknown = || {
        let message = "the distribution kubernetes has no configuration for it".to_owned();
        ConfigError::Stated(operation.to_owned(), message)
    };
    let mut completed = match (input.ask().ok_or_else(unknown)?, operation) {
        (Ask::Validate, _) => print::validate(given.read()?, input.now())?,
        (Ask::Migrate, _) => print::migrate(given.read()?, given.read()?)?,
        (Ask::Defaults, _) => Completed {
            documents: Some(
                print::defaults(operation, flags, &facts.hostname)?.ok_or_else(unknown)?,
            ),
            ..Completed::default()
        },
        (Ask::Images, _) => print::images(load::init(given.of_file()?, flags, facts)?.0),
        (Ask::Run, "join") => {
            let (loaded, options) = load::join(given.of_file()?, flags, facts)?;
            document::join(loaded, &options)
        }
        (Ask::Run, "reset") => {
            let loaded = load::reset(given.of_file()?, flags, facts)?;
            document::reset(loaded, &facts.hostname)
        }
        // A command that another distribution adds is about the cluster that
        // `init` would make, and flags of the same names mean the same.
        (Ask::Run, _) => {
            let (loaded, options) = load::init(given.of_file()?, flags, facts)?;
            document::init(loaded, &options, facts.systemd_resolved)
        }
    };
    completed.secrets = sealed::unmark(&mut completed.configuration, &sealed);
    if let Some(documents) = &mut completed.documents {
        let mut made = Value::Array(std::mem::take(documents));
        completed.secrets = sealed::unmark(&mut made, &sealed);
        if let Value::Array(made) = made {
            *documents = made;
        }
    }
    Ok(completed)
}
