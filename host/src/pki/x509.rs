//! The outer structures of certificates (RFC 5280 section 4.1), for reading and for writing.
//!
//! Names, keys and the signed part stay the bytes they came in. Re-encoding a name from its
//! parsed form may change it (a repeated attribute lost, a string type replaced), and a leaf whose
//! issuer is not byte for byte the subject of its CA is rejected by Go.

use der::asn1::{Any, BitString, Int, ObjectIdentifier};
use der::oid::AssociatedOid;
use der::{Decode, Encode, Sequence};
use x509_cert::ext::Extension;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Validity;

/// `version` of a certificate that has extensions.
pub(super) const V3: u8 = 2;

fn v1() -> u8 {
    0
}

#[derive(Clone, Sequence)]
pub(super) struct Signed {
    /// The signed part: a [`Tbs`].
    pub(super) tbs: Any,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) signature: BitString,
}

#[derive(Clone, Sequence)]
pub(super) struct Tbs {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", default = "v1")]
    pub(super) version: u8,
    pub(super) serial: Int,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) issuer: Any,
    pub(super) validity: Validity,
    pub(super) subject: Any,
    pub(super) key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) issuer_unique_id: Option<BitString>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) subject_unique_id: Option<BitString>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

impl Tbs {
    /// The extension of a type, if there is one. Two of them are an error: which would count?
    pub(super) fn extension<T>(&self) -> der::Result<Option<T>>
    where
        T: AssociatedOid + for<'a> Decode<'a, Error = der::Error>,
    {
        let mut found = self
            .extensions
            .iter()
            .flatten()
            .filter(|e| e.extn_id == T::OID);
        let Some(extension) = found.next() else {
            return Ok(None);
        };
        if found.next().is_some() {
            return Err(der::ErrorKind::Failed.into());
        }
        T::from_der(extension.extn_value.as_bytes()).map(Some)
    }
}

/// An extension of a type that knows its identifier.
pub(super) fn extension<T: AssociatedOid + Encode>(
    critical: bool,
    value: &T,
) -> der::Result<Extension> {
    let extn_id: ObjectIdentifier = T::OID;
    Ok(Extension {
        extn_id,
        critical,
        extn_value: der::asn1::OctetString::new(value.to_der()?)?,
    })
}
