//! What arguments and answers weigh, and what can be read from answers.

use wasmtime::component::Resource;

use super::bindings::{
    accounts, checks, container_runtime, etcd, files, health, kube, kubeconfigs, leftovers, log,
    node, pki, pods, sealed, tokens, types, undo,
};
use super::gate::Disclose;

/// What one item of a list weighs besides its content.
const ITEM: usize = 32;

/// Bytes that the host holds of an argument.
pub trait Charge {
    fn charge(&self) -> usize;
}

macro_rules! nothing {
    ($($kind:ty),* $(,)?) => {$(
        impl Charge for $kind {
            fn charge(&self) -> usize {
                0
            }
        }

        impl Disclose for $kind {
            fn each(&self, _visit: &mut dyn FnMut(&[u8])) {}
        }
    )*};
}

nothing!(
    (),
    bool,
    u16,
    u32,
    i64,
    files::FileKind,
    node::ServiceAction,
    log::Level,
    pki::Algorithm,
    pki::Existing,
    sealed::Encoding,
    tokens::Alphabet,
    kube::PatchType,
    checks::Occupancy,
    leftovers::Stays,
    types::Change,
    undo::Standing,
);

impl<T> Charge for Resource<T> {
    fn charge(&self) -> usize {
        0
    }
}

impl<T> Disclose for Resource<T> {
    fn each(&self, _visit: &mut dyn FnMut(&[u8])) {}
}

impl Charge for String {
    fn charge(&self) -> usize {
        self.len()
    }
}

impl Disclose for String {
    fn each(&self, visit: &mut dyn FnMut(&[u8])) {
        visit(self.as_bytes());
    }
}

impl Disclose for Vec<u8> {
    fn each(&self, visit: &mut dyn FnMut(&[u8])) {
        visit(self);
    }
}

impl<T: Charge> Charge for Option<T> {
    fn charge(&self) -> usize {
        self.as_ref().map_or(0, Charge::charge)
    }
}

impl<T: Disclose> Disclose for Option<T> {
    fn each(&self, visit: &mut dyn FnMut(&[u8])) {
        self.iter().for_each(|value| value.each(visit));
    }
}

impl<T: Charge> Charge for Vec<T> {
    fn charge(&self) -> usize {
        self.iter().fold(0, |sum: usize, item| {
            sum.saturating_add(ITEM + item.charge())
        })
    }
}

impl<A: Charge, B: Charge> Charge for (A, B) {
    fn charge(&self) -> usize {
        self.0.charge().saturating_add(self.1.charge())
    }
}

impl<A: Disclose, B: Disclose> Disclose for (A, B) {
    fn each(&self, visit: &mut dyn FnMut(&[u8])) {
        self.0.each(visit);
        self.1.each(visit);
    }
}

impl Disclose for Vec<String> {
    fn each(&self, visit: &mut dyn FnMut(&[u8])) {
        self.iter().for_each(|text| text.each(visit));
        // What is told in pieces is read as one.
        visit(self.concat().as_bytes());
    }
}

impl Disclose for Vec<(String, String)> {
    fn each(&self, visit: &mut dyn FnMut(&[u8])) {
        self.iter().for_each(|pair| pair.each(visit));
    }
}

/// Records, field by field: a new field must be named to compile.
macro_rules! record {
    ($($record:path { $($field:ident),* $(,)? })*) => {$(
        impl Charge for $record {
            fn charge(&self) -> usize {
                let Self { $($field),* } = self;
                [$($field.charge()),*].into_iter().fold(0, usize::saturating_add)
            }
        }

        impl Disclose for $record {
            fn each(&self, visit: &mut dyn FnMut(&[u8])) {
                let Self { $($field),* } = self;
                $($field.each(visit);)*
            }
        }
    )*};
}

impl Charge for u64 {
    fn charge(&self) -> usize {
        0
    }
}

impl Disclose for u64 {
    fn each(&self, _visit: &mut dyn FnMut(&[u8])) {}
}

record! {
    accounts::Identity { name, id }
    accounts::Identities { users, groups }
    accounts::Removed { users, groups }
    checks::Answer { status, body }
    checks::Question { url, ca_file, certificate_file, key_file }
    checks::ServiceState { exists, enabled, active, enable_command }
    container_runtime::RuntimeState { version, not_ready, tells_cgroup_driver, sandbox_image }
    etcd::Cluster { endpoints, ca, certificate, key }
    etcd::Member { id, name, peer_urls, client_urls }
    files::Metadata { kind, mode, size }
    kube::ObjectReference { api_version, kind, namespace, name }
    kube::Selection { api_version, kind, namespace, label_selector, field_selector }
    kubeconfigs::Summary {
        server, certificate_authority_pem, user, client_certificate_pem, key_matches, valid_now,
    }
    leftovers::Emptied { change, stays, left }
    pki::Placement { path, mode }
    pods::Pod { id, name }
    undo::Undone { change, words, lines, kept }
}

/// Lists of records.
macro_rules! records {
    ($($record:ty),* $(,)?) => {$(
        impl Disclose for Vec<$record> {
            fn each(&self, visit: &mut dyn FnMut(&[u8])) {
                self.iter().for_each(|one| one.each(visit));
            }
        }
    )*};
}

records!(accounts::Identity, etcd::Member, pods::Pod);

impl Charge for accounts::Group {
    fn charge(&self) -> usize {
        let Self { name, members } = self;
        name.charge().saturating_add(members.charge())
    }
}

impl Charge for health::Target {
    fn charge(&self) -> usize {
        let Self {
            name,
            url,
            trust,
            workload,
        } = self;
        let trust = match trust {
            health::Trust::Plain | health::Trust::Unverified => 0,
            health::Trust::CaFile(path) | health::Trust::Kubeconfig(path) => path.len(),
        };
        name.len() + url.len() + workload.len() + trust
    }
}

impl Charge for kube::SealedField {
    fn charge(&self) -> usize {
        let Self { pointer, value: _ } = self;
        pointer.len()
    }
}

impl Charge for kube::Condition {
    fn charge(&self) -> usize {
        match self {
            Self::Exists | Self::Absent => 0,
            Self::StatusCondition((kind, status)) => kind.len() + status.len(),
            Self::AtLeast((pointer, _)) => pointer.len(),
            Self::Equals((pointer, value)) => pointer.len() + value.len(),
        }
    }
}

impl Charge for pki::ExtendedUsage {
    fn charge(&self) -> usize {
        match self {
            Self::ServerAuth | Self::ClientAuth => 0,
            Self::Other(text) => text.len(),
        }
    }
}

impl Charge for pki::Profile {
    fn charge(&self) -> usize {
        let Self {
            common_name,
            organizations,
            dns_names,
            ip_addresses,
            certificate_authority: _,
            key_usages: _,
            extended_usages,
            validity_seconds: _,
            not_before: _,
            serial: _,
        } = self;
        [
            common_name.len(),
            organizations.charge(),
            dns_names.charge(),
            ip_addresses.charge(),
            extended_usages.charge(),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

impl Charge for sealed::Piece {
    fn charge(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            // What it stands for is charged when the content is put together.
            Self::Sealed(_) => 0,
        }
    }
}
