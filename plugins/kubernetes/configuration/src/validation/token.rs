//! Bootstrap tokens.

use std::collections::BTreeSet;

use super::{Finding, Report};
use crate::constants::TOKEN_USAGES;
use crate::documents::BootstrapToken;
use crate::sealed::SealedString;

const GROUP_PREFIX: &str = "system:bootstrappers:";
const GROUP_PATTERN: &str = r"\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\z";

pub fn bootstrap_tokens(tokens: &[BootstrapToken], path: &str, report: &mut Report) {
    let mut ids = BTreeSet::new();
    for (index, token) in tokens.iter().enumerate() {
        let path = format!("{path}[{index}]");
        usages(&token.usages, &format!("{path}.usages"), report);
        groups(
            &token.usages,
            &token.groups,
            &format!("{path}.groups"),
            report,
        );
        // kubeadm makes a token that has expired.
        if let Some(ttl) = token.ttl.filter(|ttl| ttl.to_std().is_none()) {
            let message = "a token can not expire before it is made; 0s makes one that never does";
            report.invalid(format!("{path}.ttl"), ttl.to_string(), message);
        }
        if token.expires.is_some() && token.ttl.is_some() {
            report.invalid(
                path.clone(),
                "",
                "the BootstrapToken .TTL and .Expires fields are mutually exclusive",
            );
        }
        if let Some(given) = token.token.given()
            && !ids.insert(given.id().to_owned())
        {
            // The Secret is named after the id; the later token would replace the earlier one.
            let message = format!("the token id {:?} is used by another token", given.id());
            report
                .errors
                .push(Finding::invalid_secret(format!("{path}.token"), message));
        }
    }
}

pub fn unexpired(tokens: &[BootstrapToken], now: &str, path: &str, report: &mut Report) {
    for (index, token) in tokens.iter().enumerate() {
        if let Some(expires) = token
            .expires
            .as_ref()
            .filter(|expires| expires.is_past(now))
        {
            let message = "the token has expired, and would be deleted as soon as it is made; give \
                           a time to come, or a ttl instead";
            report.invalid(
                format!("{path}[{index}].expires"),
                expires.to_string(),
                message,
            );
        }
    }
}

pub fn token(token: &SealedString, path: &str, report: &mut Report) {
    if !token.is_token() {
        report.errors.push(Finding::invalid_secret(
            path,
            "the bootstrap token is invalid",
        ));
    }
}

fn usages(usages: &[String], path: &str, report: &mut Report) {
    let unknown: BTreeSet<&str> = usages
        .iter()
        .map(String::as_str)
        .filter(|usage| !TOKEN_USAGES.contains(usage))
        .collect();
    if !unknown.is_empty() {
        let unknown: Vec<_> = unknown.into_iter().collect();
        let message = format!(
            "invalid bootstrap token usage string: {}, valid usage options: {}",
            unknown.join(","),
            TOKEN_USAGES.join(",")
        );
        report.invalid(path, usages.join(","), message);
    }
}

fn groups(usages: &[String], groups: &[String], path: &str, report: &mut Report) {
    if !groups.is_empty() && !usages.iter().any(|usage| usage == "authentication") {
        let message =
            "token groups cannot be specified unless --usages includes \"authentication\"";
        report.invalid(path, groups.join(","), message);
    }
    for group in groups {
        if !is_group(group) {
            let message =
                format!("bootstrap group {group:?} is invalid (must match {GROUP_PATTERN})");
            report.invalid(path, groups.join(","), message);
        }
    }
}

fn is_group(group: &str) -> bool {
    let Some(rest) = group.strip_prefix(GROUP_PREFIX) else {
        return false;
    };
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=256).contains(&rest.len())
        && rest
            .bytes()
            .all(|b| alphanumeric(b) || b == b':' || b == b'-')
        && rest.bytes().last().is_some_and(alphanumeric)
}
