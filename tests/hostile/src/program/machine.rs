//! Files, the machine, the terminal.

use kubewright_plugin::bindings::phase::kubewright::provision::{accounts, files};
use kubewright_plugin::{
    checks, clock, container_runtime, health, kubeconfigs, log, node, patches, terminal,
};
use kubewright_test_hostile_calls as calls;
use kubewright_test_hostile_calls::{Call, Item};

use super::keys::{content, told};
use super::{Done, Machine, Refusal, bytes, word};

/// The call, if it is one of these.
pub fn call(machine: &Machine, call: &Call) -> Option<Done> {
    file_call(machine, call)
        .or_else(|| node_call(machine, call))
        .or_else(|| check_call(machine, call))
        .or_else(|| word_call(machine, call))
}

fn file_call(machine: &Machine, call: &Call) -> Option<Done> {
    let done = || -> Result<Option<super::Got>, Refusal> {
        match call {
            Call::FilesWrite {
                path,
                mode,
                content: pieces,
            } => word(files::write(
                &machine.text(path),
                *mode,
                &content(machine, pieces)?,
            )?),
            Call::FilesMakeDirectory { path, mode } => {
                word(files::make_directory(&machine.text(path), *mode)?)
            }
            Call::FilesRemove { path } => word(files::remove(&machine.text(path))?),
            Call::FilesRead { path } => bytes(files::read(&machine.text(path))?),
            Call::FilesList { path } => {
                bytes(files::list_directory(&machine.text(path))?.join("\n"))
            }
            Call::FilesStat { path } => word(files::stat(&machine.text(path))?),
            Call::KubeconfigsInspect { path } => {
                let Some(found) = kubeconfigs::inspect(&machine.text(path))? else {
                    return bytes("").map(Some);
                };
                let says = [
                    found.server,
                    found.certificate_authority_pem,
                    found.user,
                    found.client_certificate_pem,
                    format!("{} {}", found.key_matches, found.valid_now),
                ];
                bytes(says.join("\n"))
            }
            Call::PatchesApply { target, object } => {
                told(patches::apply(&machine.text(target), &machine.text(object)))
            }
            _ => return Ok(None),
        }
        .map(Some)
    };
    done().transpose()
}

fn node_call(machine: &Machine, call: &Call) -> Option<Done> {
    let done = || -> Result<Option<super::Got>, Refusal> {
        match call {
            Call::NodeFacts {} => told(node::facts()),
            Call::NodeServiceActive { name } => word(node::service_active(&machine.text(name))?),
            Call::NodeService { name, action } => {
                let action = match action {
                    calls::ServiceAction::Start => node::ServiceAction::Start,
                    calls::ServiceAction::Stop => node::ServiceAction::Stop,
                    calls::ServiceAction::Restart => node::ServiceAction::Restart,
                };
                word(node::service(&machine.text(name), action)?)
            }
            Call::AccountsEnsure { users, groups } => {
                let groups: Vec<_> = groups
                    .iter()
                    .map(|group| accounts::Group {
                        name: machine.text(&group.name),
                        members: machine.texts(&group.members),
                    })
                    .collect();
                word(accounts::ensure(&machine.texts(users), &groups)?)
            }
            Call::AccountsSetOwner {
                path,
                user,
                group,
                mode,
            } => word(accounts::set_owner(
                &machine.text(path),
                &machine.text(user),
                &machine.text(group),
                *mode,
            )?),
            Call::AccountsSetOwnerBelow {
                directory,
                user,
                group,
            } => word(accounts::set_owner_below(
                &machine.text(directory),
                &machine.text(user),
                &machine.text(group),
            )?),
            Call::RuntimeState { socket } => word(container_runtime::state(&machine.text(socket))?),
            Call::RuntimeHasImage { socket, image } => word(container_runtime::has_image(
                &machine.text(socket),
                &machine.text(image),
            )?),
            Call::RuntimePullImages {
                socket,
                images,
                at_once,
            } => word(container_runtime::pull_images(
                &machine.text(socket),
                &machine.texts(images),
                *at_once,
            )?),
            _ => return Ok(None),
        }
        .map(Some)
    };
    done().transpose()
}

