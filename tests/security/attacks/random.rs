//! Programs of random calls: every function of the contract, its arguments mixed
//! up. Whatever comes of it, no secret does, and the program ends as programs
//! end.

use kubewright_test_hostile_calls::random::random;

use super::generated::{Tried, none, scene};
use crate::support::attack::World;

/// Steps of a program.
const STEPS: usize = 500;

cases!(a_random_program_learns_nothing:
    in_a_render_1(1, World::Render),
    in_a_render_2(2, World::Render),
    in_a_render_3(3, World::Render),
    in_a_render_4(4, World::Render),
    on_a_machine_1(5, World::Machine),
    on_a_machine_2(6, World::Machine),
);

fn a_random_program_learns_nothing(seed: u64, world: World) {
    let scene = scene(world);
    let program = match world {
        World::Render => random(seed, STEPS, |_| true),
        // There is no API server to wait for.
        World::Machine => random(seed, STEPS, |name| {
            !name.starts_with("kube.client") && name != "tokens.adopt"
        }),
    };
    let steps = program
        .steps
        .iter()
        .map(|step| step.call.function().to_owned());
    let tried = Tried {
        scene: &scene,
        what: format!("seed {seed}"),
        steps: steps.enumerate().collect(),
        never: Vec::new(),
    };
    let told = scene.attempt(&program, &["--policy", "policy.wasm", "-vv"]);
    assert!(
        [0, 1].contains(&told.finished.code),
        "seed {seed}: {}",
        told.finished.said()
    );
    assert!(!told.finished.said().contains("panicked at"), "seed {seed}");
    assert!(told.seen.len() > STEPS / 2, "{}", told.finished.said());
    none(&tried.leaks(&told));
}
