//! Configurations whose kinds a distribution declares: what the user gave goes, without its
//! secrets, to the distribution's component; what that makes of it is what the run starts from.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::ConfigError;
use super::flags::{self, InitFlags};
use super::load::Source;
use super::plugin_document::{API_VERSION, KIND};
use super::prepared::Prepared;
use super::reader::{self, DeclaredDocuments, DeclaredKind};
use super::schema;
use super::validation::{Finding, Findings, Origins};
use crate::component::{ConfigurationComponent, Failure};
use crate::distribution::{DeclaredConfiguration, Distribution};
use crate::pki::SecretString;
use crate::world::NodeFacts;

/// `kind` of what the component gets.
const INPUT: &str = "ConfigurationInput";

/// Bytes of the policy context as JSON.
const CONTEXT_LIMIT: usize = 16 << 10;

/// Flags that the program itself acts on, whatever the distribution.
const OWN_FLAGS: [&str; 3] = ["dry-run", "ignore-preflight-errors", "skip-phases"];

/// Why a distribution's configuration can not be used.
#[derive(Debug, thiserror::Error)]
pub enum DeclaredError {
    /// What the user gave is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// The distribution lists a kind and does not say which fields it has.
    #[error(
        "the distribution {distribution} takes {kind}, which this program does not know and the \
         distribution has no schema for; add it to configuration.schemas of its file"
    )]
    NoSchema {
        /// The distribution.
        distribution: String,
        /// `group/version/Kind`
        kind: String,
    },
    /// The distribution says what fields a kind has that the program knows: which of them are
    /// secret is not for a distribution to say.
    #[error(
        "the distribution {distribution} has a schema for {kind}, which this program knows itself; take it out of configuration.schemas of its file"
    )]
    Redefined {
        /// The distribution.
        distribution: String,
        /// `group/version/Kind`
        kind: String,
    },
    /// The component failed.
    #[error("the configuration can not be completed")]
    Component(#[source] Box<Failure>),
    /// The component's answer is not what the contract says.
    #[error(
        "the configuration component of the distribution {distribution} gave no usable answer: {problem}"
    )]
    Answer {
        /// The distribution.
        distribution: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl From<Failure> for DeclaredError {
    fn from(failure: Failure) -> Self {
        Self::Component(Box::new(failure))
    }
}

/// What the user asks for.
pub struct Request<'a> {
    /// `--config`
    pub source: Option<Source<'a>>,
    /// The flags.
    pub flags: &'a InitFlags,
    /// Variables that the distribution names and that are set.
    pub environment: BTreeMap<String, String>,
    /// The machine.
    pub facts: &'a NodeFacts,
}

/// What the component answers with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    configuration: Map<String, Value>,
    node_name: String,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    #[serde(default)]
    policy_context: Map<String, Value>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    options: Map<String, Value>,
}

/// Has the component complete what the user asks for.
pub async fn load(
    distribution: &Distribution,
    declared: &DeclaredConfiguration,
    component: &ConfigurationComponent,
    request: &Request<'_>,
) -> Result<Prepared, DeclaredError> {
    let given = given(distribution, declared, request)?;
    let unusable = |problem: String| DeclaredError::Answer {
        distribution: distribution.name.clone(),
        problem,
    };
    let answer = component.complete(&given.input).await?;
    let answer = answer.map_err(|objections| {
        if objections.is_empty() {
            return unusable("it refuses the configuration without a reason".to_owned());
        }
        let findings = objections
            .into_iter()
            .map(|one| Finding::stated(one.path, one.message))
            .collect();
        ConfigError::Invalid(Findings::locate(findings, &given.origins)).into()
    })?;
    let answer: Answer =
        serde_json::from_value(answer).map_err(|error| unusable(error.to_string()))?;
    let completed = Value::Object(answer.configuration.clone());
    distribution
        .check_completed(&completed, &[&given.input])
        .map_err(|error| unusable(error.to_string()))?;
    let mut prepared = prepared(answer, given.secrets, request.flags).map_err(unusable)?;
    prepared.origins = given.origins;
    Ok(prepared)
}

/// What the user gave, and what of it no component gets to see.
struct Given {
    input: Value,
    /// By JSON pointer into the input.
    secrets: BTreeMap<String, SecretString>,
    origins: Origins,
}

fn given(
    distribution: &Distribution,
    declared: &DeclaredConfiguration,
    request: &Request<'_>,
) -> Result<Given, DeclaredError> {
    let read = match request.source {
        Some(source) => {
            flags::check_mixed(request.flags.given()).map_err(ConfigError::from)?;
            let kinds = kinds(distribution, declared)?;
            reader::read_declared(source.text, source.file, &kinds).map_err(ConfigError::from)?
        }
        None => DeclaredDocuments::default(),
    };
    let (mut flags, sealed_flags) = request.flags.values().map_err(ConfigError::from)?;
    flags.retain(|name, _| !OWN_FLAGS.contains(&name.as_str()));
    let mut secrets = BTreeMap::new();
    for (pointer, secret) in read.secrets {
        secrets.insert(format!("/documents{pointer}"), secret);
    }
    for (name, secret) in sealed_flags {
        secrets.insert(format!("/flags/{name}"), secret);
    }
    let input = json!({
        "apiVersion": API_VERSION,
        "kind": INPUT,
        "operation": "init",
        "documents": read.documents,
        "flags": flags,
        "environment": request.environment,
        "node": request.facts,
    });
    Ok(Given {
        input,
        secrets,
        origins: Origins {
            file: request.source.map(|source| source.file.to_owned()),
            lines: read.lines,
            ..Origins::default()
        },
    })
}

