//! What a component may use.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::capability::Allowance;

/// The limits of one run of one phase (or one check of a policy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, in bytes, over all of its memories.
    pub memory: usize,
    /// Table elements, over all of its tables.
    pub table_elements: usize,
    /// Core instances of the component; as many memories and tables.
    pub instances: usize,
    /// Time spent in the component's own code; waiting for the host does not
    /// count.
    pub running: Duration,
    /// Time from its start to its end, the work of the host for it included,
    /// and what it waits for left out.
    pub wall_clock: Duration,
    /// Time that it waits for others (servers, services, image pulls) in all,
    /// beyond what the configuration gives to waiting.
    pub waiting: Duration,
    /// Calls to the host.
    pub host_calls: u64,
    /// Calls that go to a network.
    pub requests: u64,
    /// Bytes that one call may hand to the host.
    pub call_bytes: usize,
    /// Bytes of content (files, objects, sealed values) in all.
    pub content_bytes: usize,
    /// Handles (sealed values, certificates, clients) open at once.
    pub handles: usize,
    /// Answers that are withheld because a piece of a secret of this run is in
    /// them.
    pub withheld: u64,
}

impl Limits {
    /// What of them the host's side of an instance keeps an eye on.
    pub fn allowance(&self) -> Allowance {
        Allowance {
            calls: self.host_calls,
            requests: self.requests,
            working: self.wall_clock,
            waiting: self.waiting,
            call_bytes: self.call_bytes,
            content_bytes: self.content_bytes,
            handles: self.handles,
            withheld: self.withheld,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            table_elements: 20_000,
            instances: 32,
            running: Duration::from_secs(10),
            wall_clock: Duration::from_secs(300),
            waiting: Duration::from_secs(1200),
            host_calls: 20_000,
            requests: 2_000,
            call_bytes: 8 << 20,
            content_bytes: 64 << 20,
            handles: 1_000,
            withheld: 100,
        }
    }
}

/// A limit that was reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitReached {
    #[error("it asked for {wanted} bytes of memory; the limit is {limit}")]
    Memory { wanted: usize, limit: usize },
    #[error("it asked for {wanted} table elements; the limit is {limit}")]
    Table { wanted: usize, limit: usize },
    #[error("it asked for {wanted} {what}; the limit is {limit}")]
    Count {
        what: &'static str,
        wanted: usize,
        limit: usize,
    },
    #[error("it ran for {}s without coming to an end; that is the limit", limit.as_secs_f32())]
    Running { limit: Duration },
    #[error("it called itself until its stack was full; the limit is {limit} bytes")]
    Stack { limit: usize },
    #[error("it kept more than {limit} handles open")]
    Handles { limit: usize },
    #[error("it handed the host more than {limit} bytes in one call")]
    CallBytes { limit: usize },
}

impl LimitReached {
    /// From the words of wasmtime, which has no type for them: `resource limit
    /// exceeded: instance count too high at 33`.
    pub fn of_count(words: &str, limits: &Limits) -> Option<Self> {
        let told = words.strip_prefix("resource limit exceeded: ")?;
        let (what, wanted) = told.split_once(" count too high at ")?;
        Some(Self::Count {
            what: match what {
                "instance" => "core instances",
                "memory" => "memories",
                "table" => "tables",
                _ => return None,
            },
            wanted: wanted.parse().ok()?,
            limit: limits.instances,
        })
    }
}

/// Keeps a store within its limits, with an error that says which was reached
/// (a mere refusal would let the component abort without a word).
pub struct Limiter {
    limits: Limits,
    memory: usize,
    tables: usize,
}

impl Limiter {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            memory: 0,
            tables: 0,
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.limits.memory {
            return Err(wasmtime::Error::new(LimitReached::Memory {
                wanted: total,
                limit: self.limits.memory,
            }));
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.tables.saturating_add(desired.saturating_sub(current));
        if total > self.limits.table_elements {
            return Err(wasmtime::Error::new(LimitReached::Table {
                wanted: total,
                limit: self.limits.table_elements,
            }));
        }
        self.tables = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.instances
    }

    fn memories(&self) -> usize {
        self.limits.instances
    }
}
