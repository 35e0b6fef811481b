//! What a phase may use of the host.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What an instance may ask of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Calls.
    pub calls: u64,
    /// Calls that go to a network.
    pub requests: u64,
    /// Bytes that one call may hand over or get, or make with `compose`.
    pub call_bytes: usize,
    /// Bytes that are handed over, made and given, in all: what the host keeps
    /// for it, and what it writes to disk and journal, is a small multiple.
    pub content_bytes: usize,
    /// Handles open at once.
    pub handles: usize,
    /// Time from its start to its end, the host's own work included and what
    /// it waits for left out.
    pub working: Duration,
    /// Time that it waits for others.
    pub waiting: Duration,
    /// Answers that are withheld because a piece of a secret is in them. Each
    /// tells that the piece is one.
    pub withheld: u64,
}

/// A component that asked for more. It is ended: it gets no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    #[error("it called the host more than {0} times")]
    Calls(u64),
    #[error("it asked servers more than {0} times")]
    Requests(u64),
    #[error("it made content of {size} bytes; the limit is {limit}")]
    Content { size: usize, limit: usize },
    #[error("it handed over {size} bytes of content in all; the limit is {limit}")]
    AllContent { size: usize, limit: usize },
    #[error("it worked for {}s, the work of the host for it included; that is the limit", limit.as_secs_f32())]
    Working { limit: Duration },
    #[error("it waited for others for {}s in all; that is what the configuration and its limits give it", limit.as_secs_f32())]
    Waiting { limit: Duration },
    #[error("pieces of secrets were withheld from it more than {0} times: it may be out for them")]
    Withheld(u64),
}

/// What a phase used so far, and may.
#[derive(Debug)]
pub struct Budget {
    allowance: Allowance,
    calls: u64,
    requests: u64,
    content_bytes: usize,
    clock: Arc<PhaseClock>,
}

impl Budget {
    pub fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            calls: 0,
            requests: 0,
            content_bytes: 0,
            clock: Arc::new(PhaseClock::new(allowance)),
        }
    }

    /// The clock that ends the phase.
    pub fn clock(&self) -> Arc<PhaseClock> {
        Arc::clone(&self.clock)
    }

    /// Counts a call to the host with its arguments.
    pub fn enter(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.calls += 1;
        if self.calls > self.allowance.calls {
            return Err(Exceeded::Calls(self.allowance.calls));
        }
        self.spend(bytes)
    }

    /// Looks at how often something was withheld since the phase began.
    pub fn withheld(&self, times: u64) -> Result<(), Exceeded> {
        match times > self.allowance.withheld {
            true => Err(Exceeded::Withheld(self.allowance.withheld)),
            false => Ok(()),
        }
    }

    /// Counts a call that goes to a network.
    pub fn request(&mut self) -> Result<(), Exceeded> {
        self.requests += 1;
        match self.requests > self.allowance.requests {
            true => Err(Exceeded::Requests(self.allowance.requests)),
            false => Ok(()),
        }
    }

    /// Counts bytes before they take any memory: values composed of themselves
    /// double with each call.
    pub fn spend(&mut self, size: usize) -> Result<(), Exceeded> {
        if size > self.allowance.call_bytes {
            return Err(Exceeded::Content {
                size,
                limit: self.allowance.call_bytes,
            });
        }
        self.content_bytes = self.content_bytes.saturating_add(size);
        if self.content_bytes > self.allowance.content_bytes {
            return Err(Exceeded::AllContent {
                size: self.content_bytes,
                limit: self.allowance.content_bytes,
            });
        }
        Ok(())
    }
}

/// The time of a phase: work and waiting, each with its limit.
#[derive(Debug)]
pub struct PhaseClock {
    allowance: Allowance,
    started: Instant,
    waits: Mutex<Waits>,
}

/// Waits may overlap: images are pulled side by side.
#[derive(Debug, Default)]
struct Waits {
    open: usize,
    since: Option<Instant>,
    done: Duration,
}

