//! The lines of a journal.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Prior;
use crate::effect::{Change, WrittenObject};
use crate::world::{Identity, MachinePath, Made, Owner};

/// `sha256:HEX` of some content.
pub fn digest(content: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(content))
}

/// One line: a JSON object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// The first line of a run.
    Run(Box<RunHeader>),
    /// An effect is about to land.
    Begin {
        /// Counts from 1 within the run.
        effect: u64,
        phase: String,
        component: String,
        digest: String,
        action: String,
        target: String,
        /// The files that it writes and puts sealed values into.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        seals: BTreeMap<MachinePath, Made>,
        /// What it makes of an object of the cluster.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<Box<WrittenObject>>,
        /// `sha256:HEX` of the JSON of an object that is too large to be
        /// recorded ahead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object_digest: Option<String>,
    },
    /// A path is about to be changed by an effect.
    Touch {
        effect: u64,
        path: MachinePath,
        prior: State,
        after: State,
    },
    /// A path was written by an effect: which file it is since, and what.
    Wrote {
        effect: u64,
        path: MachinePath,
        identity: Identity,
        made: Made,
    },
    /// An effect landed.
    Landed {
        effect: u64,
        change: Change,
        /// The object, where it was too large to be recorded ahead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<Box<WrittenObject>>,
    },
    /// An effect did not land.
    Failed { effect: u64 },
    /// A policy denied an effect, of which nothing was done.
    Denied(Box<Denied>),
    /// A reset made a path what it was before all runs, or saw that it is.
    Undone { path: MachinePath },
    /// A folder that programs filled, found by a run that undoes what others
    /// made: nothing of it was there before.
    Filled { path: MachinePath },
    /// A phase published a document for later ones.
    Published {
        kind: String,
        document: serde_json::Value,
    },
    /// The last line of a run.
    End { outcome: Outcome, at: i64 },
}

impl Record {
    /// Whether it is about what has not been done yet.
    pub(super) fn is_ahead(&self) -> bool {
        matches!(self, Self::Begin { .. } | Self::Touch { .. })
    }

    /// Forgets the object, which most readers have no use for.
    pub(super) fn drop_object(&mut self) {
        match self {
            Self::Begin { object, .. } | Self::Landed { object, .. } => *object = None,
            _ => {}
        }
    }
}

/// What a policy denied, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Denied {
    pub phase: String,
    pub action: String,
    pub target: String,
    pub policy: String,
    pub rule: String,
    pub reason: String,
}

/// What a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunHeader {
    /// Counts from 1 on this machine.
    pub run: u64,
    /// `init`, `reset`: the command without its arguments, in which tokens
    /// may be.
    pub command: String,
    /// What it is to the machine; none in journals of before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<RunOperation>,
    /// The version of this program.
    pub version: String,
    pub distribution: String,
    /// `sha256:HEX` of the sealed configuration document, a copy of which is
    /// kept; empty where the command has none.
    pub configuration: String,
    /// Digests of the components, by name.
    pub components: BTreeMap<String, String>,
    /// Digests of the policies that were asked, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, String>,
    /// Folders that programs started by this run fill (the kubelet's,
    /// etcd's), and what they were before it.
    pub state_folders: BTreeMap<MachinePath, State>,
    /// Names of what was in those of them that were not empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub state_entries: BTreeMap<MachinePath, BTreeSet<String>>,
    /// The run that died and that this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<u64>,
    pub pid: u32,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub started: i64,
}

/// What a run is to the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunOperation {
    /// As the distribution calls it: `init`, `token create`.
    pub name: String,
    /// Whether all of its phases are run, and not some alone.
    pub whole: bool,
    /// Whether it takes back what others made.
    pub undoes: bool,
}

impl RunHeader {
    /// What the run is to the machine; of journals of before this was noted, by
    /// the name of the command.
    pub fn operation(&self) -> RunOperation {
        self.operation.clone().unwrap_or_else(|| {
            let name = self.command.split(' ').next().unwrap_or_default();
            RunOperation {
                name: name.to_owned(),
                whole: self.command == name,
                undoes: name == "reset",
            }
        })
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Done,
    Failed,
    /// The process died; whoever found that closed the journal.
    Died,
}

/// What is at a path, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum State {
    Absent,
    File {
        /// Permission bits, as `0600`.
        #[serde(with = "octal")]
        mode: u32,
        /// `sha256:HEX`
        digest: String,
        /// Whether a copy of the content is kept. Never of one with secrets.
        #[serde(default)]
        copy: bool,
        /// None where it is whoever ran the program, or was not recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        /// Lines that were added to a file of others; the rest of it is theirs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        added: Vec<String>,
    },
    Directory {
        #[serde(with = "octal")]
        mode: u32,
        #[serde(default)]
        empty: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Owner>,
        /// Owners of what lies in it and was given away with it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        within: BTreeMap<MachinePath, Owner>,
    },
    Other,
}

