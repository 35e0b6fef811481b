//! What a run costs, by part: keys, the sandbox around components, the embedded
//! API, and a render as a whole process.
//!
//! `cargo bench --locked -p kubewright`, or `-- sandbox` for one part.

use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use kube::api::{Api, Patch, PatchParams};
use kubewright::component::{Component, Engine, Limits, PhaseComponent, describe};
use kubewright::distribution::Distribution;
use kubewright::kube::embedded::{EmbeddedApi, Options};
use kubewright::kube::objects::FIELD_MANAGER;
use kubewright::pki::{Algorithm, KeyPair};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A key of each algorithm that kubeadm knows.
fn keys(c: &mut Criterion) {
    let mut group = c.benchmark_group("key");
    group.sample_size(10);
    for algorithm in Algorithm::ALL {
        group.bench_function(algorithm.name(), |b| {
            b.iter(|| KeyPair::generate(algorithm).expect("a key"));
        });
    }
    group.finish();
}

/// All components of the default distribution: load and link each, and for
/// each phase make an instance and call it, as a run does.
fn sandbox(c: &mut Criterion) {
    let distribution = Distribution::load("kubernetes").expect("the default distribution");
    let operation = distribution.operation("init").expect("it has init");
    let mut sources = Vec::new();
    for group in &operation.groups {
        let name = group.source.name();
        if !sources.iter().any(|(known, _)| *known == name) {
            sources.push((name, group.source.clone()));
        }
    }
    let runtime = runtime();
    let mut group = c.benchmark_group("sandbox");
    group.bench_function("engine", |b| {
        b.iter(|| Engine::start().expect("an engine"));
    });
    let engine = Engine::start().expect("an engine");
    let load = || {
        sources
            .iter()
            .map(|(_, source)| Component::load(&engine, source).expect("a component"))
            .collect::<Vec<_>>()
    };
    group.bench_function("load", |b| b.iter(load));
    group.bench_function("load and link", |b| {
        b.iter(|| {
            load()
                .into_iter()
                .map(|component| PhaseComponent::link(component).expect("a phase"))
                .collect::<Vec<_>>()
        });
    });
    group.bench_function(
        "load and link, then an instance called for each phase",
        |b| {
            b.iter(|| {
                let components = load();
                for phase in &operation.leaves {
                    let wanted = operation.groups[phase.group].source.name();
                    let component = components.iter().find(|one| one.name == wanted);
                    runtime
                        .block_on(describe(
                            component.expect("its component"),
                            Limits::default(),
                        ))
                        .expect("a description");
                }
            });
        },
    );
    group.finish();
}

/// Forty server-side applies into a new cluster.
fn embedded_api(c: &mut Criterion) {
    use k8s_openapi::api::core::v1::ConfigMap;
    let runtime = runtime();
    c.bench_function("embedded API, 40 applies", |b| {
        b.iter(|| {
            let options = Options::repeatable(jiff::Timestamp::UNIX_EPOCH, 1);
            let api = EmbeddedApi::new(&options).expect("an API");
            runtime.block_on(async {
                // Its buffer is a task of the runtime.
                let client = Api::<ConfigMap>::namespaced(api.client(), "kube-system");
                for number in 0..40 {
                    let object = serde_json::json!({
                        "apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": {"name": format!("m{number}"), "namespace": "kube-system"},
                        "data": {"a": "b"},
                    });
                    client
                        .patch(
                            &format!("m{number}"),
                            &PatchParams::apply(FIELD_MANAGER),
                            &Patch::Apply(&object),
                        )
                        .await
                        .expect("an applied ConfigMap");
                }
            });
        });
    });
}

/// The program from start to end, into an empty folder.
fn render(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut group = c.benchmark_group("render");
    group.sample_size(10);
    for algorithm in [Algorithm::EcdsaP256, Algorithm::Rsa2048] {
        let name = algorithm.name();
        let config = folder.path().join(format!("{name}.yaml"));
        let text = format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.2\n\
             encryptionAlgorithm: {name}\n"
        );
        std::fs::write(&config, text).expect("a configuration");
        let out = folder.path().join(name);
        group.bench_function(name, |b| {
            b.iter(|| {
                let _ = std::fs::remove_dir_all(&out);
                let status = Command::new(env!("CARGO_BIN_EXE_kubewright"))
                    .arg("render")
                    .arg("--config")
                    .arg(&config)
                    .arg("--out")
                    .arg(&out)
                    .stdout(Stdio::null())
                    .status()
                    .expect("the program");
                assert!(status.success());
            });
        });
    }
    group.finish();
}

criterion_group!(benches, keys, sandbox, embedded_api, render);
criterion_main!(benches);
