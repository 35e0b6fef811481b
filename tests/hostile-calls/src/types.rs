//! The contract's records, enums and variants, as JSON.

use serde::{Deserialize, Serialize};

use crate::text::{Item, Text};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($case:ident),+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "the contract says what each is")]
        pub enum $name { $($case),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$case),+];
        }
    };
}

words! {
    /// `sealed.encoding`
    Encoding: Plain, Base64, JsonString
}
words! {
    /// `pki.algorithm`
    Algorithm: Rsa2048, Rsa3072, Rsa4096, EcdsaP256, EcdsaP384
}
words! {
    /// `pki.key-usages`, one of them
    KeyUsage: DigitalSignature, ContentCommitment, KeyEncipherment, DataEncipherment, KeyAgreement,
        KeyCertSign, CrlSign, EncipherOnly, DecipherOnly
}
words! {
    /// `pki.existing`
    Existing: Keep, Replace
}
words! {
    /// `tokens.alphabet`
    Alphabet: Alphanumeric, Hexadecimal
}
words! {
    /// `kube.patch-type`
    PatchType: Json, Merge, Strategic
}
words! {
    /// `node.service-action`
    ServiceAction: Start, Stop, Restart
}
words! {
    /// `log.level`
    Level: Debug, Info, Warn, Error
}

/// `pki.extended-usage`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub enum ExtendedUsage {
    ServerAuth,
    ClientAuth,
    Other(Text),
}

/// `pki.serial`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub enum Serial {
    Random,
    Fixed(u64),
}

/// `pki.not-before`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub enum NotBefore {
    BackDated(u32),
    OfSigner,
}

/// `pki.profile`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub struct Profile {
    pub common_name: Text,
    pub organizations: Vec<Item<Text>>,
    pub dns_names: Vec<Item<Text>>,
    pub ip_addresses: Vec<Item<Text>>,
    pub certificate_authority: bool,
    pub key_usages: Vec<KeyUsage>,
    pub extended_usages: Vec<ExtendedUsage>,
    pub validity_seconds: u64,
    pub not_before: NotBefore,
    pub serial: Serial,
}

impl Profile {
    /// A client's, of this name.
    pub fn client(common_name: impl Into<Text>) -> Self {
        Self {
            common_name: common_name.into(),
            organizations: Vec::new(),
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            certificate_authority: false,
            key_usages: vec![KeyUsage::DigitalSignature],
            extended_usages: vec![ExtendedUsage::ClientAuth],
            validity_seconds: 100_000,
            not_before: NotBefore::BackDated(0),
            serial: Serial::Random,
        }
    }
}

/// `pki.placement`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the contract says what each is")]
pub struct Placement {
    pub path: Text,
    pub mode: u32,
}

/// `kube.object-reference`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub struct Reference {
    pub api_version: Text,
    pub kind: Text,
    pub namespace: Option<Text>,
    pub name: Text,
}

impl Reference {
    /// Of the core group, in `kube-system`.
    pub fn core(kind: &str, name: impl Into<Text>) -> Self {
        Self {
            api_version: "v1".into(),
            kind: kind.into(),
            namespace: Some("kube-system".into()),
            name: name.into(),
        }
    }
}

/// `kube.selection`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub struct Selection {
    pub api_version: Text,
    pub kind: Text,
    pub namespace: Option<Text>,
    pub label_selector: Text,
    pub field_selector: Text,
}

impl Selection {
    /// All of a kind of the core group, in `kube-system`.
    pub fn core(kind: &str) -> Self {
        Self {
            api_version: "v1".into(),
            kind: kind.into(),
            namespace: Some("kube-system".into()),
            label_selector: "".into(),
            field_selector: "".into(),
        }
    }
}

/// `kube.sealed-field`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedField {
    /// Where.
    pub pointer: Text,
    /// The step that got the value.
    pub value: usize,
}

/// `kube.condition`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub enum Condition {
    Exists,
    Absent,
    StatusCondition(Text, Text),
    AtLeast(Text, i64),
    Equals(Text, Text),
}

/// `health.target`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the contract says what each is")]
pub struct Target {
    pub name: Text,
    pub url: Text,
    pub trust: Trust,
    pub workload: Text,
}

/// `health.trust`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub enum Trust {
    Plain,
    CaFile(Text),
    Unverified,
    Kubeconfig(Text),
}

/// `checks.question`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the contract says what each is")]
pub struct Question {
    pub url: Text,
    pub ca_file: Text,
    pub certificate_file: Text,
    pub key_file: Text,
}

/// `accounts.group`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the contract says what each is")]
pub struct Group {
    pub name: Text,
    pub members: Vec<Item<Text>>,
}
