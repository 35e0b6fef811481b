//! `checks`: looking at the machine before anything is changed.

use super::bindings::{checks, types};
use super::state::{IntoWit, PhaseState, wit_error};
use crate::world::{MachinePath, Occupancy};

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
