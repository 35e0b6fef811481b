//! `checks`: looking at the machine before anything is changed.

use zeroize::Zeroizing;

use super::bindings::{checks, types};
use super::gate::Answer;
use super::refusal::{Refusal, wit_error};
use super::state::PhaseState;
use crate::effect::FileVerb;
use crate::world::{MachinePath, Occupancy, Purpose, Question};

/// What is read of a certificate at most.
const PEM_LIMIT: u64 = 1 << 20;

pub async fn system(state: &mut PhaseState) -> Answer<String> {
    state.doing = "looking at the system".to_owned();
    let found = state.world().node.checks().system()?;
    let text = serde_json::to_string(&found);
    state.answer(text.map_err(|error| wit_error(types::ErrorCode::Io, &error))?)
}

pub async fn kernel_options(
    state: &mut PhaseState,
    names: Vec<String>,
) -> Answer<Option<Vec<(String, String)>>> {
    state.doing = "reading the kernel's configuration".to_owned();
    let found = state.world().node.checks().kernel_options(&names);
    state.answer(found.map(|found| found.into_iter().collect()))
}

pub async fn kernel_parameter(state: &mut PhaseState, name: String) -> Answer<Option<String>> {
    state.doing = format!("reading the kernel parameter {name}");
    state.answer(state.world().node.checks().kernel_parameter(&name))
}

pub async fn port_is_free(state: &mut PhaseState, port: u16) -> Answer<bool> {
    state.doing = format!("looking at port {port}");
    state.answer(state.world().node.checks().port_is_free(port))
}

pub async fn occupied(state: &mut PhaseState, path: String) -> Answer<checks::Occupancy> {
    state.doing = format!("looking at {path}");
    let path = MachinePath::parse(&path)?;
    let found = state.world().node.checks().occupancy(&path)?;
    state.answer(match found {
        Occupancy::Nothing => checks::Occupancy::Nothing,
        Occupancy::File => checks::Occupancy::File,
        Occupancy::EmptyDirectory => checks::Occupancy::EmptyDirectory,
        Occupancy::FilledDirectory => checks::Occupancy::FilledDirectory,
    })
}

pub async fn find_program(state: &mut PhaseState, name: String) -> Answer<Option<String>> {
    state.doing = format!("looking for the program {name}");
    state.answer(state.world().node.checks().find_program(&name))
}

pub async fn program_version(state: &mut PhaseState, name: String) -> Answer<String> {
    state.doing = format!("asking {name} for its version");
    state.origin.grants.covers_program(&name)?;
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let version = world.node.checks().program_version(&name).await?;
    state.answer(version)
}

pub async fn resolve(state: &mut PhaseState, name: String) -> Answer<Vec<String>> {
    state.doing = format!("resolving {name}");
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let found = world.node.checks().resolve(&name).await;
    state.answer(found.iter().map(ToString::to_string).collect::<Vec<_>>())
}

pub async fn ask(
    state: &mut PhaseState,
    question: checks::Question,
) -> Answer<Option<checks::Answer>> {
    state.doing = format!("asking {}", question.url);
    state.origin.grants.covers_endpoint(&question.url)?;
    if !state.world().node.checks().can_ask() {
        return state.answer(None);
    }
    let ca = state.pem_file(&question.ca_file)?;
    let certificate = state.pem_file(&question.certificate_file)?;
    let key = state.pem_file(&question.key_file)?;
    let question = Question {
        url: question.url,
        ca: ca.map(|ca| ca.to_vec()),
        identity: certificate
            .zip(key)
            .map(|(certificate, key)| (certificate.to_vec(), key)),
    };
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let answer = world.node.checks().ask(&question).await?;
    state.answer(answer.map(|answer| checks::Answer {
        status: answer.status,
        body: answer.body,
    }))
}

pub async fn service(state: &mut PhaseState, name: String) -> Answer<checks::ServiceState> {
    state.doing = format!("looking at the service {name}");
    state.origin.grants.covers_service(&name)?;
    let _waiting = state.wait()?;
    let world = state.world().clone();
    let found = world.node.checks().service_state(&name).await?;
    state.answer(checks::ServiceState {
        exists: found.exists,
        enabled: found.enabled,
        active: found.active,
        enable_command: found.enable_command,
    })
}

impl PhaseState {
    /// A file that the host shows to a server for the component, which does
    /// not see it. It must be granted as if it did; none where no path is
    /// given.
    fn pem_file(&mut self, path: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Refusal> {
        if path.is_empty() {
            return Ok(None);
        }
        let place = self.granted(path, FileVerb::Read)?;
        self.open(&place, Purpose::Connect, PEM_LIMIT).map(Some)
    }
}
