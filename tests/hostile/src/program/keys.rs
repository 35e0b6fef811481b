//! Sealed values, keys, certificates, tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kubewright_plugin::{pki, sealed, tokens};
use kubewright_test_hostile_calls as calls;
use kubewright_test_hostile_calls::{Call, Piece};

use super::{Done, Handle, Machine, Refusal, bytes, handle, word};

/// The call, if it is one of these.
pub fn call(machine: &Machine, call: &Call) -> Option<Done> {
    Some(match call {
        Call::SealedCompose { pieces, encoding } => compose(machine, pieces, *encoding),
        Call::SealedLabel { of } => machine.value(*of).and_then(|value| bytes(value.label())),
        Call::TokensTokenId { of } => machine.token(*of).and_then(|token| bytes(token.id())),
        Call::TokensTokenSecret { of } => machine
            .token(*of)
            .and_then(|token| handle(Handle::Value(token.secret()))),
        Call::TokensTokenFull { of } => machine
            .token(*of)
            .and_then(|token| handle(Handle::Value(token.full()))),
        Call::TokensTokenGenerated { of } => {
            machine.token(*of).and_then(|token| word(token.generated()))
        }
        Call::TokensBootstrap { pointer, alphabet } => {
            let alphabet = match alphabet {
                calls::Alphabet::Alphanumeric => tokens::Alphabet::Alphanumeric,
                calls::Alphabet::Hexadecimal => tokens::Alphabet::Hexadecimal,
            };
            got(
                tokens::bootstrap(&machine.text(pointer), alphabet),
                Handle::Token,
            )
        }
        Call::TokensCertificateKey { pointer } => got(
            tokens::certificate_key(&machine.text(pointer)),
            Handle::Value,
        ),
        Call::TokensEncrypt { plain, key } => encrypt(machine, *plain, *key),
        Call::TokensUuid { name } => told(tokens::uuid(&machine.text(name))),
        Call::TokensTimeBasedUuid { name } => told(tokens::time_based_uuid(&machine.text(name))),
        _ => return pair_call(machine, call).or_else(|| certificate_call(machine, call)),
    })
}

fn pair_call(machine: &Machine, call: &Call) -> Option<Done> {
    Some(match call {
        Call::PkiKeyPairPublicKeyPem { of } => machine
            .key_pair(*of)
            .and_then(|pair| bytes(pair.public_key_pem())),
        Call::PkiKeyPairPrivateKeyPem { of } => machine
            .key_pair(*of)
            .and_then(|pair| got(pair.private_key_pem(), Handle::Value)),
        Call::PkiEnsureKeyPair {
            name,
            algorithm,
            key,
            public_key,
            existing,
        } => {
            let public_key = public_key.as_ref().map(|one| placement(machine, one));
            let made = pki::ensure_key_pair(
                &machine.text(name),
                algorithm_of(*algorithm),
                &placement(machine, key),
                public_key.as_ref(),
                existing_of(*existing),
            );
            with_change(made, Handle::KeyPair)
        }
        Call::PkiLoadKeyPair { name, key } => got(
            pki::load_key_pair(&machine.text(name), &machine.text(key)),
            Handle::KeyPair,
        ),
        _ => return None,
    })
}

