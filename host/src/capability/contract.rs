//! The functions of the contract: the one entry of every call to the host, and
//! the one exit.
//!
//! For each function the table says what takes its arguments and answers. Here
//! the call is counted, its arguments are charged to the phase's budget, and
//! what it answers is taken out of [`Disclosed`], which only the gate makes: a
//! capability cannot answer with anything that has not passed it. A function
//! of the contract that is not in the table does not compile.
//!
//! A component imports what any of its phases needs. Here each call is held
//! against the grants of the phase that makes it.

use wasmtime::component::Resource as Handle;

use super::bindings::{
    accounts, checks, clock, container_runtime, documents, etcd, files, health, kube, kubeconfigs,
    leftovers, log, mounts, node, patches, pki, pods, sealed, terminal, tokens, types, undo,
};
use super::charge::Charge;
use super::interfaces;
use super::kube::ClientHandle;
use super::pki::{CertificateHandle, KeyPairHandle};
use super::refusal::Refusal;
use super::state::PhaseState;
use super::tokens::TokenHandle;
use crate::effect::SealedValue;

macro_rules! contract {
    ($($host:path, $interface:ident { $($kind:ident $name:ident ( $($arg:ident : $ty:ty),* $(,)? ) $(-> $ret:ty)? $(= $function:path)? ;)* })*) => {$(
        impl $host for PhaseState {
            $(contract!(@$kind $interface $name ($($arg : $ty),*) $($ret)? ; $($function)?);)*
        }
    )*};
    // Answers, or tells why not.
    (@told $interface:ident $name:ident ($($arg:ident : $ty:ty),*) $ret:ty ; $function:path) => {
        async fn $name(&mut self, $($arg: $ty),*) -> Result<$ret, Refusal> {
            self.enter([$($arg.charge()),*].into_iter().fold(0, usize::saturating_add))?;
            self.lent(interfaces::$interface)?;
            Ok($function(self, $($arg),*).await?.release())
        }
    };
    // Answers; what goes wrong ends the component.
    (@plain $interface:ident $name:ident ($($arg:ident : $ty:ty),*) $ret:ty ; $function:path) => {
        async fn $name(&mut self, $($arg: $ty),*) -> wasmtime::Result<$ret> {
            let charge = [$($arg.charge()),*].into_iter().fold(0, usize::saturating_add);
            self.enter(charge)?;
            self.lent(interfaces::$interface)?;
            let answer = $function(self, $($arg),*).await;
            Ok(answer.map_err(Refusal::into_trap)?.release())
        }
    };
    // Answers nothing, and does nothing where it is not granted.
    (@quiet $interface:ident $name:ident ($($arg:ident : $ty:ty),*) ; $function:path) => {
        async fn $name(&mut self, $($arg: $ty),*) -> wasmtime::Result<()> {
            let charge = [$($arg.charge()),*].into_iter().fold(0, usize::saturating_add);
            self.enter(charge)?;
            if self.lent(interfaces::$interface).is_err() {
                return Ok(());
            }
            let answer = $function(self, $($arg),*).await;
            Ok(answer.map_err(Refusal::into_trap)?.release())
        }
    };
    // Gives back a handle.
    (@drops $interface:ident $name:ident ($arg:ident : $ty:ty) ; ) => {
        async fn $name(&mut self, $arg: $ty) -> wasmtime::Result<()> {
            self.table.delete($arg)?;
            Ok(())
        }
    };
}

impl types::Host for PhaseState {
    fn convert_error(&mut self, refusal: Refusal) -> wasmtime::Result<types::Error> {
        match refusal {
            Refusal::Told(error) => Ok(self.gate.told(error)),
            Refusal::Ended(error) => Err(error),
        }
    }
}

