//! Names in certificates, algorithms and validity.

use super::Report;
use crate::constants;
use crate::derived::EncryptionAlgorithm;
use crate::documents::ClusterConfiguration;
use crate::{names, net};

pub fn alternative_names(sans: &[String], path: &str, report: &mut Report) {
    for (index, san) in sans.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if san.is_empty() {
            report.invalid(path, san, "altname is empty; take the entry out");
            continue;
        }
        let errors = names::dns_subdomain_errors(san);
        let wildcard_errors = names::wildcard_errors(san);
        if !errors.is_empty() && !wildcard_errors.is_empty() && net::parse_ip(san).is_none() {
            let message = format!(
                "altname is not a valid IP address, DNS label or a DNS label with subdomain \
                 wildcards: {}; {}",
                errors.join("; "),
                wildcard_errors.join("; ")
            );
            report.invalid(path, san, message);
        }
    }
}

pub fn algorithm(cluster: &ClusterConfiguration, path: &str, report: &mut Report) {
    let name = &cluster.encryption_algorithm;
    if EncryptionAlgorithm::from_name(name).is_none() {
        let known = EncryptionAlgorithm::ALL
            .map(EncryptionAlgorithm::name)
            .join(" ");
        let message = format!("Invalid encryption algorithm {name:?}. Must be one of [{known}]");
        report.invalid(path, name, message);
    }
}

/// Periods beyond the recommended ones are warned about; those that end before they begin, and
/// leaf certificates that outlive their authority's recommendation, never verify.
pub fn validity(cluster: &ClusterConfiguration, path: &str, report: &mut Report) {
    let leaf = cluster
        .certificate_validity_period
        .unwrap_or(constants::CERTIFICATE_VALIDITY);
    let ca = cluster
        .ca_certificate_validity_period
        .unwrap_or(constants::CA_CERTIFICATE_VALIDITY);
    if leaf > constants::CERTIFICATE_VALIDITY {
        report.warnings.push(format!(
            "certificateValidityPeriod: the value {leaf} is more than the recommended default for \
             certificate expiration: {}",
            constants::CERTIFICATE_VALIDITY
        ));
    }
    if ca > constants::CA_CERTIFICATE_VALIDITY {
        report.warnings.push(format!(
            "caCertificateValidityPeriod: the value {ca} is more than the recommended default for \
             CA certificate expiration: {}",
            constants::CA_CERTIFICATE_VALIDITY
        ));
    }
    if leaf > ca {
        report.warnings.push(format!(
            "certificateValidityPeriod: the value {leaf} is more than the \
             caCertificateValidityPeriod: {ca}"
        ));
    }
    for (name, period) in [
        ("certificateValidityPeriod", leaf),
        ("caCertificateValidityPeriod", ca),
    ] {
        if period.to_std().is_none_or(|period| period.is_zero()) {
            let message = "a certificate must be valid for some time";
            report.invalid(format!("{path}.{name}"), period.to_string(), message);
        }
    }
}
