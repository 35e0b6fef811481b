//! Effects, and the one path they all go: grant, policy, journal, world.
//!
//! Nothing in this program writes a file, makes a key, applies an object or
//! touches a service on behalf of a component but through [`Conduit::land`].

mod accounts;
mod action;
mod conduit;
mod content;
mod event;
mod files;
mod grant;
mod journal;
mod pki;
mod policy;
mod recognise;

pub use accounts::{
    AccountsError, GROUPS, Identities, OwnerNames, USERS, WantedGroup, check_name, ensure_accounts,
    find_owner, remove_accounts,
};
pub use action::{Action, Holds, KeyFile, KubeAction, ObjectReference, PatchKind, WrittenObject};
pub use conduit::{Conduit, EffectError, Origin};
pub use content::{Content, Encoding, Piece, SealedValue, SecretKind};
pub use event::{Change, Event, Events, LogLevel};
pub use files::{ensure_parents, set_owner, set_owner_below, write_file};
pub use grant::{
    Denial, FileGrant, FileVerb, Grants, KubeGrant, KubeRule, NodeGrant, PathPattern, PkiGrant,
    PkiVerb,
};
pub use journal::{
    DiskJournal, Entry, FaultyJournal, Folder, Journal, JournalError, Ledger, Lock, MemoryJournal,
    Outcome, Prior, Record, RecordedFiles, RunHeader, RunRecords, RunStart, State, Touched, Undo,
    digest, state_of,
};
pub use pki::{
    Existing, HeldCertificate, KeyFiles, PkiError, Signer, WantedCertificate, ensure_certificate,
    ensure_key_pair, generate, load_certificate, load_key_pair, sign,
};
pub use policy::{Finding, Policy, PolicyError, Verdict};
pub use recognise::{holds_password, holds_secret};
