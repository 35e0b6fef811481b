//! Builds the components below `plugins/` that are part of the program and makes
//! machine code of them, so that it compiles nothing when it starts.
//!
//! For every crate `plugins/FOLDER/NAME` the component `FOLDER/NAME`; for every
//! `plugins/FOLDER/distribution.yaml` the distribution `FOLDER`: of the folders
//! in [`BUILT_IN`], and no other. The crates are
//! built by a cargo of their own for wasm32-unknown-unknown, which has no
//! WASI: a component imports the contract and nothing else.
//!
//! `KUBEWRIGHT_COMPONENTS=DIR` takes ready components `DIR/FOLDER/NAME.wasm`
//! instead, for packagers whose build has no wasm target.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

#[path = "src/component/engine_config.rs"]
mod engine_config;

/// What is part of the program: a folder that lies there besides must not get
/// into it unnoticed.
const BUILT_IN: [&str; 3] = ["kubernetes", "kubernetes-1.5", "policies"];
/// What vendors would write: nothing here depends on it.
const EXAMPLES: &str = "examples";

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "plugin";

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() {
    if let Err(error) = build() {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?)
        .parent()
        .ok_or("the host crate has no parent folder")?
        .to_owned();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for path in ["wit", "Cargo.lock", "Cargo.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    for path in sorted(&root.join("plugins"))? {
        if name_of(&path) != EXAMPLES {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    println!("cargo::rerun-if-changed=src/component/engine_config.rs");
    let lock = fs::read_to_string(root.join("Cargo.lock"))?;
    let engine = locked_version(&lock, "wasmtime").ok_or("Cargo.lock has no wasmtime")?;
    println!("cargo::rustc-env=KUBEWRIGHT_WASMTIME={engine}");
    println!("cargo::rerun-if-env-changed=KUBEWRIGHT_COMPONENTS");
    // What `strip` of the profile would do: see Cargo.toml.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
    }

    let crates = component_crates(&root.join("plugins"))?;
    let components = match env::var_os("KUBEWRIGHT_COMPONENTS") {
        Some(folder) => crates
            .keys()
            .map(|name| {
                let path = Path::new(&folder).join(format!("{name}.wasm"));
                let bytes = fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                Ok((name.clone(), bytes))
            })
            .collect::<Result<BTreeMap<_, _>>>()?,
        None => compile(&root, &crates)?,
    };

    let mut config = engine_config::engine_config();
    // By its name the target stands for its baseline: the machine code runs on
    // processors other than the one it was built on.
    config.target(&env::var("TARGET")?)?;
    let engine = wasmtime::Engine::new(&config)?;

    let mut source = String::from("static COMPONENTS: &[BuiltIn] = &[\n");
    for (name, bytes) in &components {
        let digest = hex(&Sha256::digest(bytes));
        // Named after all that it depends on: what did not change is not
        // compiled again.
        let file = out.join(format!("{digest}-{:016x}.cwasm", compatibility(&engine)));
        if !file.exists() {
            fs::write(&file, engine.precompile_component(bytes)?)?;
        }
        writeln!(
            source,
            "BuiltIn {{ name: {name:?}, digest: \"sha256:{digest}\", machine_code: &PageAligned(*include_bytes!({file:?})) }},"
        )?;
    }
    source.push_str("];\n");
    write_data(&root, &out, &mut source)?;
    fs::write(out.join("builtin.rs"), source)?;
    Ok(())
}

/// The distributions, and the schemas of the kinds that they take
/// (`plugins/FOLDER/schemas/*.yaml`), as JSON: reading YAML takes a run longer
/// than all that it then does with it.
fn write_data(root: &Path, out: &Path, source: &mut String) -> Result<()> {
    source.push_str("static DISTRIBUTIONS: &[(&str, &str)] = &[\n");
    for folder in BUILT_IN.map(|name| root.join("plugins").join(name)) {
        let file = folder.join("distribution.yaml");
        if file.exists() {
            let name = name_of(&folder);
            let json = out.join(format!("{name}.json"));
            fs::write(&json, read_yaml(&file)?.to_string())?;
            writeln!(source, "({name:?}, include_str!({json:?})),")?;
        }
    }
    source.push_str("];\nstatic SCHEMAS: &[(&str, &str)] = &[\n");
    for folder in BUILT_IN.map(|name| root.join("plugins").join(name)) {
        let schemas = folder.join("schemas");
        if !schemas.is_dir() {
            continue;
        }
        for file in sorted(&schemas)? {
            let Yaml::Object(kinds) = read_yaml(&file)? else {
                return Err(format!("{}: wanted schemas by kind", file.display()).into());
            };
            for (kind, schema) in kinds {
                writeln!(source, "({kind:?}, {:?}),", schema.to_string())?;
            }
        }
    }
    source.push_str("];\n");
    Ok(())
}

fn read_yaml(file: &Path) -> Result<Yaml> {
    serde_saphyr::from_str(&fs::read_to_string(file)?)
        .map_err(|error| format!("{}: {error}", file.display()).into())
}

/// A document whose keys stay in their order, which messages follow.
enum Yaml {
    Scalar(serde_json::Value),
    List(Vec<Yaml>),
    Object(Vec<(String, Yaml)>),
}

impl std::fmt::Display for Yaml {
    /// As JSON.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Scalar(value) => value.fmt(f),
            Self::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Self::Object(fields) => {
                f.write_str("{")?;
                for (at, (key, value)) in fields.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    let key = serde_json::Value::from(key.as_str());
                    write!(f, "{comma}{key}:{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> serde::Deserialize<'de> for Yaml {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor)
    }
}

struct YamlVisitor;

impl<'de> serde::de::Visitor<'de> for YamlVisitor {
    type Value = Yaml;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a document")
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> std::result::Result<Yaml, E> {
        Ok(Yaml::Scalar(serde_json::Value::Null))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(
        self,
        mut list: A,
    ) -> std::result::Result<Yaml, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Yaml::List(items))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(
        self,
        mut map: A,
    ) -> std::result::Result<Yaml, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Yaml::Object(fields))
    }
}