fn kinds<'a>(
    distribution: &'a Distribution,
    declared: &DeclaredConfiguration,
) -> Result<Vec<DeclaredKind<'a>>, DeclaredError> {
    let kind = |full: &'a String| {
        let (api_version, kind) = full.rsplit_once('/').unwrap_or(("", full));
        let known = schema::find(api_version, kind).map(|(_, _, fields)| fields);
        let fields = match (declared.schemas.get(full), known) {
            (Some(_), Some(_)) => {
                return Err(DeclaredError::Redefined {
                    distribution: distribution.name.clone(),
                    kind: full.clone(),
                });
            }
            (Some(fields), None) => Some(schema::declared(fields)),
            (None, known) => known,
        };
        let fields = fields.ok_or_else(|| DeclaredError::NoSchema {
            distribution: distribution.name.clone(),
            kind: full.clone(),
        })?;
        Ok(DeclaredKind {
            api_version,
            kind,
            fields,
        })
    };
    distribution.kinds.iter().map(kind).collect()
}

/// What a run starts from. The error says what is wrong with the answer.
fn prepared(
    answer: Answer,
    mut given: BTreeMap<String, SecretString>,
    flags: &InitFlags,
) -> Result<Prepared, String> {
    if answer.node_name.is_empty() {
        return Err("nodeName is empty".to_owned());
    }
    let policy_context = Value::Object(answer.policy_context);
    let bytes = policy_context.to_string().len();
    if bytes > CONTEXT_LIMIT {
        return Err(format!(
            "policyContext has {bytes} bytes: every effect shows it to policies, and it has {CONTEXT_LIMIT} at most"
        ));
    }
    let configuration = Value::Object(answer.configuration);
    let mut secrets = BTreeMap::new();
    for (pointer, from) in answer.secrets {
        if configuration.pointer(&pointer).is_none() {
            return Err(format!(
                "secrets: the configuration has nothing at {pointer}"
            ));
        }
        let secret = given
            .remove(&from)
            .ok_or_else(|| format!("secrets: the input has no secret at {from}"))?;
        secrets.insert(pointer, secret);
    }
    let mut options = answer.options;
    for (name, value) in [
        ("dryRun", json!(flags.dry_run)),
        (
            "ignorePreflightErrors",
            json!(flags.ignore_preflight_errors),
        ),
        ("skipPhases", json!(flags.skip_phases)),
    ] {
        options.insert(name.to_owned(), value);
    }
    Ok(Prepared {
        document: json!({
            "apiVersion": API_VERSION,
            "kind": KIND,
            "operation": "init",
            "configuration": configuration,
            "options": options,
        }),
        secrets,
        node_name: answer.node_name,
        policy_context,
        patches_directory: String::new(),
        skip_phases: flags.skip_phases.clone(),
        api_call_timeout: None,
        waiting: std::time::Duration::ZERO,
        origins: Origins::default(),
        warnings: answer.warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(answer: Value) -> Result<Prepared, String> {
        let answer = serde_json::from_value(answer).map_err(|error| error.to_string())?;
        let secret = SecretString::new("hush".to_owned());
        let given = BTreeMap::from([("/flags/token".to_owned(), secret)]);
        prepared(answer, given, &InitFlags::default())
    }

    #[test]
    fn given_secrets_go_where_the_component_says() {
        let prepared = answer(json!({
            "configuration": {"Example": {"token": "abcdef.<sealed>"}},
            "nodeName": "cp-1",
            "secrets": {"/Example/token": "/flags/token"},
        }))
        .unwrap();
        assert_eq!(prepared.secrets["/Example/token"].reveal(), "hush");
        assert!(!prepared.document.to_string().contains("hush"));
    }

    #[test]
    fn answers_that_make_no_sense_are_refused() {
        let cases = [
            (
                "no node",
                json!({"configuration": {}, "nodeName": ""}),
                "nodeName",
            ),
            (
                "unknown key",
                json!({"configuration": {}, "nodeName": "a", "x": 1}),
                "unknown field",
            ),
            (
                "a large context",
                json!({"configuration": {}, "nodeName": "a",
                    "policyContext": {"a": "x".repeat(CONTEXT_LIMIT)}}),
                "policyContext has 16392 bytes",
            ),
            (
                "a context that is none",
                json!({"configuration": {}, "nodeName": "a", "policyContext": ["x"]}),
                "invalid type",
            ),
            (
                "a place that is not there",
                json!({"configuration": {}, "nodeName": "a", "secrets": {"/A": "/flags/token"}}),
                "nothing at /A",
            ),
            (
                "a secret that was not given",
                json!({"configuration": {"A": ""}, "nodeName": "a", "secrets": {"/A": "/flags/x"}}),
                "no secret at /flags/x",
            ),
        ];
        for (name, value, wanted) in cases {
            let problem = answer(value).map(|_| ()).unwrap_err();
            assert!(problem.contains(wanted), "{name}: {problem}");
        }
    }
}
