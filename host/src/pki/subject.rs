//! The subject of a certificate, as far as Kubernetes gives it a meaning: the user name is the
//! common name, the groups are the organizations.

use std::collections::BTreeSet;
use std::fmt;

use der::asn1::{Any, ObjectIdentifier, PrintableStringRef, SetOfVec, Utf8StringRef};
use der::oid::db::rfc4519;
use der::{Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::Name;

/// Common name and organizations of a certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// CN. Empty only in certificates that others made.
    pub common_name: String,
    /// O, any number of them.
    pub organizations: Vec<String>,
}

impl Subject {
    /// Whether both name the same user in the same groups; the order of groups means nothing.
    pub fn names_same(&self, other: &Self) -> bool {
        let groups = |subject: &Self| -> BTreeSet<String> {
            subject.organizations.iter().cloned().collect()
        };
        self.common_name == other.common_name && groups(self) == groups(other)
    }

    /// The name as Go's `crypto/x509/pkix` writes it: all organizations in one set, before the
    /// common name; PrintableString where the characters allow it, else UTF8String.
    pub(super) fn to_any(&self) -> der::Result<Any> {
        let mut sequence = Vec::new();
        for (oid, values) in [
            (rfc4519::O, self.organizations.as_slice()),
            (rfc4519::CN, std::slice::from_ref(&self.common_name)),
        ] {
            let values: BTreeSet<&String> = values.iter().filter(|v| !v.is_empty()).collect();
            if !values.is_empty() {
                let set: der::Result<Vec<_>> = values
                    .into_iter()
                    .map(|value| attribute(oid, value))
                    .collect();
                sequence.push(SetOfVec::try_from(set?)?);
            }
        }
        Any::from_der(&sequence.to_der()?)
    }

    /// What of a name Kubernetes looks at.
    pub(super) fn of(name: &Name) -> Self {
        let mut subject = Self::default();
        for attribute in name.iter() {
            let Some(value) = text(&attribute.value) else {
                continue;
            };
            if attribute.oid == rfc4519::CN {
                // Of several the last counts, in Go as here.
                subject.common_name = value;
            } else if attribute.oid == rfc4519::O {
                subject.organizations.push(value);
            }
        }
        subject
    }
}

fn attribute(oid: ObjectIdentifier, value: &str) -> der::Result<AttributeTypeAndValue> {
    let value = match PrintableStringRef::new(value) {
        Ok(printable) => Any::encode_from(&printable)?,
        Err(_) => Any::encode_from(&Utf8StringRef::new(value)?)?,
    };
    Ok(AttributeTypeAndValue { oid, value })
}

fn text(value: &Any) -> Option<String> {
    let text = value.decode_as::<DirectoryString>().ok()?;
    Some(text.value().into_owned())
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for organization in &self.organizations {
            write!(f, "O={organization}, ")?;
        }
        write!(f, "CN={}", self.common_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(common_name: &str, organizations: &[&str]) -> Subject {
        Subject {
            common_name: common_name.into(),
            organizations: organizations.iter().map(|o| (*o).to_owned()).collect(),
        }
    }

    #[test]
    fn names_read_back() {
        for wanted in [
            subject("kubernetes", &[]),
            subject("system:node:cp_1", &["system:nodes"]),
            subject("Jürgen", &["b", "a"]),
        ] {
            let name = Name::from_der(&wanted.to_any().unwrap().to_der().unwrap()).unwrap();
            assert!(Subject::of(&name).names_same(&wanted), "{wanted}");
        }
    }

    #[test]
    fn organizations_come_before_the_common_name_and_share_a_set() {
        let any = subject("me", &["b", "a", "b"]).to_any().unwrap();
        let name = Name::from_der(&any.to_der().unwrap()).unwrap();
        assert_eq!(name.iter_rdn().count(), 2);
        assert_eq!(subject("me", &["b", "a"]).to_string(), "O=b, O=a, CN=me");
        // SEQUENCE { SET { O=a, O=b }, SET { CN=me } }, all PrintableString.
        assert_eq!(any.value().first_chunk(), Some(&[0x31, 0x14]));
        assert!(any.value().ends_with(&[0x55, 4, 3, 0x13, 2, b'm', b'e']));
    }
}
