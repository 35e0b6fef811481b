//! A call of every function of the contract.

use crate::shorthand::{
    ADMIN, KEY, PKI, TOKEN, compose, connect, ensure_mine, inspect, load_ca, read, write,
};
use crate::{
    Algorithm, Alphabet, Call, Condition, Encoding, Existing, Group, Item, Level, PatchType, Piece,
    Placement, Profile, Program, Question, Reference, SealedField, Selection, ServiceAction,
    Target, Text, Trust,
};

/// A call of every function; gives the steps.
pub fn every_function(program: &mut Program) -> Vec<usize> {
    let mut steps = Vec::new();
    let text = |text: &str| Text::from(text);
    let at = |path: &str| Placement {
        path: path.into(),
        mode: 0o600,
    };
    let pair = program.call(Call::PkiLoadKeyPair {
        name: "sa".into(),
        key: format!("{PKI}/sa.key").into(),
    });
    let ca = program.call(load_ca());
    let token = program.call(Call::TokensBootstrap {
        pointer: TOKEN.into(),
        alphabet: Alphabet::Alphanumeric,
    });
    let key = program.call(Call::TokensCertificateKey {
        pointer: KEY.into(),
    });
    let value = program.call(compose(Encoding::Plain, vec![Piece::text("x")]));
    let client = program.call(connect());
    let map = || Reference::core("ConfigMap", "x");
    let object = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"kube-system"}}"#;
    let socket = || text("unix:///run/hostile.sock");
    let calls = [
        Call::SealedLabel { of: value },
        write("/srv/hostile/x", vec![Piece::Sealed(value)]),
        Call::FilesMakeDirectory {
            path: text("/srv/hostile/folder"),
            mode: 0o700,
        },
        Call::FilesRemove {
            path: text("/srv/hostile/folder"),
        },
        read("/srv/hostile/x"),
        Call::FilesList {
            path: text("/srv/hostile"),
        },
        Call::FilesStat {
            path: text("/srv/hostile/x"),
        },
        Call::PkiKeyPairPublicKeyPem { of: pair },
        Call::PkiKeyPairPrivateKeyPem { of: pair },
        Call::PkiCertificatePem { of: ca },
        Call::PkiCertificateCommonName { of: ca },
        Call::PkiCertificateOrganizations { of: ca },
        Call::PkiCertificateNotAfter { of: ca },
        Call::PkiCertificatePublicKeyHash { of: ca },
        Call::PkiCertificateHasKey { of: ca },
        Call::PkiCertificatePrivateKeyPem { of: ca },
        Call::PkiEnsureKeyPair {
            name: text("mine"),
            algorithm: Algorithm::EcdsaP256,
            key: at(&format!("{PKI}/mine.key")),
            public_key: Some(at(&format!("{PKI}/mine.pub"))),
            existing: Existing::Keep,
        },
        ensure_mine(Profile::client("x"), ca),
        Call::PkiIssue {
            name: text("issued"),
            profile: Profile::client("x"),
            algorithm: Algorithm::EcdsaP256,
            signer: ca,
        },
        Call::PkiIssued {
            name: text("issued"),
        },
        inspect(ADMIN),
        Call::TokensTokenId { of: token },
        Call::TokensTokenSecret { of: token },
        Call::TokensTokenFull { of: token },
        Call::TokensTokenGenerated { of: token },
        Call::TokensEncrypt { plain: value, key },
        Call::TokensUuid { name: text("x") },
        Call::TokensTimeBasedUuid { name: text("x") },
        Call::KubeConnectTo {
            kubeconfig: text(ADMIN),
            server: text("https://192.0.2.10:6443"),
        },
        Call::KubeGet {
            of: client,
            reference: map(),
        },
        Call::KubeGetList {
            of: client,
            selection: Selection::core("ConfigMap"),
        },
        Call::KubeApply {
            of: client,
            object: object.into(),
            sealed: vec![SealedField {
                pointer: text("/data/x"),
                value,
            }],
        },
        Call::KubeCreate {
            of: client,
            object: object.into(),
            sealed: Vec::new(),
        },
        Call::KubePatch {
            of: client,
            reference: map(),
            patch_type: PatchType::Merge,
            patch: text("{}"),
        },
        Call::KubeDelete {
            of: client,
            reference: map(),
        },
        Call::KubeWait {
            of: client,
            reference: map(),
            condition: Condition::Exists,
            seconds: 0,
        },
        Call::TokensAdopt {
            client,
            pointer: text("/mine"),
            namespace: text("kube-system"),
            name: text("x"),
        },
        Call::KubeWaitAll {
            of: client,
            selection: Selection::core("ConfigMap"),
            minimum: 1,
            condition: Condition::Exists,
            seconds: 0,
        },
        Call::NodeFacts {},
        Call::NodeServiceActive {
            name: text("kubelet"),
        },
        Call::NodeService {
            name: text("kubelet"),
            action: ServiceAction::Stop,
        },
        Call::AccountsEnsure {
            users: vec![],
            groups: vec![Group {
                name: text("hostile-a"),
                members: vec![],
            }],
        },
        Call::AccountsSetOwner {
            path: text("/srv/hostile/x"),
            user: text("root"),
            group: text("root"),
            mode: 0o600,
        },
        Call::AccountsSetOwnerBelow {
            directory: text("/srv/hostile"),
            user: text("root"),
            group: text("root"),
        },
        Call::AccountsRemove {
            users: vec![],
            groups: vec![Item::One(text("hostile-a"))],
        },
        Call::EtcdMembers {
            endpoints: vec![Item::One(text("https://127.0.0.1:1"))],
            ca: format!("{PKI}/etcd/ca.crt").into(),
            certificate: format!("{PKI}/mine.crt").into(),
            key: format!("{PKI}/mine.key").into(),
            seconds: 0,
        },
        Call::EtcdRemoveMember {
            endpoints: vec![Item::One(text("https://127.0.0.1:1"))],
            ca: format!("{PKI}/etcd/ca.crt").into(),
            certificate: format!("{PKI}/mine.crt").into(),
            key: format!("{PKI}/mine.key").into(),
            id: 1,
            seconds: 0,
        },
        Call::PodsAll { socket: socket() },
        Call::PodsRemove {
            socket: socket(),
            id: text("x"),
        },
        Call::MountsInFolder {
            folder: text("/srv/hostile"),
        },
        Call::MountsUnmount {
            folder: text("/srv/hostile"),
            path: text("/srv/hostile/x"),
            options: vec![Item::One(text("MNT_DETACH"))],
        },
        Call::LeftoversEmpty {
            folder: text("/srv/hostile/gone"),
        },
        Call::LeftoversDiscard {
            file: text("/srv/hostile/gone"),
        },
        Call::UndoWhose {},
        Call::UndoTouched {
            folder: text("/srv/hostile"),
        },
        Call::UndoFilled {},
        Call::UndoRestore {
            path: text("/srv/hostile/x"),
        },
        Call::UndoNote {
            folder: text("/srv/hostile/gone"),
        },
        Call::DocumentsPublish {
            kind: text("Hostile"),
            document: text("{}"),
        },
        Call::HealthAwait {
            targets: vec![Item::One(Target {
                name: text("x"),
                url: text("https://127.0.0.1:1/"),
                trust: Trust::Plain,
                workload: text(""),
            })],
            seconds: 0,
        },
        Call::ChecksSystem {},
        Call::ChecksKernelOptions {
            names: vec![Item::One(text("NAMESPACES"))],
        },
        Call::ChecksKernelParameter {
            name: text("net.ipv4.ip_forward"),
        },
        Call::ChecksPortIsFree { port: 1 },
        Call::ChecksOccupied { path: text("/etc") },
        Call::ChecksFindProgram { name: text("sh") },
        Call::ChecksProgramVersion {
            name: text("kubelet"),
        },
        Call::ChecksResolve {
            name: text("localhost"),
        },
        Call::ChecksAsk {
            question: Question {
                url: text("https://127.0.0.1:1/"),
                ca_file: text(""),
                certificate_file: text(""),
                key_file: text(""),
            },
        },
        Call::ChecksService {
            name: text("kubelet"),
        },
        Call::RuntimeState { socket: socket() },
        Call::RuntimeHasImage {
            socket: socket(),
            image: text("x"),
        },
        Call::RuntimePullImages {
            socket: socket(),
            images: vec![Item::One(text("x"))],
            at_once: true,
        },
        Call::PatchesApply {
            target: text("etcd"),
            object: text("{}"),
        },
        Call::ClockNow {},
        Call::LogLog {
            level: Level::Debug,
            message: text("x"),
        },
        Call::LogPanicked { message: text("x") },
        Call::TerminalProgress { message: text("x") },
        Call::TerminalProgressUnder {
            topic: text("x"),
            message: text("x"),
        },
        Call::TerminalWarnUnder {
            topic: text("x"),
            message: text("x"),
        },
        Call::TerminalShow {
            content: vec![Piece::text("x")],
        },
    ];
    for call in calls {
        steps.push(program.call(call));
    }
    steps
}
