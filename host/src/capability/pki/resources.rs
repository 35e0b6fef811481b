//! What components ask of the keys and certificates they hold.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use wasmtime::component::Resource as Handle;

use super::super::bindings::{pki, types};
use super::super::state::PhaseState;
use super::{CertificateHandle, KeyPairHandle};
use crate::effect::SealedValue;

impl pki::HostKeyPair for PhaseState {
    async fn public_key_pem(&mut self, handle: Handle<KeyPairHandle>) -> wasmtime::Result<String> {
        Ok(self.table.get(&handle)?.key.public_key().pem())
    }

    async fn private_key_pem(
        &mut self,
        handle: Handle<KeyPairHandle>,
    ) -> wasmtime::Result<Result<Handle<SealedValue>, types::Error>> {
        self.enter()?;
        let held = self.table.get(&handle)?;
        let (name, key) = (held.name.clone(), Arc::clone(&held.key));
        match self.placeable(&name, &key) {
            Ok(value) => Ok(Ok(self.table.push(value)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn drop(&mut self, handle: Handle<KeyPairHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl pki::HostCertificate for PhaseState {
    async fn pem(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<String> {
        Ok(self.table.get(&handle)?.certificate.pem())
    }

    async fn common_name(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<String> {
        let held = self.table.get(&handle)?;
        Ok(held.certificate.facts().subject.common_name.clone())
    }

    async fn organizations(
        &mut self,
        handle: Handle<CertificateHandle>,
    ) -> wasmtime::Result<Vec<String>> {
        let held = self.table.get(&handle)?;
        Ok(held.certificate.facts().subject.organizations.clone())
    }

    async fn not_after(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<i64> {
        let not_after = self.table.get(&handle)?.certificate.facts().not_after;
        let seconds = not_after
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        Ok(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    async fn public_key_hash(
        &mut self,
        handle: Handle<CertificateHandle>,
    ) -> wasmtime::Result<String> {
        Ok(self.table.get(&handle)?.certificate.public_key().pin())
    }

    async fn has_key(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&handle)?.key.is_some())
    }

    async fn private_key_pem(
        &mut self,
        handle: Handle<CertificateHandle>,
    ) -> wasmtime::Result<Result<Handle<SealedValue>, types::Error>> {
        self.enter()?;
        let held = self.table.get(&handle)?;
        let (name, key) = (held.name.clone(), held.key.clone());
        let Some(key) = key else {
            return Ok(Err(types::Error {
                code: types::ErrorCode::NotFound,
                message: format!("the key of {name} is not here"),
                hint: None,
            }));
        };
        match self.placeable(&name, &key) {
            Ok(value) => Ok(Ok(self.table.push(value)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn drop(&mut self, handle: Handle<CertificateHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