fn check_call(machine: &Machine, call: &Call) -> Option<Done> {
    let done = || -> Result<Option<super::Got>, Refusal> {
        match call {
            Call::HealthAwait { targets, seconds } => {
                let targets = Item::expand(targets, machine.time, |one, n| target(machine, one, n));
                word(health::await_healthy(&targets, *seconds)?)
            }
            Call::ChecksSystem {} => told(checks::system()),
            Call::ChecksKernelOptions { names } => {
                word(checks::kernel_options(&machine.texts(names))?)
            }
            Call::ChecksKernelParameter { name } => {
                word(checks::kernel_parameter(&machine.text(name))?)
            }
            Call::ChecksPortIsFree { port } => word(checks::port_is_free(*port)?),
            Call::ChecksOccupied { path } => word(checks::occupied(&machine.text(path))?),
            Call::ChecksFindProgram { name } => word(checks::find_program(&machine.text(name))?),
            Call::ChecksProgramVersion { name } => {
                told(checks::program_version(&machine.text(name)))
            }
            Call::ChecksResolve { name } => word(checks::resolve(&machine.text(name))?),
            Call::ChecksAsk { question } => {
                let answer = checks::ask(&checks::Question {
                    url: machine.text(&question.url),
                    ca_file: machine.text(&question.ca_file),
                    certificate_file: machine.text(&question.certificate_file),
                    key_file: machine.text(&question.key_file),
                })?;
                bytes(answer.map_or(String::new(), |one| format!("{} {}", one.status, one.body)))
            }
            Call::ChecksService { name } => word(checks::service(&machine.text(name))?),
            _ => return Ok(None),
        }
        .map(Some)
    };
    done().transpose()
}

fn word_call(machine: &Machine, call: &Call) -> Option<Done> {
    let done = || -> Result<Option<super::Got>, Refusal> {
        match call {
            Call::ClockNow {} => word(clock::now()?),
            Call::LogLog { level, message } => {
                let level = match level {
                    calls::Level::Debug => log::Level::Debug,
                    calls::Level::Info => log::Level::Info,
                    calls::Level::Warn => log::Level::Warn,
                    calls::Level::Error => log::Level::Error,
                };
                log::log(level, &machine.text(message));
                bytes("")
            }
            Call::LogPanicked { message } => {
                log::panicked(&machine.text(message));
                bytes("")
            }
            Call::TerminalProgress { message } => {
                terminal::progress(&machine.text(message));
                bytes("")
            }
            Call::TerminalProgressUnder { topic, message } => {
                terminal::progress_under(&machine.text(topic), &machine.text(message));
                bytes("")
            }
            Call::TerminalWarnUnder { topic, message } => {
                terminal::warn_under(&machine.text(topic), &machine.text(message));
                bytes("")
            }
            Call::TerminalShow { content: pieces } => {
                terminal::show(&content(machine, pieces)?)?;
                bytes("")
            }
            _ => return Ok(None),
        }
        .map(Some)
    };
    done().transpose()
}

fn target(machine: &Machine, one: &calls::Target, n: u32) -> health::Target {
    let text = |text| machine.text_at(text, n);
    health::Target {
        name: text(&one.name),
        url: text(&one.url),
        trust: match &one.trust {
            calls::Trust::Plain => health::Trust::Plain,
            calls::Trust::CaFile(path) => health::Trust::CaFile(text(path)),
            calls::Trust::Unverified => health::Trust::Unverified,
            calls::Trust::Kubeconfig(path) => health::Trust::Kubeconfig(text(path)),
        },
        workload: text(&one.workload),
    }
}