/// The version of a package in a lock file.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = {package:?}");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

/// What machine code for this engine depends on besides the component.
fn compatibility(engine: &wasmtime::Engine) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// The component crates: their names here, and their package names.
fn component_crates(plugins: &Path) -> Result<BTreeMap<String, String>> {
    let mut crates = BTreeMap::new();
    for folder in BUILT_IN.map(|name| plugins.join(name)) {
        for inner in sorted(&folder)? {
            let manifest = inner.join("Cargo.toml");
            if manifest.exists() {
                let text = fs::read_to_string(&manifest)?;
                let package = text
                    .lines()
                    .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
                    .ok_or_else(|| format!("{} has no package name", manifest.display()))?;
                // Without this crate type it is a library that the components
                // of its folder share.
                if !text.contains("\"cdylib\"") {
                    continue;
                }
                let name = format!("{}/{}", name_of(&folder), name_of(&inner));
                crates.insert(name, package.to_owned());
            }
        }
    }
    Ok(crates)
}

fn compile(root: &Path, crates: &BTreeMap<String, String>) -> Result<BTreeMap<String, Vec<u8>>> {
    require_target()?;
    // A target folder of their own: sharing that of the outer cargo would wait
    // for a lock that the outer cargo holds.
    let target_dir = root.join("target").join("plugins");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args([
            "build",
            "--locked",
            "--profile",
            PROFILE,
            "--target",
            TARGET,
        ])
        .arg("--target-dir")
        .arg(&target_dir)
        .env_clear()
        .envs(environment())
        .env("CARGO_BUILD_BUILD_DIR", &target_dir);
    for package in crates.values() {
        cargo.args(["-p", package]);
    }
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(format!(
            "the components do not build:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    let folder = target_dir.join(TARGET).join(PROFILE);
    crates
        .iter()
        .map(|(name, package)| {
            let module = fs::read(folder.join(format!("{}.wasm", package.replace('-', "_"))))?;
            let component = wit_component::ComponentEncoder::default()
                .module(&module)
                .and_then(|encoder| encoder.validate(true).encode())
                .map_err(|error| format!("{name} is no component: {error:#}"))?;
            Ok((name.clone(), component))
        })
        .collect()
}

/// The environment for the inner cargo: without what the outer one, or flags
/// meant for the host (coverage, linkers, CPU features), would have it inherit.
fn environment() -> Vec<(OsString, OsString)> {
    const DROPPED: [&str; 12] = [
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_LINKER",
        "TARGET",
        "HOST",
        "PROFILE",
        "OPT_LEVEL",
        "DEBUG",
        "OUT_DIR",
        "NUM_JOBS",
        "CARGO_INCREMENTAL",
    ];
    const DROPPED_PREFIXES: [&str; 8] = [
        "CARGO_ENCODED_",
        "CARGO_BUILD_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CARGO_CFG_",
        "CARGO_FEATURE_",
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
    ];
    env::vars_os()
        .filter(|(name, _)| {
            let name = name.to_string_lossy();
            !DROPPED.contains(&&*name)
                && !DROPPED_PREFIXES
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
        })
        .collect()
}

/// Says what to run where the wasm target is not installed.
fn require_target() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && folder.exists() {
        return Ok(());
    }
    Err(format!(
        "the standard library for {TARGET} is not installed for this toolchain, and components are built for it.\nRun: rustup target add {TARGET}"
    )
    .into())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
