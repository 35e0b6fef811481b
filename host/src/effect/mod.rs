//! Effects, and the one path they all go: grant, policy, journal, world.
//!
//! Nothing in this program writes a file, makes a key, applies an object or
//! touches a service on behalf of a component but through [`Conduit::land`]. Each
//! effect is one value in one file below `effects`.

mod accounts;
mod cluster;
mod conduit;
mod content;
#[expect(clippy::module_inception, reason = "the trait that the room is about")]
mod effect;
mod effects;
mod endpoint;
mod envelopes;
mod event;
mod files;
mod grant;
mod journal;
mod made;
mod noted;
mod object;
mod pki;
mod place;
mod policy;
mod recognise;
mod sealed_object;
mod vault;

pub use accounts::{AccountsError, Identities, OwnerNames, WantedGroup, check_name};
pub use cluster::{Cluster, Destination};
pub use conduit::{Conduit, EffectError, Origin, outer};
pub use content::{Content, ContentError, Encoding, Piece, SealedValue, SecretKind};
pub use effect::{Effect, Inverse, Landing, Mark};
pub use effects::{
    ApplyObject, CreateKey, CreateObject, DeleteObject, DiscardFile, EmptyFolder, EnsureAccounts,
    EtcdFiles, IssueCertificate, LeftoverError, MakeDirectory, NoteFolder, PatchKind, PatchObject,
    Publish, PublishError, Published, PullImage, RemoveAccounts, RemoveEtcdMember, RemoveFile,
    RemovePod, RemovedAccounts, Service, SetOwner, Show, Shown, UndoError, UndoPath, Unmount,
    WriteFile,
};
pub use endpoint::Endpoint;
pub use envelopes::Envelopes;
pub use event::{Change, Event, Events, LogLevel};
pub use files::{ensure_parents, write_file};
pub use grant::{
    Denial, EtcdGrant, FileGrant, FileVerb, Grants, KubeGrant, KubeRule, NodeGrant, PathPattern,
    PkiGrant, PkiVerb, Shape,
};
pub use journal::{
    Denied, DiskJournal, Entry, FaultyJournal, Folder, Journal, JournalError, Ledger, Lock,
    MemoryJournal, Outcome, Past, Prior, Record, RecordedFiles, RecordedObjects, RunHeader,
    RunOperation, RunRecords, RunStart, Runs, Standing, State, Step, Touched, Undo, digest,
    state_of,
};
pub use object::{ObjectReference, WrittenObject};
pub use pki::{
    CertificateFiles, Existing, HeldCertificate, Holds, KeyFile, KeyFiles, PkiError, Signer,
    WantedCertificate, load_certificate, load_key_pair,
};
pub use place::Place;
pub use policy::{Finding, Policy, PolicyError, Verdict};
pub use recognise::{holds_password, holds_secret};
pub use sealed_object::{SealedObject, SealedObjectError};
pub use vault::{Found, Vault};