contract! {
    accounts::Host, ACCOUNTS {
        told ensure(users: Vec<String>, groups: Vec<accounts::Group>) -> Option<accounts::Identities> = super::accounts::ensure;
        told set_owner(path: String, user: String, group: String, mode: u32) -> types::Change = super::accounts::set_owner;
        told set_owner_below(directory: String, user: String, group: String) -> types::Change = super::accounts::set_owner_below;
        told remove(users: Vec<String>, groups: Vec<String>) -> accounts::Removed = super::accounts::remove;
    }
    checks::Host, CHECKS {
        told system() -> String = super::checks::system;
        told kernel_options(names: Vec<String>) -> Option<Vec<(String, String)>> = super::checks::kernel_options;
        told kernel_parameter(name: String) -> Option<String> = super::checks::kernel_parameter;
        told port_is_free(port: u16) -> bool = super::checks::port_is_free;
        told occupied(path: String) -> checks::Occupancy = super::checks::occupied;
        told find_program(name: String) -> Option<String> = super::checks::find_program;
        told program_version(name: String) -> String = super::checks::program_version;
        told resolve(name: String) -> Vec<String> = super::checks::resolve;
        told ask(question: checks::Question) -> Option<checks::Answer> = super::checks::ask;
        told service(name: String) -> checks::ServiceState = super::checks::service;
    }
    clock::Host, CLOCK {
        told now() -> i64 = super::clock::now;
    }
    container_runtime::Host, CONTAINER_RUNTIME {
        told state(socket: String) -> container_runtime::RuntimeState = super::container_runtime::state;
        told has_image(socket: String, image: String) -> bool = super::container_runtime::has_image;
        told pull_images(socket: String, images: Vec<String>, at_once: bool) -> Vec<(String, String)> = super::container_runtime::pull_images;
    }
    documents::Host, DOCUMENTS {
        told publish(kind: String, document: String) -> () = super::documents::publish;
    }
    etcd::Host, ETCD {
        told members(cluster: etcd::Cluster, timeout_seconds: u32) -> Vec<etcd::Member> = super::etcd::members;
        told remove_member(cluster: etcd::Cluster, id: u64, timeout_seconds: u32) -> types::Change = super::etcd::remove_member;
    }
    files::Host, FILES {
        told write(path: String, mode: u32, content: Vec<sealed::Piece>) -> types::Change = super::files::write;
        told make_directory(path: String, mode: u32) -> types::Change = super::files::make_directory;
        told remove(path: String) -> types::Change = super::files::remove;
        told read(path: String) -> Vec<u8> = super::files::read;
        told list_directory(path: String) -> Vec<String> = super::files::list_directory;
        told stat(path: String) -> Option<files::Metadata> = super::files::stat;
    }
    health::Host, HEALTH {
        told await_healthy(targets: Vec<health::Target>, timeout_seconds: u32) -> () = super::health::await_healthy;
    }
    kube::Host, KUBE {
        told connect(kubeconfig: String) -> Handle<ClientHandle> = super::kube::connect;
        told connect_to(kubeconfig: String, server: String) -> Handle<ClientHandle> = super::kube::connect_to;
    }
    kube::HostClient, KUBE {
        told get(client: Handle<ClientHandle>, reference: kube::ObjectReference) -> Option<String> = super::kube::get;
        told get_list(client: Handle<ClientHandle>, selection: kube::Selection) -> Vec<String> = super::kube::get_list;
        told apply(client: Handle<ClientHandle>, object: String, sealed: Vec<kube::SealedField>) -> types::Change = super::kube::apply;
        told create(client: Handle<ClientHandle>, object: String, sealed: Vec<kube::SealedField>) -> String = super::kube::create;
        told patch(client: Handle<ClientHandle>, reference: kube::ObjectReference, patch_type: kube::PatchType, patch: String) -> types::Change = super::kube::patch;
        told delete(client: Handle<ClientHandle>, reference: kube::ObjectReference) -> types::Change = super::kube::delete;
        told wait(client: Handle<ClientHandle>, reference: kube::ObjectReference, condition: kube::Condition, timeout_seconds: u32) -> () = super::kube::wait;
        told wait_all(client: Handle<ClientHandle>, selection: kube::Selection, minimum: u32, condition: kube::Condition, timeout_seconds: u32) -> () = super::kube::wait_all;
        drops drop(client: Handle<ClientHandle>);
    }
    kubeconfigs::Host, KUBECONFIGS {
        told inspect(path: String) -> Option<kubeconfigs::Summary> = super::kubeconfigs::inspect;
    }
    leftovers::Host, LEFTOVERS {
        told empty(folder: String) -> leftovers::Emptied = super::leftovers::empty;
        told discard(file: String) -> types::Change = super::leftovers::discard;
    }
    log::Host, LOG {
        plain log(level: log::Level, message: String) -> () = super::log::log;
        plain panicked(message: String) -> () = super::log::panicked;
    }
    mounts::Host, MOUNTS {
        told in_folder(folder: String) -> Vec<String> = super::mounts::in_folder;
        told unmount(folder: String, path: String, options: Vec<String>) -> types::Change = super::mounts::unmount;
    }
    node::Host, NODE {
        told facts() -> String = super::node::facts;
        told service(name: String, action: node::ServiceAction) -> types::Change = super::node::service;
        told service_active(name: String) -> bool = super::node::service_active;
    }
    patches::Host, PATCHES {
        told apply(target: String, object: String) -> String = super::patches::apply;
    }
    pki::Host, PKI {
        told ensure_key_pair(name: String, algorithm: pki::Algorithm, key: pki::Placement, public_key: Option<pki::Placement>, existing: pki::Existing) -> (Handle<KeyPairHandle>, types::Change) = super::pki::ensure_key_pair;
        told ensure_certificate(name: String, profile: pki::Profile, algorithm: pki::Algorithm, signer: Option<Handle<CertificateHandle>>, certificate: pki::Placement, key: pki::Placement, public_key: Option<pki::Placement>, existing: pki::Existing) -> (Handle<CertificateHandle>, types::Change) = super::pki::ensure_certificate;
        told issue(name: String, profile: pki::Profile, algorithm: pki::Algorithm, signer: Handle<CertificateHandle>) -> Handle<CertificateHandle> = super::pki::issue;
        told issued(name: String) -> Handle<CertificateHandle> = super::pki::issued;
        told load_certificate(name: String, certificate: String, key: Option<String>) -> Handle<CertificateHandle> = super::pki::load_certificate_file;
        told load_key_pair(name: String, key: String) -> Handle<KeyPairHandle> = super::pki::load_key_file;
    }
    pki::HostKeyPair, PKI {
        plain public_key_pem(pair: Handle<KeyPairHandle>) -> String = super::pki::resources::public_key_pem;
        told private_key_pem(pair: Handle<KeyPairHandle>) -> Handle<SealedValue> = super::pki::resources::private_key_of_pair;
        drops drop(pair: Handle<KeyPairHandle>);
    }
    pki::HostCertificate, PKI {
        plain pem(certificate: Handle<CertificateHandle>) -> String = super::pki::resources::pem;
        plain common_name(certificate: Handle<CertificateHandle>) -> String = super::pki::resources::common_name;
        plain organizations(certificate: Handle<CertificateHandle>) -> Vec<String> = super::pki::resources::organizations;
        plain not_after(certificate: Handle<CertificateHandle>) -> i64 = super::pki::resources::not_after;
        plain public_key_hash(certificate: Handle<CertificateHandle>) -> String = super::pki::resources::public_key_hash;
        plain has_key(certificate: Handle<CertificateHandle>) -> bool = super::pki::resources::has_key;
        told private_key_pem(certificate: Handle<CertificateHandle>) -> Handle<SealedValue> = super::pki::resources::private_key_of_certificate;
        drops drop(certificate: Handle<CertificateHandle>);
    }
    pods::Host, PODS {
        told all(socket: String) -> Vec<pods::Pod> = super::pods::all;
        told remove(socket: String, id: String) -> types::Change = super::pods::remove;
    }
    sealed::Host, SEALED {
        told compose(pieces: Vec<sealed::Piece>, encoding: sealed::Encoding) -> Handle<SealedValue> = super::sealed::compose;
    }
    sealed::HostValue, SEALED {
        plain label(value: Handle<SealedValue>) -> String = super::sealed::label;
        drops drop(value: Handle<SealedValue>);
    }
    terminal::Host, TERMINAL {
        quiet progress(message: String) = super::terminal::progress;
        quiet progress_under(topic: String, message: String) = super::terminal::progress_under;
        quiet warn_under(topic: String, message: String) = super::terminal::warn_under;
        told show(content: Vec<sealed::Piece>) -> () = super::terminal::show;
    }
    undo::Host, UNDO {
        told whose() -> undo::Standing = super::undo::whose;
        told touched(folder: String) -> Vec<String> = super::undo::touched;
        told filled() -> Vec<String> = super::undo::filled;
        told restore(path: String) -> undo::Undone = super::undo::restore;
        told note(folder: String) -> () = super::undo::note;
    }
    tokens::Host, TOKENS {
        told bootstrap(pointer: String, alphabet: tokens::Alphabet) -> Handle<TokenHandle> = super::tokens::bootstrap;
        told adopt(pointer: String, client: Handle<ClientHandle>, namespace: String, name: String) -> bool = super::tokens::adopt;
        told certificate_key(pointer: String) -> Handle<SealedValue> = super::tokens::certificate_key;
        told encrypt(plain: Handle<SealedValue>, key: Handle<SealedValue>) -> Handle<SealedValue> = super::tokens::encrypt;
        told uuid(name: String) -> String = super::tokens::uuid;
        told time_based_uuid(name: String) -> String = super::tokens::time_based_uuid;
    }
    tokens::HostToken, TOKENS {
        plain id(token: Handle<TokenHandle>) -> String = super::tokens::id;
        plain secret(token: Handle<TokenHandle>) -> Handle<SealedValue> = super::tokens::secret;
        plain full(token: Handle<TokenHandle>) -> Handle<SealedValue> = super::tokens::full;
        plain generated(token: Handle<TokenHandle>) -> bool = super::tokens::generated;
        drops drop(token: Handle<TokenHandle>);
    }
}