impl State {
    /// A file that is about to be written.
    pub fn written(mode: u32, content: &[u8]) -> Self {
        Self::File {
            mode,
            digest: digest(content),
            copy: false,
            owner: None,
            added: Vec::new(),
        }
    }

    /// A directory that is about to be made.
    pub fn made(mode: u32) -> Self {
        Self::Directory {
            mode,
            empty: true,
            owner: None,
            within: BTreeMap::new(),
        }
    }

    /// Whom it belongs to, where that is known.
    pub fn owner(&self) -> Option<Owner> {
        match self {
            Self::File { owner, .. } | Self::Directory { owner, .. } => *owner,
            Self::Absent | Self::Other => None,
        }
    }

    /// The same with other rights.
    pub(super) fn given(self, to: Owner, with: u32) -> Self {
        match self {
            Self::File { digest, .. } => Self::File {
                mode: with,
                digest,
                copy: false,
                owner: Some(to),
                added: Vec::new(),
            },
            Self::Directory { empty, .. } => Self::Directory {
                mode: with,
                empty,
                owner: Some(to),
                within: BTreeMap::new(),
            },
            other => other,
        }
    }

    /// Whether both are the same for whoever looks at the machine.
    pub fn same_as(&self, other: &Self) -> bool {
        let (one, another) = (self.owner(), other.owner());
        if one.is_some() && another.is_some() && one != another {
            return false;
        }
        match (self, other) {
            (
                Self::File { mode, digest, .. },
                Self::File {
                    mode: other_mode,
                    digest: other_digest,
                    ..
                },
            ) => mode == other_mode && digest == other_digest,
            (Self::Directory { mode, .. }, Self::Directory { mode: other, .. }) => mode == other,
            (Self::Absent, Self::Absent) | (Self::Other, Self::Other) => true,
            _ => false,
        }
    }
}

impl Prior<'_> {
    /// As it is recorded. `copy` says whether a copy of a file is kept.
    pub fn state(&self, copy: bool) -> State {
        match self {
            Self::Absent => State::Absent,
            Self::File {
                mode,
                owner,
                content,
                ..
            } => State::File {
                mode: *mode,
                digest: digest(content),
                copy,
                owner: Some(*owner),
                added: Vec::new(),
            },
            Self::Directory {
                mode,
                owner,
                empty,
                within,
            } => State::Directory {
                mode: *mode,
                empty: *empty,
                owner: Some(*owner),
                within: within.clone(),
            },
            Self::Other => State::Other,
        }
    }
}

mod octal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{mode:04o}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 8)
            .ok()
            .filter(|mode| *mode <= 0o7777)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no mode as \"0644\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_read_as_they_were_written() {
        let path = MachinePath::parse("/etc/a").unwrap();
        let records = [
            Record::Run(Box::default()),
            Record::Touch {
                effect: 1,
                path: path.clone(),
                prior: State::made(0o750),
                after: State::written(0o600, b"x"),
            },
            Record::Touch {
                effect: 2,
                path: path.clone(),
                prior: State::written(0o600, b"x").given(Owner { uid: 0, gid: 1 }, 0o640),
                after: State::Directory {
                    mode: 0o700,
                    empty: false,
                    owner: Some(Owner { uid: 2, gid: 3 }),
                    within: [(path.clone(), Owner { uid: 4, gid: 5 })].into(),
                },
            },
            Record::Wrote {
                effect: 1,
                path: path.clone(),
                identity: Identity {
                    device: 1,
                    inode: 2,
                    born: Some((3, 4)),
                },
                made: Made::OfSealed,
            },
            Record::Landed {
                effect: 1,
                change: Change::Created,
                object: None,
            },
            Record::Undone { path },
            Record::End {
                outcome: Outcome::Died,
                at: 7,
            },
        ];
        for record in records {
            let line = serde_json::to_string(&record).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(
                serde_json::from_str::<Record>(&line).unwrap(),
                record,
                "{line}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in "\\PC{0,200}") {
            let _ = serde_json::from_str::<Record>(&line);
        }
    }
}
