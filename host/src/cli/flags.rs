//! The flags that a distribution gives its operations: as arguments of a
//! command, and what was given of them.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use crate::cluster::flags::{FlagsError, InitFlags};
use crate::cluster::secret::{SEALED, SealedToken};
use crate::distribution::{FlagDocument, FlagType, Operation};
use crate::pki::SecretString;

/// Where they stand in the help.
const HEADING: &str = "Configuration";

/// The flags that were given, by name without dashes.
#[derive(Clone, Default)]
pub struct Given {
    /// Switches are `true`, lists are arrays, ports are numbers, all else is
    /// text. Secrets are `<sealed>`, tokens `ID.<sealed>`.
    pub values: Map<String, Value>,
    pub secrets: BTreeMap<String, SecretString>,
}

/// Adds the flags of an operation to a command. The error says which of them
/// the command has already.
pub fn add(mut command: Command, operation: &Operation) -> Result<Command, String> {
    for flag in &operation.flags {
        let is_same = |one: &Arg| {
            one.get_long() == Some(&flag.name)
                || one.get_id() == flag.name.as_str()
                || flag.short.is_some() && one.get_short() == flag.short
        };
        // Those that every command has are not among its own.
        let is_common = ["output", "verbose", "quiet", "help", "version"]
            .contains(&flag.name.as_str())
            || flag
                .short
                .is_some_and(|short| ['o', 'v', 'q', 'h', 'V'].contains(&short));
        if is_common || command.get_arguments().any(is_same) {
            return Err(format!(
                "operation {}: the flag --{} is one of the program's own, or has the letter of one",
                operation.name, flag.name
            ));
        }
        command = command.arg(argument(flag));
    }
    Ok(command)
}

fn argument(flag: &FlagDocument) -> Arg {
    let mut argument = Arg::new(flag.name.clone())
        .long(flag.name.clone())
        .help_heading(HEADING)
        .conflicts_with_all(&flag.conflicts);
    if let Some(short) = flag.short {
        argument = argument.short(short);
    }
    let (short, long) = help(&flag.help);
    argument = argument.help(short);
    if let Some(long) = long {
        argument = argument.long_help(long);
    }
    let Some(value) = &flag.value else {
        return argument.action(ArgAction::SetTrue);
    };
    argument = argument.value_name(value.clone());
    match flag.value_type.unwrap_or_default() {
        FlagType::List => argument.action(ArgAction::Append).value_delimiter(','),
        FlagType::Port => argument.value_parser(port),
        FlagType::Duration => argument.allow_hyphen_values(true),
        FlagType::String | FlagType::Secret | FlagType::Token => argument,
    }
}

