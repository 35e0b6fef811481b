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
mod plan;

pub use bindings::kubewright::provision::policy_types::{Finding, Verdict};
pub use bindings::kubewright::provision::{log, types};
pub use effect::{Effect, paths_of};
pub use plan::Plan;
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

/// A rule about all that a run does.
pub struct PlanRule {
    /// `one-authority`
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it has to say of a plan.
    pub judge: fn(&Plan) -> Vec<Objection>,
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
pub fn describe(summary: &str, rules: &[Rule], of_plans: &[PlanRule]) -> types::Description {
    let rules = rules.iter().map(|rule| (rule.name, rule.summary));
    let of_plans = of_plans.iter().map(|rule| (rule.name, rule.summary));
    types::Description {
        summary: summary.to_owned(),
        phases: rules
            .chain(of_plans)
            .map(|(name, summary)| types::PhaseDescription {
                name: name.to_owned(),
                summary: summary.to_owned(),
            })
            .collect(),
    }
}

/// Judges a plan. What cannot be read is denied.
#[doc(hidden)]
pub fn judge(rules: &[PlanRule], plan: &str) -> Vec<Finding> {
    std::panic::set_hook(Box::new(|panic| log::panicked(&panic.to_string())));
    let Some(first) = rules.first() else {
        return Vec::new();
    };
    let Some(plan) = Plan::parse(plan) else {
        return vec![unreadable(first.name, "the plan")];
    };
    let findings = |rule: &PlanRule| {
        let name = rule.name;
        (rule.judge)(&plan)
            .into_iter()
            .map(move |objection| denial(name, objection))
    };
    rules.iter().flat_map(findings).collect()
}

fn unreadable(rule: &str, what: &str) -> Finding {
    let reason = format!("{what} is not JSON");
    let remedy = "report this: the host and the policy do not fit together";
    denial(rule, Objection::new(reason, remedy))
}

fn denial(rule: &str, objection: Objection) -> Finding {
    Finding {
        verdict: Verdict::Deny,
        rule: rule.to_owned(),
        reason: objection.reason,
        remedy: objection.remedy,
    }
}

/// Checks one effect. What cannot be read is denied: a policy that does not
/// understand must not let pass.
#[doc(hidden)]
pub fn check(rules: &[Rule], effect: &str) -> Vec<Finding> {
    std::panic::set_hook(Box::new(|panic| log::panicked(&panic.to_string())));
    let Some(effect) = Effect::parse(effect) else {
        let name = rules.first().map_or("", |rule| rule.name);
        return vec![unreadable(name, "the effect")];
    };
    let findings = |rule: &Rule| {
        let name = rule.name;
        (rule.check)(&effect)
            .into_iter()
            .map(move |objection| denial(name, objection))
    };
    rules.iter().flat_map(findings).collect()
}

/// Makes a policy of a crate: its rules, each with a sentence and the function
/// that checks it (`fn(&Effect) -> Vec<Objection>`). After `plans:`, where there
/// are any, rules about all that a run does (`fn(&Plan) -> Vec<Objection>`).
#[macro_export]
macro_rules! rules {
    (
        summary: $summary:expr, $($name:literal : $sentence:expr => $check:expr),+
        $(, plans: $($of_plans:literal : $says:expr => $judge:expr),+)? $(,)?
    ) => {
        const RULES: &[$crate::Rule] =
            &[$($crate::Rule { name: $name, summary: $sentence, check: $check }),+];
        const OF_PLANS: &[$crate::PlanRule] =
            &[$($($crate::PlanRule { name: $of_plans, summary: $says, judge: $judge }),+)?];

        struct Plugin;

        impl $crate::bindings::Guest for Plugin {
            fn describe() -> $crate::types::Description {
                $crate::describe($summary, RULES, OF_PLANS)
            }

            fn check(effect: String) -> Vec<$crate::Finding> {
                $crate::check(RULES, &effect)
            }

            fn judge(plan: String) -> Vec<$crate::Finding> {
                $crate::judge(OF_PLANS, &plan)
            }
        }

        $crate::bindings::export_policy!(Plugin with_types_in $crate::bindings);
    };
}