fn certificate_call(machine: &Machine, call: &Call) -> Option<Done> {
    let of = |step: &usize| machine.certificate(*step);
    Some(match call {
        Call::PkiCertificatePem { of: step } => of(step).and_then(|one| bytes(one.pem())),
        Call::PkiCertificateCommonName { of: step } => {
            of(step).and_then(|one| bytes(one.common_name()))
        }
        Call::PkiCertificateOrganizations { of: step } => {
            of(step).and_then(|one| bytes(one.organizations().join("\n")))
        }
        Call::PkiCertificateNotAfter { of: step } => of(step).and_then(|one| word(one.not_after())),
        Call::PkiCertificatePublicKeyHash { of: step } => {
            of(step).and_then(|one| bytes(one.public_key_hash()))
        }
        Call::PkiCertificateHasKey { of: step } => of(step).and_then(|one| word(one.has_key())),
        Call::PkiCertificatePrivateKeyPem { of: step } => {
            of(step).and_then(|one| got(one.private_key_pem(), Handle::Value))
        }
        Call::PkiEnsureCertificate {
            name,
            profile,
            algorithm,
            signer,
            certificate,
            key,
            public_key,
            existing,
        } => {
            let signer = match signer.as_ref().map(of).transpose() {
                Ok(signer) => signer,
                Err(refusal) => return Some(Err(refusal)),
            };
            let public_key = public_key.as_ref().map(|one| placement(machine, one));
            let made = pki::ensure_certificate(
                &machine.text(name),
                &profile_of(machine, profile),
                algorithm_of(*algorithm),
                signer,
                &placement(machine, certificate),
                &placement(machine, key),
                public_key.as_ref(),
                existing_of(*existing),
            );
            with_change(made, Handle::Certificate)
        }
        Call::PkiIssue {
            name,
            profile,
            algorithm,
            signer,
        } => of(signer).and_then(|signer| {
            let made = pki::issue(
                &machine.text(name),
                &profile_of(machine, profile),
                algorithm_of(*algorithm),
                signer,
            );
            got(made, Handle::Certificate)
        }),
        Call::PkiIssued { name } => got(pki::issued(&machine.text(name)), Handle::Certificate),
        Call::PkiLoadCertificate {
            name,
            certificate,
            key,
        } => {
            let key = key.as_ref().map(|key| machine.text(key));
            let loaded = pki::load_certificate(
                &machine.text(name),
                &machine.text(certificate),
                key.as_deref(),
            );
            got(loaded, Handle::Certificate)
        }
        _ => return None,
    })
}

fn got<T>(result: Result<T, kubewright_plugin::types::Error>, of: fn(T) -> Handle) -> Done {
    handle(of(result?))
}

/// A text that the host gave.
pub fn told(result: Result<String, kubewright_plugin::types::Error>) -> Done {
    bytes(result?)
}

fn with_change<T>(
    result: Result<(T, kubewright_plugin::types::Change), kubewright_plugin::types::Error>,
    of: fn(T) -> Handle,
) -> Done {
    let (made, change) = result?;
    let mut done = handle(of(made))?;
    done.bytes = format!("{change:?}").into_bytes();
    Ok(done)
}

fn compose(machine: &Machine, pieces: &[Piece], encoding: calls::Encoding) -> Done {
    let encoding = match encoding {
        calls::Encoding::Plain => sealed::Encoding::Plain,
        calls::Encoding::Base64 => sealed::Encoding::Base64,
        calls::Encoding::JsonString => sealed::Encoding::JsonString,
    };
    got(
        sealed::compose(&content(machine, pieces)?, encoding),
        Handle::Value,
    )
}

fn encrypt(machine: &Machine, plain: usize, key: usize) -> Done {
    let encrypted = tokens::encrypt(machine.value(plain)?, machine.value(key)?);
    got(encrypted, Handle::Value)
}

/// Pieces as the host takes them.
pub fn content<'a>(
    machine: &'a Machine,
    pieces: &[Piece],
) -> Result<Vec<sealed::Piece<'a>>, Refusal> {
    let mut content = Vec::new();
    for piece in pieces {
        add(machine, piece, 1, &mut content)?;
    }
    Ok(content)
}