/// The first paragraph, without the stop at its end where it is all there is;
/// and all of them where there are more. As clap does with a command's own.
pub fn help(text: &str) -> (String, Option<String>) {
    let folded = |paragraph: &str| {
        let lines = paragraph.lines().map(str::trim);
        lines.collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    let paragraphs: Vec<String> = text.trim().split("\n\n").map(folded).collect();
    let first = paragraphs.first().cloned().unwrap_or_default();
    let first = match first.strip_suffix('.') {
        Some(stripped) if !stripped.ends_with('.') => stripped.to_owned(),
        _ => first,
    };
    match paragraphs.len() > 1 {
        true => (first, Some(paragraphs.join("\n\n"))),
        false => (first, None),
    }
}

fn port(text: &str) -> Result<u16, String> {
    let number: Option<u16> = text.parse().ok();
    number.ok_or_else(|| "a port is a whole number from 1 to 65535".to_owned())
}

impl Given {
    /// What a command line has of an operation's flags.
    pub fn of(operation: &Operation, matches: &ArgMatches) -> Result<Self, FlagsError> {
        let mut given = Self::default();
        for flag in &operation.flags {
            given.take(flag, matches)?;
        }
        Ok(given)
    }

    fn take(&mut self, flag: &FlagDocument, matches: &ArgMatches) -> Result<(), FlagsError> {
        let name = flag.name.as_str();
        let Some(_) = &flag.value else {
            if matches.get_flag(name) {
                self.values.insert(name.to_owned(), json!(true));
            }
            return Ok(());
        };
        let kind = flag.value_type.unwrap_or_default();
        let value = match kind {
            FlagType::List => matches
                .get_many::<String>(name)
                .map(|all| json!(all.collect::<Vec<_>>())),
            FlagType::Port => matches.get_one::<u16>(name).map(|port| json!(port)),
            _ => matches.get_one::<String>(name).map(|text| json!(text)),
        };
        let Some(value) = value else {
            return Ok(());
        };
        let value = match (kind, value.as_str()) {
            // An empty secret is none.
            (FlagType::Secret | FlagType::Token, Some("")) => return Ok(()),
            (FlagType::Secret, Some(text)) => self.seal(name, text, SEALED.to_owned()),
            (FlagType::Token, Some(text)) => {
                let token = SealedToken::parse(text).map_err(FlagsError::Token)?;
                self.seal(name, text, token.to_string())
            }
            _ => value,
        };
        self.values.insert(name.to_owned(), value);
        Ok(())
    }

    fn seal(&mut self, name: &str, text: &str, shown: String) -> Value {
        let secret = SecretString::new(text.to_owned());
        self.secrets.insert(name.to_owned(), secret);
        shown.into()
    }

    /// The flags that are given although phases have no use for them, if only
    /// these run.
    pub fn refuse_useless(&self, operation: &Operation, phase: &str) -> Result<(), String> {
        let outer = phase.split('/').next().unwrap_or(phase);
        let Some(phase) = operation.phase_named(outer) else {
            // Told where the phase is looked for.
            return Ok(());
        };
        let useless = operation.flags.iter().find(|flag| {
            self.values.contains_key(&flag.name)
                && !flag.phases.is_empty()
                && !flag.phases.iter().any(|one| one == phase)
        });
        match useless {
            None => Ok(()),
            Some(flag) => Err(format!(
                "the phase {phase} has no use for --{}; it is for {}",
                flag.name,
                flag.phases.join(", ")
            )),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        Some(self.values.get(name)?.as_str()?.to_owned())
    }

    fn list(&self, name: &str) -> Vec<String> {
        let items = self.values.get(name).and_then(Value::as_array);
        let texts = items.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// As the cluster room takes them.
    pub fn init(&self) -> InitFlags {
        let sealed = |name: &str| self.secrets.get(name).cloned();
        InitFlags {
            apiserver_advertise_address: self.text("apiserver-advertise-address"),
            apiserver_bind_port: self
                .values
                .get("apiserver-bind-port")
                .and_then(Value::as_i64)
                .and_then(|port| i32::try_from(port).ok()),
            apiserver_cert_extra_sans: self.list("apiserver-cert-extra-sans"),
            cert_dir: self.text("cert-dir"),
            certificate_key: sealed("certificate-key"),
            control_plane_endpoint: self.text("control-plane-endpoint"),
            cri_socket: self.text("cri-socket"),
            dry_run: false,
            feature_gates: self.text("feature-gates"),
            ignore_preflight_errors: self.list("ignore-preflight-errors"),
            image_repository: self.text("image-repository"),
            kubernetes_version: self.text("kubernetes-version"),
            node_name: self.text("node-name"),
            patches: self.text("patches"),
            pod_network_cidr: self.text("pod-network-cidr"),
            service_cidr: self.text("service-cidr"),
            service_dns_domain: self.text("service-dns-domain"),
            skip_certificate_key_print: self.is_set("skip-certificate-key-print"),
            skip_phases: self.list("skip-phases"),
            skip_token_print: self.is_set("skip-token-print"),
            token: sealed("token"),
            token_ttl: self.text("token-ttl"),
            upload_certs: self.is_set("upload-certs"),
        }
    }
}
