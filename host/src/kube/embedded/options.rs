//! What an embedded API is made of.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use super::behaviour::Behaviour;
use super::kinds::KindInfo;
use super::object::service::ServiceRange;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Gives a number nobody can guess, or, for runs that must repeat, the next of a sequence.
pub type Random = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What an embedded API is made of. Nothing is taken from the machine: with the same options and
/// the same requests, the same answers.
#[derive(Clone)]
pub struct Options {
    /// For creation times and managed fields.
    pub clock: Clock,
    /// For uids and generated names.
    pub random: Random,
    /// Kinds beyond those built into Kubernetes 1.36.
    pub kinds: Vec<KindInfo>,
    /// Objects there from the start; see [`super::control_plane_seed`].
    pub seeds: Vec<Value>,
    /// What the server does after writes, in place of controllers.
    pub behaviours: Vec<Behaviour>,
    /// Where services get their addresses from. Without it they get none.
    pub service_range: Option<ServiceRange>,
    /// The version the server calls itself, such as `v1.36.2`.
    pub version: String,
}

/// The release of Kubernetes whose kinds this API serves, as kubeadm of that release deploys it.
pub const KUBERNETES_RELEASE: &str = "v1.36.2";

impl Options {
    /// Options without kinds, seeds or behaviours.
    pub fn new(clock: Clock, random: Random) -> Self {
        Options {
            clock,
            random,
            kinds: Vec::new(),
            seeds: Vec::new(),
            behaviours: Vec::new(),
            service_range: None,
            version: KUBERNETES_RELEASE.into(),
        }
    }

    /// Options for a run that repeats: the time stands still, and numbers follow from `seed`.
    pub fn repeatable(now: Timestamp, seed: u64) -> Self {
        Options::new(Arc::new(move || now), counted(seed))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("kinds", &self.kinds)
            .field("seeds", &self.seeds.len())
            .field("behaviours", &self.behaviours)
            .field("service_range", &self.service_range)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Numbers that look random and follow from a seed (SplitMix64).
pub fn counted(seed: u64) -> Random {
    let state = AtomicU64::new(seed);
    Arc::new(move || {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}
