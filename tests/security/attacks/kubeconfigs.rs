//! Kubeconfigs that lead where no kubeconfig should.

use super::network::lying;
use kubewright_test_hostile_calls::{Call, Condition, Program, Reference};
use rustix::fs::Mode;
use rustix::process::Signal;

use super::calls::{ADMIN, PKI, connect, get};
use crate::support::attack::{GENEROUS, Scene, World};
use crate::support::evil::Evil;

/// A kubeconfig that an operator left, which names files.
fn of_files(authority: &str, server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         contexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
         clusters: [{{name: k, cluster: {{server: '{server}', certificate-authority: {authority}}}}}]\n\
         users: [{{name: u, user: {{}}}}]\n"
    )
}

#[test]
fn a_kubeconfig_leads_to_no_file_outside_of_the_root() {
    let scene = Scene::with(World::Machine, GENEROUS);
    let server = Evil::secure(&scene.machine(PKI), lying);
    let outside = scene
        .place
        .write("outside/ca.crt", scene.text(&format!("{PKI}/ca.crt")));
    scene.put(ADMIN, of_files(outside.to_str().unwrap(), &server.origin()));
    let mut program = Program::new();
    let client = program.call(connect());
    let got = program.call(get(client, "ConfigMap", "x"));
    let told = scene.carry_out(&program);
    told.not_done(got);
    assert_eq!(server.sent(), "");
}

cases!(a_kubeconfig_names_no_special_file:
    zero_outside("/dev/zero", None),
    zero_within("/dev/zero", Some(Special::Zero)),
    a_pipe_outside("OUTSIDE", None),
    a_pipe_within("/run/pipe", Some(Special::Pipe)),
    a_large_file_within("/run/large", Some(Special::Large)),
);

/// What is put onto the machine where the kubeconfig leads to.
#[derive(Clone, Copy)]
enum Special {
    Zero,
    Pipe,
    Large,
}

fn a_kubeconfig_names_no_special_file(path: &str, special: Option<Special>) {
    let scene = Scene::with(World::Machine, GENEROUS);
    let outside = scene.place.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &outside, Mode::RUSR | Mode::WUSR).unwrap();
    match special {
        None => {}
        Some(Special::Zero) => {
            // Only root makes devices; a link does as well.
            scene.link(path, "/dev/zero");
        }
        Some(Special::Pipe) => {
            scene.put("/run/beside", "");
            let at = scene.machine(path);
            rustix::fs::mkfifoat(rustix::fs::CWD, at, Mode::RUSR | Mode::WUSR).unwrap();
        }
        Some(Special::Large) => {
            let at = scene.put(path, "");
            let file = std::fs::File::options().write(true).open(at).unwrap();
            file.set_len(8 << 30).unwrap();
        }
    }
    let path = path.replace("OUTSIDE", outside.to_str().unwrap());
    scene.put(ADMIN, of_files(&path, "https://127.0.0.1:1"));
    let mut program = Program::new();
    let client = program.call(connect());
    let got = program.call(get(client, "ConfigMap", "x"));
    program.call(Call::KubeconfigsInspect { path: ADMIN.into() });
    let told = scene.attempt_within(scene.watched().seconds(30), &program, &[]);
    assert_eq!(told.finished.code, 0, "{}", told.finished.said());
    told.not_done(got);
}

#[test]
fn a_signal_is_answered_while_a_kubeconfig_is_read() {
    let scene = Scene::with(World::Machine, GENEROUS);
    scene.put("/run/beside", "");
    let pipe = scene.machine("/run/pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
    scene.put(
        ADMIN,
        of_files(pipe.to_str().unwrap(), "https://127.0.0.1:1"),
    );
    let mut program = Program::new();
    program.call(Call::ClockNow {});
    let client = program.call(connect());
    program.call(get(client, "ConfigMap", "x"));
    // It waits for a server that is not there, if not for the file.
    program.repeat(
        1_000,
        Call::KubeWait {
            of: client,
            reference: Reference::core("ConfigMap", "never"),
            condition: Condition::Exists,
            seconds: 60,
        },
    );
    let watched = scene
        .watched()
        .seconds(30)
        .signal_after("saw 0 done", Signal::INT);
    let told = scene.attempt_within(watched, &program, &[]);
    // By the signal, or because it had come to its end before.
    assert!(
        [0, 130].contains(&told.finished.code),
        "{}",
        told.finished.said()
    );
}
