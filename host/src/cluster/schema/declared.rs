//! Schemas that distributions bring, as the reader takes them.

use super::{Fields, Type};
use crate::distribution::{FieldType, Scalar};

/// The fields of a kind. They live as long as the program, as those of its own kinds do: a run
/// reads the schemas of one distribution, once.
pub fn declared(fields: &[(String, FieldType)]) -> Fields {
    let fields: Vec<(&'static str, Type)> = fields
        .iter()
        .map(|(name, of)| (&*name.clone().leak(), ty(of)))
        .collect();
    fields.leak()
}

fn ty(of: &FieldType) -> Type {
    match of {
        FieldType::Scalar(scalar) => match scalar {
            Scalar::String => Type::String,
            Scalar::Bool => Type::Bool,
            Scalar::Int32 => Type::Int32,
            Scalar::Int64 => Type::Int64,
            Scalar::Number => Type::Float,
            Scalar::Duration => Type::Duration,
            Scalar::Quantity => Type::Quantity,
            Scalar::Token => Type::Token,
            Scalar::Secret => Type::Secret,
        },
        FieldType::List(of) => Type::List(Box::leak(Box::new(ty(of)))),
        FieldType::Map(of) => Type::Map(Box::leak(Box::new(ty(of)))),
        FieldType::Object(fields) => Type::Object(declared(fields)),
    }
}
