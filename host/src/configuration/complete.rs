//! What the user gave goes, without its secrets, to the component of the distribution; what that
//! makes of it is what a command starts from.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use kubewright_values::GoDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{CompleteError, ConfigError};
use super::finding::{Finding, Findings, Origins};
use super::flags::GivenFlags;
use super::prepared::Prepared;
use super::reader::{self, Documents, ReadOptions};
use crate::component::ConfigurationComponent;
use crate::distribution::{DeclaredConfiguration, Distribution};
use crate::pki::SecretString;
use crate::world::NodeFacts;

/// `apiVersion` of what components get.
const API_VERSION: &str = "kubewright.dev/v1alpha1";
/// `kind` of what phases get.
const DOCUMENT: &str = "ProvisionDocument";
/// `kind` of what the component gets.
const INPUT: &str = "ConfigurationInput";

/// Bytes of the policy context as JSON.
const CONTEXT_LIMIT: usize = 16 << 10;

/// What phases get beside what a component may add.
const OF_THE_HOST: [&str; 5] = [
    "apiVersion",
    "kind",
    "operation",
    "configuration",
    "options",
];

/// The text of a configuration file with its name, which messages use.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Name of the file as the user gave it.
    pub file: &'a str,
    /// What is in it.
    pub text: &'a str,
    /// Whether what the program could do without is refused (`--strict`).
    pub strict: bool,
    /// Whether deprecated API versions go without a warning (`--allow-deprecated-api`).
    pub allow_deprecated: bool,
}

/// What is wanted of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// What the phases of an operation get.
    Run,
    /// Whether all documents of a file are good.
    Validate,
    /// The documents that an operation has where nothing is given.
    Defaults,
    /// The documents of a file in their newest version.
    Migrate,
    /// The images that an operation needs.
    Images,
}

impl Ask {
    fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Validate => "validate",
            Self::Defaults => "defaults",
            Self::Migrate => "migrate",
            Self::Images => "images",
        }
    }
}

/// What the user asks for.
pub struct Request<'a> {
    /// `init` or another one of the distribution.
    pub operation: &'a str,
    /// What of it.
    pub ask: Ask,
    /// `--config`
    pub source: Option<Source<'a>>,
    /// The flags.
    pub flags: &'a GivenFlags,
    /// Variables that the distribution names and that are set.
    pub environment: BTreeMap<String, String>,
    /// The machine.
    pub facts: &'a NodeFacts,
    /// What time it is.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Debug)]
pub struct Completed {
    /// For phases; of other things that are asked what there is of it.
    pub prepared: Prepared,
    /// [`Ask::Defaults`] and [`Ask::Migrate`]: the documents. `prepared.secrets` are theirs then.
    pub documents: Option<Vec<Value>>,
    /// [`Ask::Images`]
    pub images: Option<Vec<String>>,
}

/// What the component answers with.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Answer {
    configuration: Map<String, Value>,
    node_name: String,
    secrets: BTreeMap<String, String>,
    policy_context: Map<String, Value>,
    warnings: Vec<String>,
    options: Map<String, Value>,
    document: Map<String, Value>,
    skip_phases: Option<Vec<String>>,
    skip_phases_field: String,
    patches_directory: String,
    api_call_timeout: String,
    waiting: String,
    documents: Option<Vec<Value>>,
    images: Option<Vec<String>>,
}

/// Has the component complete what the user asks for.
///
/// # Errors
/// What the user gave is wrong (all that is wrong at once, as far as it can be told), or the
/// component fails or answers with what it may not.
pub async fn complete(
    distribution: &Distribution,
    component: &ConfigurationComponent,
    request: &Request<'_>,
) -> Result<Completed, CompleteError> {
    let name = || distribution.name.clone();
    let declared = match &distribution.configuration {
        Some(declared) => declared,
        None => {
            return Err(CompleteError::None {
                distribution: name(),
            });
        }
    };
    if let Some(kind) = declared.kinds.iter().find(|kind| !kind.has_schema()) {
        return Err(CompleteError::NoSchema {
            distribution: name(),
            kind: kind.full(),
        });
    }
    let given = given(declared, request)?;
    let unusable = |problem: String| CompleteError::Answer {
        distribution: name(),
        problem,
    };
    let answer = component.complete(&given.input).await?;
    let answer = answer.map_err(|objections| {
        if objections.is_empty() {
            return unusable("it refuses the configuration without a reason".to_owned());
        }
        let findings = objections
            .into_iter()
            .map(|one| Finding {
                path: one.path,
                message: one.message,
                causes: one.causes,
            })
            .collect();
        ConfigError::from(Findings::locate(findings, &given.origins)).into()
    })?;
    let answer: Answer =
        serde_json::from_value(answer).map_err(|error| unusable(error.to_string()))?;
    let completed = Value::Object(answer.configuration.clone());
    distribution
        .check_completed(&completed, &[&given.input])
        .map_err(|error| unusable(error.to_string()))?;
    let missing = match request.ask {
        Ask::Run if answer.node_name.is_empty() => Some("nodeName is empty"),
        _ => None,
    };
    if let Some(problem) = missing {
        return Err(unusable(problem.to_owned()));
    }
    let mut completed = completed_of(answer, given.secrets, request).map_err(unusable)?;
    completed.prepared.origins = given.origins;
    // What was told of the file comes first.
    let told = std::mem::replace(&mut completed.prepared.warnings, given.warnings);
    completed.prepared.warnings.extend(told);
    Ok(completed)
}

