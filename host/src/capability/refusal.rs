//! Why a call was not answered.

use super::bindings::types;
use crate::causes::chain;
use crate::effect::{
    AccountsError, ContentError, Denial, EffectError, JournalError, LeftoverError, PkiError,
    PublishError, SealedObjectError, UndoError,
};
use crate::kube::objects::ApiError;
use crate::world::machine::{EtcdError, MountError};
use crate::world::{
    FileError, HealthError, KubeAccessError, NodeError, NotEmptiable, PathError, RuntimeError,
};

use super::gate::OpenError;
use super::tokens::SecretError;

/// Why a call was not answered. By `?` every error of the host becomes one.
#[derive(Debug)]
pub enum Refusal {
    /// The component is told, and may go on.
    Told(types::Error),
    /// The component is ended: a limit, a policy, a journal that cannot be
    /// written, a handle that it does not have.
    Ended(wasmtime::Error),
}

impl Refusal {
    /// For functions of the contract that cannot fail.
    pub fn into_trap(self) -> wasmtime::Error {
        match self {
            Self::Ended(error) => error,
            Self::Told(error) => wasmtime::Error::msg(error.message),
        }
    }

    /// Of a request that makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Told(types::Error {
            code: types::ErrorCode::Invalid,
            message: message.into(),
            hint: None,
        })
    }
}

/// An error with its causes in one sentence.
pub fn wit_error(code: types::ErrorCode, error: &dyn std::error::Error) -> types::Error {
    types::Error {
        code,
        message: chain(error),
        hint: None,
    }
}

/// Errors that a component gets to see.
pub trait IntoWit {
    fn into_wit(self) -> types::Error;
}

impl IntoWit for types::Error {
    fn into_wit(self) -> types::Error {
        self
    }
}

impl IntoWit for std::convert::Infallible {
    fn into_wit(self) -> types::Error {
        match self {}
    }
}

macro_rules! told {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::Told(error.into_wit())
            }
        }
    )*};
}

told!(
    types::Error,
    std::convert::Infallible,
    AccountsError,
    ApiError,
    ContentError,
    Denial,
    EtcdError,
    FileError,
    HealthError,
    JournalError,
    KubeAccessError,
    LeftoverError,
    MountError,
    NodeError,
    NotEmptiable,
    OpenError,
    PathError,
    PkiError,
    PublishError,
    RuntimeError,
    SealedObjectError,
    SecretError,
    UndoError,
);

macro_rules! ended {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self::Ended(error.into())
            }
        }
    )*};
}

ended!(
    super::budget::Exceeded,
    wasmtime::component::ResourceTableError,
);

impl From<wasmtime::Error> for Refusal {
    fn from(error: wasmtime::Error) -> Self {
        Self::Ended(error)
    }
}

impl From<EffectError> for Refusal {
    fn from(error: EffectError) -> Self {
        match error.is_fatal() {
            // Whatever the component would make of it.
            true => Self::Ended(wasmtime::Error::new(error)),
            false => Self::Told(types::Error {
                code: types::ErrorCode::Denied,
                message: error.to_string(),
                hint: error.hint(),
            }),
        }
    }
}

impl IntoWit for OpenError {
    fn into_wit(self) -> types::Error {
        match self {
            Self::File(error) => error.into_wit(),
            error @ Self::Misused { .. } => types::Error {
                hint: Some("ask for what is public of it: interfaces pki and kubeconfigs".into()),
                ..wit_error(types::ErrorCode::Sealed, &error)
            },
        }
    }
}

impl IntoWit for Denial {
    fn into_wit(self) -> types::Error {
        types::Error {
            code: types::ErrorCode::Denied,
            hint: Some(self.hint()),
            message: self.to_string(),
        }
    }
}

impl IntoWit for PathError {
    fn into_wit(self) -> types::Error {
        wit_error(types::ErrorCode::Invalid, &self)
    }
}

impl IntoWit for ContentError {
    fn into_wit(self) -> types::Error {
        wit_error(types::ErrorCode::Invalid, &self)
    }
}

impl IntoWit for SealedObjectError {
    fn into_wit(self) -> types::Error {
        wit_error(types::ErrorCode::Invalid, &self)
    }
}
