//! `checks`: looking at the machine before anything is changed.

use zeroize::Zeroizing;

use super::bindings::{checks, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::effect::FileVerb;
use crate::world::{MachinePath, Occupancy, Question};

impl checks::Host for PhaseState {
    async fn system(&mut self) -> wasmtime::Result<Result<String, types::Error>> {
        self.enter()?;
        self.doing = "looking at the system".to_owned();
        let state = match self.world().node.checks().system() {
            Ok(state) => state,
            Err(error) => return Ok(Err(error.into_wit())),
        };
        Ok(serde_json::to_string(&state).map_err(|error| wit_error(types::ErrorCode::Io, &error)))
    }

    async fn kernel_options(
        &mut self,
        names: Vec<String>,
    ) -> wasmtime::Result<Result<Option<Vec<(String, String)>>, types::Error>> {
        self.enter()?;
        self.doing = "reading the kernel's configuration".to_owned();
        let found = self.world().node.checks().kernel_options(&names);
        Ok(Ok(found.map(|found| found.into_iter().collect())))
    }

    async fn kernel_parameter(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Option<String>, types::Error>> {
        self.enter()?;
        self.doing = format!("reading the kernel parameter {name}");
        Ok(Ok(self.world().node.checks().kernel_parameter(&name)))
    }

    async fn port_is_free(&mut self, port: u16) -> wasmtime::Result<Result<bool, types::Error>> {
        self.enter()?;
        self.doing = format!("looking at port {port}");
        Ok(Ok(self.world().node.checks().port_is_free(port)))
    }

    async fn occupied(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<checks::Occupancy, types::Error>> {
        self.enter()?;
        self.doing = format!("looking at {path}");
        let path = match MachinePath::parse(&path) {
            Ok(path) => path,
            Err(error) => return Ok(Err(error.into_wit())),
        };
        let found = self.world().node.checks().occupancy(&path);
        Ok(found
            .map(|found| match found {
                Occupancy::Nothing => checks::Occupancy::Nothing,
                Occupancy::File => checks::Occupancy::File,
                Occupancy::EmptyDirectory => checks::Occupancy::EmptyDirectory,
                Occupancy::FilledDirectory => checks::Occupancy::FilledDirectory,
            })
            .map_err(IntoWit::into_wit))
    }

    async fn find_program(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Option<String>, types::Error>> {
        self.enter()?;
        self.doing = format!("looking for the program {name}");
        Ok(Ok(self.world().node.checks().find_program(&name)))
    }

    async fn program_version(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.enter()?;
        self.doing = format!("asking {name} for its version");
        if let Err(denial) = self.origin.grants.covers_program(&name) {
            return Ok(Err(denial.into_wit()));
        }
        let world = self.world().clone();
        let said = world.node.checks().program_version(&name).await;
        Ok(said.map_err(IntoWit::into_wit))
    }

    async fn resolve(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Vec<String>, types::Error>> {
        self.enter()?;
        self.doing = format!("resolving {name}");
        let world = self.world().clone();
        let found = world.node.checks().resolve(&name).await;
        Ok(Ok(found.iter().map(ToString::to_string).collect()))
    }

    async fn ask(
        &mut self,
        question: checks::Question,
    ) -> wasmtime::Result<Result<Option<checks::Answer>, types::Error>> {
        self.enter()?;
        self.doing = format!("asking {}", question.url);
        if let Err(denial) = self.origin.grants.covers_endpoint(&question.url) {
            return Ok(Err(denial.into_wit()));
        }
        if !self.world().node.checks().can_ask() {
            return Ok(Ok(None));
        }
        let mut files = [None, None, None];
        for (content, path) in files.iter_mut().zip([
            &question.ca_file,
            &question.certificate_file,
            &question.key_file,
        ]) {
            if path.is_empty() {
                continue;
            }
            *content = match self.pem_file(path) {
                Ok(content) => Some(content),
                Err(error) => return Ok(Err(error)),
            };
        }
        let [ca, certificate, key] = files;
        let question = Question {
            url: question.url,
            ca: ca.map(|ca| ca.to_vec()),
            identity: certificate
                .zip(key)
                .map(|(certificate, key)| (certificate.to_vec(), key)),
        };
        let world = self.world().clone();
        let answer = world.node.checks().ask(&question).await;
        Ok(answer
            .map(|answer| {
                answer.map(|answer| checks::Answer {
                    status: answer.status,
                    body: answer.body,
                })
            })
            .map_err(IntoWit::into_wit))
    }

    async fn service(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<checks::ServiceState, types::Error>> {
        self.enter()?;
        self.doing = format!("looking at the service {name}");
        if let Err(denial) = self.origin.grants.covers_service(&name) {
            return Ok(Err(denial.into_wit()));
        }
        let world = self.world().clone();
        let found = world.node.checks().service_state(&name).await;
        Ok(found
            .map(|state| checks::ServiceState {
                exists: state.exists,
                enabled: state.enabled,
                active: state.active,
                enable_command: state.enable_command,
            })
            .map_err(IntoWit::into_wit))
    }
}

/// What is read of a certificate at most.
const PEM_LIMIT: u64 = 1 << 20;

impl PhaseState {
    /// A file that the host uses for the component, which does not see it. It
    /// must be granted as if it did.
    fn pem_file(&mut self, path: &str) -> Result<Zeroizing<Vec<u8>>, types::Error> {
        let path = self.granted(path, FileVerb::Read)?;
        self.world()
            .files
            .read(&path, PEM_LIMIT)
            .map(Zeroizing::new)
            .map_err(IntoWit::into_wit)
    }
}