/// What the user gave, and what of it no component gets to see.
struct Given {
    input: Value,
    /// By JSON pointer into the input.
    secrets: BTreeMap<String, SecretString>,
    warnings: Vec<String>,
    origins: Origins,
}

fn given(declared: &DeclaredConfiguration, request: &Request<'_>) -> Result<Given, ConfigError> {
    request.flags.check(request.source.is_some())?;
    let read = match request.source {
        Some(source) => {
            let options = ReadOptions {
                allow_deprecated: source.allow_deprecated,
                lenient: (!source.strict).then_some(request.operation),
            };
            reader::read(source.text, source.file, declared, options)?
        }
        None => Documents::default(),
    };
    let documents = read.secrets.into_iter();
    let documents = documents.map(|(pointer, sealed)| (format!("/documents{pointer}"), sealed));
    let flags = request.flags.secrets().iter();
    let flags = flags.map(|(name, sealed)| (format!("/flags/{name}"), sealed.clone()));
    let mut known = Map::new();
    let mut secrets = BTreeMap::new();
    for (pointer, sealed) in documents.chain(flags) {
        known.insert(pointer.clone(), sealed.known());
        secrets.insert(pointer, sealed.secret);
    }
    let file = request.source.map(|source| source.file.to_owned());
    let input = json!({
        "apiVersion": API_VERSION,
        "kind": INPUT,
        "operation": request.operation,
        "ask": request.ask.name(),
        "file": file,
        "documents": read.documents,
        "flags": request.flags.values(),
        "environment": request.environment,
        "node": request.facts,
        "now": request.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "sealed": known,
    });
    Ok(Given {
        input,
        secrets,
        warnings: read.warnings,
        origins: Origins {
            file,
            lines: read.lines,
        },
    })
}

/// What a command starts from. The error says what is wrong with the answer.
fn completed_of(
    answer: Answer,
    given: BTreeMap<String, SecretString>,
    request: &Request<'_>,
) -> Result<Completed, String> {
    let policy_context = Value::Object(answer.policy_context);
    let bytes = policy_context.to_string().len();
    if bytes > CONTEXT_LIMIT {
        return Err(format!(
            "policyContext has {bytes} bytes: every effect shows it to policies, and it has {CONTEXT_LIMIT} at most"
        ));
    }
    let configuration = Value::Object(answer.configuration);
    let documents = answer.documents.map(Value::Array);
    let made = documents.as_ref().unwrap_or(&configuration);
    let secrets = placed(answer.secrets, given, made)?;
    let skipped = "skipPhases";
    let flags = request.flags.values();
    let skip_phases = answer.skip_phases.unwrap_or_else(|| {
        let skipped = flags.get("skip-phases").cloned().unwrap_or_default();
        serde_json::from_value(skipped).unwrap_or_default()
    });
    let mut options = answer.options;
    for (name, otherwise) in [
        ("dryRun", json!(flags.contains_key("dry-run"))),
        (
            "ignorePreflightErrors",
            flags
                .get("ignore-preflight-errors")
                .cloned()
                .unwrap_or_else(|| json!([])),
        ),
        (skipped, json!(skip_phases)),
    ] {
        options.entry(name).or_insert(otherwise);
    }
    let mut document = answer.document;
    if let Some(name) = OF_THE_HOST
        .iter()
        .find(|&&name| document.contains_key(name))
    {
        return Err(format!("document has {name}, which is not for it to say"));
    }
    for (name, value) in [
        ("apiVersion", API_VERSION.into()),
        ("kind", DOCUMENT.into()),
        ("operation", request.operation.into()),
        ("configuration", configuration),
        ("options", Value::Object(options)),
    ] {
        document.insert(name.to_owned(), value);
    }
    let api_call_timeout = duration("apiCallTimeout", &answer.api_call_timeout)?;
    let waiting = duration("waiting", &answer.waiting)?;
    Ok(Completed {
        prepared: Prepared {
            document: Value::Object(document),
            secrets,
            node_name: answer.node_name,
            policy_context,
            patches_directory: answer.patches_directory,
            skip_phases,
            skip_phases_field: answer.skip_phases_field,
            api_call_timeout,
            waiting: waiting.unwrap_or_default(),
            origins: Origins::default(),
            warnings: answer.warnings,
        },
        documents: documents.and_then(|documents| match documents {
            Value::Array(documents) => Some(documents),
            _ => None,
        }),
        images: answer.images,
    })
}

