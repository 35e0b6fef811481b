//! `pods`: what a container runtime has, by grant.

use super::bindings::{pods, types};
use super::gate::Answer;
use super::refusal::Refusal;
use super::state::PhaseState;
use crate::effect::RemovePod;
use crate::world::Pod;

pub async fn all(state: &mut PhaseState, socket: String) -> Answer<Vec<pods::Pod>> {
    state.doing = format!("asking the container runtime at {socket} for its Pods");
    state.origin.grants.covers_runtime(&socket)?;
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let found = world.node.runtime().pods(&socket).await?;
    let known = found
        .iter()
        .map(|pod| ((socket.clone(), pod.id.clone()), pod.name.clone()));
    state.pods.extend(known);
    let found: Vec<_> = found
        .into_iter()
        .map(|pod| pods::Pod {
            id: pod.id,
            name: pod.name,
        })
        .collect();
    let answer = state.answer(found)?;
    state.charged(answer)
}

pub async fn remove(state: &mut PhaseState, socket: String, id: String) -> Answer<types::Change> {
    state.origin.grants.covers_runtime(&socket)?;
    // What it is called, as policies see it, the runtime said and not the
    // component.
    let Some(name) = state.pods.get(&(socket.clone(), id.clone())).cloned() else {
        return Err(Refusal::invalid(format!(
            "{id:?} is none of the Pods that the container runtime at {socket} was said to have: ask for all of them first"
        )));
    };
    let _waiting = state.wait()?;
    let effect = RemovePod {
        socket,
        pod: Pod {
            id,
            name: name.clone(),
        },
    };
    let ((), change) = state.land(effect).await?;
    state.run.past.tell("removed the Pod", &name, "");
    state.answer(change.into())
}
