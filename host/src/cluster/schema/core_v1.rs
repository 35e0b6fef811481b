//! Types of core/v1 and bootstraptoken/v1 that documents contain.

use super::{STRINGS, Type};

/// core/v1 `Taint`.
pub const TAINT: Type = Type::Object(&[
    ("key", Type::String),
    ("value", Type::String),
    ("effect", Type::String),
    ("timeAdded", Type::Time),
]);

const KEY_SELECTOR: Type = Type::Object(&[
    ("name", Type::String),
    ("key", Type::String),
    ("optional", Type::Bool),
]);

/// core/v1 `EnvVar`.
pub const ENV_VAR: Type = Type::Object(&[
    ("name", Type::String),
    ("value", Type::String),
    (
        "valueFrom",
        Type::Object(&[
            (
                "fieldRef",
                Type::Object(&[("apiVersion", Type::String), ("fieldPath", Type::String)]),
            ),
            (
                "resourceFieldRef",
                Type::Object(&[
                    ("containerName", Type::String),
                    ("resource", Type::String),
                    ("divisor", Type::Quantity),
                ]),
            ),
            ("configMapKeyRef", KEY_SELECTOR),
            ("secretKeyRef", KEY_SELECTOR),
            (
                "fileKeyRef",
                Type::Object(&[
                    ("volumeName", Type::String),
                    ("path", Type::String),
                    ("key", Type::String),
                    ("optional", Type::Bool),
                ]),
            ),
        ]),
    ),
]);

/// bootstraptoken/v1 `BootstrapToken`.
pub const BOOTSTRAP_TOKEN: Type = Type::Object(&[
    ("token", Type::Token),
    ("description", Type::String),
    ("ttl", Type::Duration),
    ("expires", Type::Time),
    ("usages", STRINGS),
    ("groups", STRINGS),
]);

const LOG_ROUTING: Type = Type::Object(&[
    ("splitStream", Type::Bool),
    ("infoBufferSize", Type::Quantity),
]);

/// component-base logs/api/v1 `LoggingConfiguration`.
pub const LOGGING: Type = Type::Object(&[
    ("format", Type::String),
    ("flushFrequency", Type::DurationOrNanoseconds),
    ("verbosity", Type::UInt32),
    (
        "vmodule",
        Type::List(&Type::Object(&[
            ("filePattern", Type::String),
            ("verbosity", Type::UInt32),
        ])),
    ),
    (
        "options",
        Type::Object(&[("text", LOG_ROUTING), ("json", LOG_ROUTING)]),
    ),
]);