/// Which of the given secrets stands where in what was made.
fn placed(
    places: BTreeMap<String, String>,
    given: BTreeMap<String, SecretString>,
    made: &Value,
) -> Result<BTreeMap<String, SecretString>, String> {
    let mut secrets = BTreeMap::new();
    for (pointer, from) in places {
        if made.pointer(&pointer).is_none() {
            return Err(format!(
                "secrets: the configuration has nothing at {pointer}"
            ));
        }
        // One may stand in several places.
        let secret = given
            .get(&from)
            .ok_or_else(|| format!("secrets: the input has no secret at {from}"))?;
        secrets.insert(pointer, secret.clone());
    }
    Ok(secrets)
}

fn duration(name: &str, text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let duration: GoDuration = text
        .parse()
        .map_err(|error| format!("{name}: {text:?} {error}"))?;
    match duration.to_std() {
        Some(duration) => Ok(Some(duration)),
        None => Err(format!("{name}: {text:?} is negative")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(answer: Value, flags: &GivenFlags) -> Result<Prepared, String> {
        let answer = serde_json::from_value(answer).map_err(|error| error.to_string())?;
        let secret = SecretString::new("hush".to_owned());
        let given = BTreeMap::from([("/flags/token".to_owned(), secret)]);
        let facts = NodeFacts::parse(
            "{apiVersion: kubewright.dev/v1alpha1, kind: NodeFacts, hostname: a}",
            "facts",
        )
        .unwrap();
        let request = Request {
            operation: "init",
            ask: Ask::Run,
            source: None,
            flags,
            environment: BTreeMap::new(),
            facts: &facts,
            now: Timestamp::UNIX_EPOCH,
        };
        completed_of(answer, given, &request).map(|completed| completed.prepared)
    }

    fn answer(answer: Value) -> Result<Prepared, String> {
        completed(answer, &GivenFlags::default())
    }

    #[test]
    fn what_an_answer_leaves_out_is_what_the_flags_say() {
        let mut flags = GivenFlags::default();
        flags.switch("dry-run", true);
        flags.texts("skip-phases", &["addon".to_owned()]);
        let prepared = completed(json!({"configuration": {}, "nodeName": "a"}), &flags).unwrap();
        assert_eq!(prepared.skip_phases, ["addon"]);
        assert_eq!(
            prepared.document["options"],
            json!({"dryRun": true, "ignorePreflightErrors": [], "skipPhases": ["addon"]})
        );
        let said = json!({
            "configuration": {},
            "nodeName": "a",
            "skipPhases": ["certs"],
            "options": {"dryRun": false, "more": 1},
            "document": {"images": {}},
            "apiCallTimeout": "1m0s",
            "waiting": "1.5s",
        });
        let prepared = completed(said, &flags).unwrap();
        assert_eq!(prepared.skip_phases, ["certs"]);
        assert_eq!(prepared.api_call_timeout, Some(Duration::from_secs(60)));
        assert_eq!(prepared.waiting, Duration::from_millis(1500));
        assert_eq!(
            prepared.document,
            json!({
                "apiVersion": API_VERSION, "kind": DOCUMENT, "operation": "init",
                "configuration": {}, "images": {},
                "options": {"dryRun": false, "ignorePreflightErrors": [], "skipPhases": ["certs"], "more": 1},
            })
        );
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
                "what is the host's",
                json!({"configuration": {}, "nodeName": "a", "document": {"kind": "x"}}),
                "document has kind",
            ),
            (
                "a time that is none",
                json!({"configuration": {}, "nodeName": "a", "waiting": "soon"}),
                "waiting: \"soon\" is not a duration",
            ),
            (
                "a time that is over",
                json!({"configuration": {}, "nodeName": "a", "apiCallTimeout": "-1s"}),
                "apiCallTimeout: \"-1s\" is negative",
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
