//! What wasmtime makes of the WIT contract.

/// The world of phases.
pub mod phase {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1.0",
        world: "phase",
        with: {
            "kubewright:provision/sealed.value": crate::effect::SealedValue,
            "kubewright:provision/pki.key-pair": crate::capability::pki::KeyPairHandle,
            "kubewright:provision/pki.certificate": crate::capability::pki::CertificateHandle,
            "kubewright:provision/tokens.token": crate::capability::tokens::TokenHandle,
            "kubewright:provision/kube.client": crate::capability::kube::ClientHandle,
        },
        imports: { default: async | trappable },
        exports: { default: async },
        trappable_error_type: {
            "kubewright:provision/types.error" => crate::capability::Refusal,
        },
    });
}

/// The world of policies.
pub mod policy {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1.0",
        world: "policy",
        with: {
            "kubewright:provision/log": super::phase::kubewright::provision::log,
        },
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

/// The world of configuration components.
pub mod configuration {
    wasmtime::component::bindgen!({
        path: "../wit/v0.1.0",
        world: "configuration",
        with: {
            "kubewright:provision/log": super::phase::kubewright::provision::log,
        },
        imports: { default: async | trappable },
        exports: { default: async },
    });
}

pub use phase::kubewright::provision::{
    accounts, checks, clock, container_runtime, documents, etcd, files, health, kube, kubeconfigs,
    leftovers, log, mounts, node, patches, pki, pods, sealed, terminal, tokens, types, undo,
};