fn add<'a>(
    machine: &'a Machine,
    piece: &Piece,
    times: u32,
    content: &mut Vec<sealed::Piece<'a>>,
) -> Result<(), Refusal> {
    for _ in 0..times {
        content.push(match piece {
            Piece::Text(text) => sealed::Piece::Text(machine.text(text)),
            Piece::Bytes(encoded) => sealed::Piece::Bytes(
                STANDARD
                    .decode(encoded)
                    .map_err(|_| Refusal::Skipped("bytes that are no base64".to_owned()))?,
            ),
            Piece::Sealed(step) => sealed::Piece::Sealed(machine.value(*step)?),
            Piece::Seen(step) => {
                sealed::Piece::Bytes(machine.seen.get(step).cloned().unwrap_or_default())
            }
            Piece::Many { piece, times } => {
                add(machine, piece, *times, content)?;
                continue;
            }
        });
    }
    Ok(())
}

fn placement(machine: &Machine, one: &calls::Placement) -> pki::Placement {
    pki::Placement {
        path: machine.text(&one.path),
        mode: one.mode,
    }
}

fn algorithm_of(algorithm: calls::Algorithm) -> pki::Algorithm {
    match algorithm {
        calls::Algorithm::Rsa2048 => pki::Algorithm::Rsa2048,
        calls::Algorithm::Rsa3072 => pki::Algorithm::Rsa3072,
        calls::Algorithm::Rsa4096 => pki::Algorithm::Rsa4096,
        calls::Algorithm::EcdsaP256 => pki::Algorithm::EcdsaP256,
        calls::Algorithm::EcdsaP384 => pki::Algorithm::EcdsaP384,
    }
}

fn existing_of(existing: calls::Existing) -> pki::Existing {
    match existing {
        calls::Existing::Keep => pki::Existing::Keep,
        calls::Existing::Replace => pki::Existing::Replace,
    }
}

fn profile_of(machine: &Machine, profile: &calls::Profile) -> pki::Profile {
    let usages = profile.key_usages.iter().map(|usage| match usage {
        calls::KeyUsage::DigitalSignature => pki::KeyUsages::DIGITAL_SIGNATURE,
        calls::KeyUsage::ContentCommitment => pki::KeyUsages::CONTENT_COMMITMENT,
        calls::KeyUsage::KeyEncipherment => pki::KeyUsages::KEY_ENCIPHERMENT,
        calls::KeyUsage::DataEncipherment => pki::KeyUsages::DATA_ENCIPHERMENT,
        calls::KeyUsage::KeyAgreement => pki::KeyUsages::KEY_AGREEMENT,
        calls::KeyUsage::KeyCertSign => pki::KeyUsages::KEY_CERT_SIGN,
        calls::KeyUsage::CrlSign => pki::KeyUsages::CRL_SIGN,
        calls::KeyUsage::EncipherOnly => pki::KeyUsages::ENCIPHER_ONLY,
        calls::KeyUsage::DecipherOnly => pki::KeyUsages::DECIPHER_ONLY,
    });
    let extended = profile.extended_usages.iter().map(|usage| match usage {
        calls::ExtendedUsage::ServerAuth => pki::ExtendedUsage::ServerAuth,
        calls::ExtendedUsage::ClientAuth => pki::ExtendedUsage::ClientAuth,
        calls::ExtendedUsage::Other(text) => pki::ExtendedUsage::Other(machine.text(text)),
    });
    pki::Profile {
        common_name: machine.text(&profile.common_name),
        organizations: machine.texts(&profile.organizations),
        dns_names: machine.texts(&profile.dns_names),
        ip_addresses: machine.texts(&profile.ip_addresses),
        certificate_authority: profile.certificate_authority,
        key_usages: usages.fold(pki::KeyUsages::empty(), |all, one| all | one),
        extended_usages: extended.collect(),
        validity_seconds: profile.validity_seconds,
        not_before: match profile.not_before {
            calls::NotBefore::BackDated(seconds) => pki::NotBefore::BackDated(seconds),
            calls::NotBefore::OfSigner => pki::NotBefore::OfSigner,
        },
        serial: match profile.serial {
            calls::Serial::Random => pki::Serial::Random,
            calls::Serial::Fixed(number) => pki::Serial::Fixed(number),
        },
    }
}
