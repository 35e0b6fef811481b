//! Every function of the contract that a phase can call.

use serde::{Deserialize, Serialize};

use crate::text::{Item, Piece, Text};
use crate::types::{
    Algorithm, Alphabet, Condition, Encoding, Existing, Group, Level, PatchType, Placement,
    Profile, Question, Reference, SealedField, Selection, ServiceAction, Target,
};

macro_rules! calls {
    ($($case:ident = $name:literal ($($field:ident: $type:ty),*)),+ $(,)?) => {
        /// A call, named as in the contract: `INTERFACE.FUNCTION`, or
        /// `INTERFACE.RESOURCE.METHOD`. `of` is the step that got the resource.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the contract says what each is")]
        pub enum Call {
            $(#[serde(rename = $name)] $case { $($field: $type),* }),+
        }

        /// The names of all functions.
        pub const FUNCTIONS: &[&str] = &[$($name),+];

        impl Call {
            /// The name of what it calls.
            pub fn function(&self) -> &'static str {
                match self {
                    $(Self::$case { .. } => $name),+
                }
            }
        }
    };
}

calls! {
    SealedCompose = "sealed.compose" (pieces: Vec<Piece>, encoding: Encoding),
    SealedLabel = "sealed.value.label" (of: usize),

    FilesWrite = "files.write" (path: Text, mode: u32, content: Vec<Piece>),
    FilesMakeDirectory = "files.make-directory" (path: Text, mode: u32),
    FilesRemove = "files.remove" (path: Text),
    FilesRead = "files.read" (path: Text),
    FilesList = "files.list-directory" (path: Text),
    FilesStat = "files.stat" (path: Text),

    PkiKeyPairPublicKeyPem = "pki.key-pair.public-key-pem" (of: usize),
    PkiKeyPairPrivateKeyPem = "pki.key-pair.private-key-pem" (of: usize),
    PkiCertificatePem = "pki.certificate.pem" (of: usize),
    PkiCertificateCommonName = "pki.certificate.common-name" (of: usize),
    PkiCertificateOrganizations = "pki.certificate.organizations" (of: usize),
    PkiCertificateNotAfter = "pki.certificate.not-after" (of: usize),
    PkiCertificatePublicKeyHash = "pki.certificate.public-key-hash" (of: usize),
    PkiCertificateHasKey = "pki.certificate.has-key" (of: usize),
    PkiCertificatePrivateKeyPem = "pki.certificate.private-key-pem" (of: usize),
    PkiEnsureKeyPair = "pki.ensure-key-pair" (
        name: Text, algorithm: Algorithm, key: Placement, public_key: Option<Placement>,
        existing: Existing
    ),
    PkiEnsureCertificate = "pki.ensure-certificate" (
        name: Text, profile: Profile, algorithm: Algorithm, signer: Option<usize>,
        certificate: Placement, key: Placement, public_key: Option<Placement>, existing: Existing
    ),
    PkiIssue = "pki.issue" (name: Text, profile: Profile, algorithm: Algorithm, signer: usize),
    PkiIssued = "pki.issued" (name: Text),
    PkiLoadCertificate = "pki.load-certificate" (name: Text, certificate: Text, key: Option<Text>),
    PkiLoadKeyPair = "pki.load-key-pair" (name: Text, key: Text),

    KubeconfigsInspect = "kubeconfigs.inspect" (path: Text),

    TokensTokenId = "tokens.token.id" (of: usize),
    TokensTokenSecret = "tokens.token.secret" (of: usize),
    TokensTokenFull = "tokens.token.full" (of: usize),
    TokensTokenGenerated = "tokens.token.generated" (of: usize),
    TokensBootstrap = "tokens.bootstrap" (pointer: Text, alphabet: Alphabet),
    TokensAdopt = "tokens.adopt" (pointer: Text, client: usize, namespace: Text, name: Text),
    TokensCertificateKey = "tokens.certificate-key" (pointer: Text),
    TokensEncrypt = "tokens.encrypt" (plain: usize, key: usize),
    TokensUuid = "tokens.uuid" (name: Text),
    TokensTimeBasedUuid = "tokens.time-based-uuid" (name: Text),

    KubeConnect = "kube.connect" (kubeconfig: Text),
    KubeConnectTo = "kube.connect-to" (kubeconfig: Text, server: Text),
    KubeGet = "kube.client.get" (of: usize, reference: Reference),
    KubeGetList = "kube.client.get-list" (of: usize, selection: Selection),
    KubeApply = "kube.client.apply" (of: usize, object: Text, sealed: Vec<SealedField>),
    KubeCreate = "kube.client.create" (of: usize, object: Text, sealed: Vec<SealedField>),
    KubePatch = "kube.client.patch" (of: usize, reference: Reference, patch_type: PatchType, patch: Text),
    KubeDelete = "kube.client.delete" (of: usize, reference: Reference),
    KubeWait = "kube.client.wait" (of: usize, reference: Reference, condition: Condition, seconds: u32),
    KubeWaitAll = "kube.client.wait-all" (
        of: usize, selection: Selection, minimum: u32, condition: Condition, seconds: u32
    ),

    NodeFacts = "node.facts" (),
    NodeService = "node.service" (name: Text, action: ServiceAction),
    NodeServiceActive = "node.service-active" (name: Text),

    AccountsEnsure = "accounts.ensure" (users: Vec<Item<Text>>, groups: Vec<Group>),
    AccountsSetOwner = "accounts.set-owner" (path: Text, user: Text, group: Text, mode: u32),
    AccountsSetOwnerBelow = "accounts.set-owner-below" (directory: Text, user: Text, group: Text),

    AccountsRemove = "accounts.remove" (users: Vec<Item<Text>>, groups: Vec<Item<Text>>),

    EtcdMembers = "etcd.members" (
        endpoints: Vec<Item<Text>>, ca: Text, certificate: Text, key: Text, seconds: u32
    ),
    EtcdRemoveMember = "etcd.remove-member" (
        endpoints: Vec<Item<Text>>, ca: Text, certificate: Text, key: Text, id: u64, seconds: u32
    ),
    PodsAll = "pods.all" (socket: Text),
    PodsRemove = "pods.remove" (socket: Text, id: Text),
    MountsInFolder = "mounts.in-folder" (folder: Text),
    MountsUnmount = "mounts.unmount" (folder: Text, path: Text, options: Vec<Item<Text>>),
    LeftoversEmpty = "leftovers.empty" (folder: Text),
    LeftoversDiscard = "leftovers.discard" (file: Text),
    UndoWhose = "undo.whose" (),
    UndoTouched = "undo.touched" (folder: Text),
    UndoFilled = "undo.filled" (),
    UndoRestore = "undo.restore" (path: Text),
    UndoNote = "undo.note" (folder: Text),
    DocumentsPublish = "documents.publish" (kind: Text, document: Text),

    HealthAwait = "health.await-healthy" (targets: Vec<Item<Target>>, seconds: u32),

    ChecksSystem = "checks.system" (),
    ChecksKernelOptions = "checks.kernel-options" (names: Vec<Item<Text>>),
    ChecksKernelParameter = "checks.kernel-parameter" (name: Text),
    ChecksPortIsFree = "checks.port-is-free" (port: u16),
    ChecksOccupied = "checks.occupied" (path: Text),
    ChecksFindProgram = "checks.find-program" (name: Text),
    ChecksProgramVersion = "checks.program-version" (name: Text),
    ChecksResolve = "checks.resolve" (name: Text),
    ChecksAsk = "checks.ask" (question: Question),
    ChecksService = "checks.service" (name: Text),

    RuntimeState = "container-runtime.state" (socket: Text),
    RuntimeHasImage = "container-runtime.has-image" (socket: Text, image: Text),
    RuntimePullImages = "container-runtime.pull-images" (
        socket: Text, images: Vec<Item<Text>>, at_once: bool
    ),

    PatchesApply = "patches.apply" (target: Text, object: Text),

    ClockNow = "clock.now" (),

    LogLog = "log.log" (level: Level, message: Text),
    LogPanicked = "log.panicked" (message: Text),

    TerminalProgress = "terminal.progress" (message: Text),
    TerminalProgressUnder = "terminal.progress-under" (topic: Text, message: Text),
    TerminalWarnUnder = "terminal.warn-under" (topic: Text, message: Text),
    TerminalShow = "terminal.show" (content: Vec<Piece>),
}
