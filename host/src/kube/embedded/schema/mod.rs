//! What the server knows of the shape of objects: which fields a type has, which lists are maps,
//! sets or one value, and how a strategic merge patch treats a field.

pub(super) mod custom;
pub(super) mod decode;
mod table;

pub(super) use table::named;

/// The type of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    Scalar(Scalar),
    /// Of no known shape: maps are merged key by key, lists are one value.
    Deduced,
    /// Any JSON, owned as one value.
    Opaque,
    Object(Object),
    /// A type of the table, by its place in it.
    Named(usize),
    Map(Box<Map>),
    List(Box<List>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    String,
    Int32,
    Int64,
    Bool,
    Number,
    IntOrString,
    Quantity,
    Time,
    Bytes,
}

/// A JSON object with declared fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Object {
    /// Sorted by name.
    pub fields: Vec<Field>,
    /// Owned and replaced as one value.
    pub atomic: bool,
    /// Keeps fields that are not declared (`x-kubernetes-preserve-unknown-fields`).
    pub open: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub name: Box<str>,
    pub ty: Type,
    pub patch: Patch,
    /// What a missing list key counts as.
    pub key_default: Option<Box<str>>,
    /// Whether the object is invalid without it (custom resources only).
    pub required: bool,
}

/// The `patchStrategy` and `patchMergeKey` of a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Patch {
    pub merge: bool,
    pub retain_keys: bool,
    pub replace: bool,
    pub key: Option<Box<str>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Map {
    pub value: Type,
    pub atomic: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    pub item: Type,
    pub kind: ListKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListKind {
    Atomic,
    Set,
    Map(Vec<Box<str>>),
}

impl Type {
    /// The type itself, with a name of the table followed.
    pub fn resolve(&self) -> &Type {
        match self {
            Type::Named(index) => table::at(*index),
            other => other,
        }
    }

    /// The declared field of that name, if this is an object with declared fields.
    pub fn field(&self, name: &str) -> Option<&Field> {
        match self.resolve() {
            Type::Object(object) => object.field(name),
            _ => None,
        }
    }

    /// The type of the member `name` of a JSON object of this type.
    pub fn member(&self, name: &str) -> &Type {
        match self.resolve() {
            Type::Object(object) => object.field(name).map_or(&Type::Deduced, |field| &field.ty),
            Type::Map(map) => &map.value,
            _ => &Type::Deduced,
        }
    }

    /// The type of the items of a list of this type.
    pub fn item(&self) -> &Type {
        match self.resolve() {
            Type::List(list) => &list.item,
            _ => &Type::Deduced,
        }
    }
}

impl Object {
    /// The declared field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let index = self
            .fields
            .binary_search_by(|field| (*field.name).cmp(name))
            .ok()?;
        self.fields.get(index)
    }
}
