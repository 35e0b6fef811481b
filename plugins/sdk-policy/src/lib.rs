//! What the author of a Kubewright policy writes against.
//!
//! A policy is a WebAssembly component that sees every effect before it lands
//! and says what is wrong with it. It can do nothing else. A whole policy:
//!
//! ```ignore
//! use kubewright_policy::{Effect, Objection};
//!
//! fn no_deletes(effect: &Effect) -> Vec<Objection> {
//!     if effect.action() != "Delete" {
//!         return Vec::new();
//!     }
//!     vec![Objection::new("an object would be deleted", "do it by hand")]
//! }
//!
//! kubewright_policy::rules! {
//!     summary: "Nothing gets lost",
//!     "no-deletes": "No phase deletes objects" => no_deletes,
//! }
//! ```
//!
//! It is a crate of its own and not a part of `kubewright-plugin`, because a
//! component carries the world of each crate that it is made of.

mod effect;

pub use bindings::kubewright::provision::policy_types::{Finding, Verdict};
pub use bindings::kubewright::provision::{log, types};
pub use effect::{Effect, paths_of};
pub use serde_json::{self, Value, json};

/// What wit-bindgen makes of the contract in `wit/`.
#[doc(hidden)]
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v0.1.0",
        world: "policy",
        pub_export_macro: true,
        export_macro_name: "export_policy",
        default_bindings_module: "kubewright_policy::bindings",
    });
}

/// A rule of a policy.
pub struct Rule {
    /// `key-file-mode`
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it has to say of an effect.
    pub check: fn(&Effect) -> Vec<Objection>,
}

/// Something that is wrong with an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// What is wrong, for a person.
    pub reason: String,
    /// What to change.
    pub remedy: String,
}

impl Objection {
    /// What is wrong, and what to change.
    pub fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }
}

#[doc(hidden)]
pub fn describe(summary: &str, rules: &[Rule]) -> types::Description {
    types::Description {
        summary: summary.to_owned(),
        phases: rules
            .iter()
            .map(|rule| types::PhaseDescription {
                name: rule.name.to_owned(),
                summary: rule.summary.to_owned(),
            })
            .collect(),
    }
}

/// Checks one effect. What cannot be read is denied: a policy that does not
/// understand must not let pass.
#[doc(hidden)]
pub fn check(rules: &[Rule], effect: &str) -> Vec<Finding> {
    std::panic::set_hook(Box::new(|panic| log::panicked(&panic.to_string())));
    let Some(effect) = Effect::parse(effect) else {
        return vec![Finding {
            verdict: Verdict::Deny,
            rule: rules.first().map_or("", |rule| rule.name).to_owned(),
            reason: "the effect is not JSON".to_owned(),
            remedy: "report this: the host and the policy do not fit together".to_owned(),
        }];
    };
    let findings = |rule: &Rule| {
        let name = rule.name;
        (rule.check)(&effect)
            .into_iter()
            .map(move |objection| Finding {
                verdict: Verdict::Deny,
                rule: name.to_owned(),
                reason: objection.reason,
                remedy: objection.remedy,
            })
    };
    rules.iter().flat_map(findings).collect()
}

/// Makes a policy of a crate: its rules, each with a sentence and the function
/// that checks it (`fn(&Effect) -> Vec<Objection>`).
#[macro_export]
macro_rules! rules {
    (summary: $summary:expr, $($name:literal : $sentence:expr => $check:expr),+ $(,)?) => {
        const RULES: &[$crate::Rule] =
            &[$($crate::Rule { name: $name, summary: $sentence, check: $check }),+];

        struct Plugin;

        impl $crate::bindings::Guest for Plugin {
            fn describe() -> $crate::types::Description {
                $crate::describe($summary, RULES)
            }

            fn check(effect: String) -> Vec<$crate::Finding> {
                $crate::check(RULES, &effect)
            }
        }

        $crate::bindings::export_policy!(Plugin with_types_in $crate::bindings);
    };
}
