//! Doors that open onto this machine.

mod accounts_lock;
mod api;
mod checks;
mod cri;
mod directory;
mod etcd;
mod facts;
mod fetch;
mod files;
mod grpc;
#[cfg(test)]
#[path = "../../../../tests/support/grpc.rs"]
mod grpc_server;
mod health;
mod kubelet;
mod leftovers;
mod mounting;
mod mounts;
mod node;
mod owner;
mod planned;
mod root;
mod rootfs;
mod runtime;
mod services;
mod system;
mod tls;

pub use api::MachineApi;
pub use checks::MachineChecks;
pub use etcd::{EtcdError, MachineEtcd};
pub use facts::{DIRECTORIES, read_facts};
pub use files::MachineFiles;
pub use health::MachineHealth;
pub use kubelet::KubeletSettings;
pub use mounting::MachineMounts;
pub use mounts::{MountError, Mounts};
pub use node::MachineNode;
pub use planned::PlannedNode;
pub use root::{Root, SocketError};
pub use rootfs::RootfsNode;
pub use runtime::MachineRuntime;
pub use services::ServiceManager;
pub use system::is_setting;