impl Waits {
    fn total(&self) -> Duration {
        self.done + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl PhaseClock {
    fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            started: Instant::now(),
            waits: Mutex::default(),
        }
    }

    // A count and two times: whole after any panic.
    fn waits(&self) -> std::sync::MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time that runs until this is dropped is waiting, not work.
    pub fn wait(self: &Arc<Self>) -> Waiting {
        let mut waits = self.waits();
        waits.open += 1;
        waits.since.get_or_insert_with(Instant::now);
        drop(waits);
        Waiting(Arc::clone(self))
    }

    /// What is left of each, or which is used up.
    fn left(&self) -> Result<Duration, Exceeded> {
        let waits = self.waits();
        let (waited, is_waiting) = (waits.total(), waits.since.is_some());
        drop(waits);
        let worked = self.started.elapsed().saturating_sub(waited);
        let left = |limit: Duration, used: Duration| {
            limit.checked_sub(used).filter(|left| !left.is_zero())
        };
        let working = left(self.allowance.working, worked).ok_or(Exceeded::Working {
            limit: self.allowance.working,
        })?;
        let waiting = left(self.allowance.waiting, waited).ok_or(Exceeded::Waiting {
            limit: self.allowance.waiting,
        })?;
        Ok(match is_waiting {
            true => waiting,
            false => working,
        })
    }

    /// Ends when the phase has used up its time.
    pub async fn used_up(&self) -> Exceeded {
        loop {
            match self.left() {
                // Work turns into waiting and back: it is looked at again.
                Ok(left) => tokio::time::sleep(left.min(LOOK_EVERY)).await,
                Err(exceeded) => return exceeded,
            }
        }
    }
}

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A wait that is going on.
pub struct Waiting(Arc<PhaseClock>);

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waits = self.0.waits();
        waits.open = waits.open.saturating_sub(1);
        if waits.open == 0
            && let Some(since) = waits.since.take()
        {
            waits.done += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance() -> Allowance {
        Allowance {
            calls: 3,
            requests: 1,
            call_bytes: 10,
            content_bytes: 15,
            handles: 1,
            working: Duration::from_secs(3600),
            waiting: Duration::from_secs(3600),
            withheld: 1,
        }
    }

    #[test]
    fn each_limit_ends_what_goes_beyond() {
        let mut budget = Budget::new(allowance());
        assert_eq!(budget.enter(10), Ok(()));
        assert!(matches!(budget.enter(11), Err(Exceeded::Content { .. })));
        assert!(matches!(budget.enter(6), Err(Exceeded::AllContent { .. })));
        assert_eq!(budget.enter(0), Err(Exceeded::Calls(3)));
        assert_eq!(budget.withheld(1), Ok(()));
        assert_eq!(budget.withheld(2), Err(Exceeded::Withheld(1)));
        assert_eq!(budget.request(), Ok(()));
        assert_eq!(budget.request(), Err(Exceeded::Requests(1)));
    }

    #[tokio::test]
    async fn waiting_is_not_work() {
        let limit = |working, waiting| Allowance {
            working: Duration::from_millis(working),
            waiting: Duration::from_millis(waiting),
            ..allowance()
        };
        let worked = Budget::new(limit(1, 3_600_000)).clock();
        assert!(matches!(worked.used_up().await, Exceeded::Working { .. }));
        let waited = Budget::new(limit(3_600_000, 1)).clock();
        let waiting = waited.wait();
        assert!(matches!(waited.used_up().await, Exceeded::Waiting { .. }));
        drop(waiting);
    }

    #[test]
    fn waits_side_by_side_count_once() {
        let clock = Budget::new(allowance()).clock();
        let (one, another) = (clock.wait(), clock.wait());
        drop(one);
        assert!(clock.waits().since.is_some());
        drop(another);
        assert!(clock.waits().since.is_none());
    }
}
