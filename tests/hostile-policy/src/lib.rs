//! A policy that does what the name of a file asks for: warn, deny, panic,
//! loop, or flood the log. It logs what it sees of the effects of programs.

use kubewright_policy::bindings::Guest;
use kubewright_policy::{Effect, Finding, Plan, Verdict, log, types};

/// The phases of which every effect is logged.
const PROGRAMS: [&str; 3] = ["hostile/program", "hostile/then", "undo"];

struct Hostile;

impl Guest for Hostile {
    fn describe() -> types::Description {
        types::Description {
            summary: "hostile".into(),
            phases: Vec::new(),
        }
    }

    fn check(effect: String) -> Vec<Finding> {
        std::panic::set_hook(Box::new(|panic| log::panicked(&panic.to_string())));
        let text = effect;
        let Some(effect) = Effect::parse(&text) else {
            return Vec::new();
        };
        if PROGRAMS.contains(&effect.text("phase")) {
            log::log(log::Level::Debug, &format!("effect {text}"));
        }
        let finding = |verdict| Finding {
            verdict,
            rule: "as-asked".into(),
            reason: "it was asked for".into(),
            remedy: "do not ask".into(),
        };
        match effect.text("path").strip_prefix("/srv/hostile/") {
            Some("warn") => vec![finding(Verdict::Warn)],
            Some("deny") => vec![finding(Verdict::Deny)],
            Some("panic") => panic!("no judgement today"),
            Some("loop") => endless(),
            Some("flood") => loop {
                log::log(log::Level::Debug, "again");
            },
            _ => Vec::new(),
        }
    }

    fn judge(plan: String) -> Vec<Finding> {
        std::panic::set_hook(Box::new(|panic| log::panicked(&panic.to_string())));
        Plan::parse(&plan).map_or_else(Vec::new, |plan| judged(&plan))
    }
}

/// As a file asks for that the run wrote.
fn judged(plan: &Plan) -> Vec<Finding> {
    let finding = |verdict, reason: String| Finding {
        verdict,
        rule: "as-a-whole".into(),
        reason,
        remedy: "leave it out".into(),
    };
    let files = plan.effects().iter();
    let asked = files.filter_map(|effect| effect.text("path").strip_prefix("/srv/hostile/judge-"));
    asked
        .flat_map(|asked| match asked {
            "warn" | "deny" => {
                let verdict = match asked {
                    "warn" => Verdict::Warn,
                    _ => Verdict::Deny,
                };
                let counts = plan.effects().iter();
                let created = counts.filter(|one| one.text("change") == "created").count();
                let reason = format!(
                    "{} has {created} new of {}",
                    plan.operation(),
                    plan.effects().len()
                );
                vec![finding(verdict, reason)]
            }
            "panic" => panic!("no judgement of it all"),
            "loop" => endless(),
            _ => Vec::new(),
        })
        .collect()
}

fn endless() -> ! {
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(3));
    }
}

kubewright_policy::bindings::export_policy!(Hostile with_types_in kubewright_policy::bindings);
