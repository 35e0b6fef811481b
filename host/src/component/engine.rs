//! The engine, and the clock that stops loops.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use wasmtime::component::Linker;

use super::code_memory::Pages;
use super::engine_config::engine_config;
use super::phase::Sandbox;
use crate::capability::PhaseState;

/// How long an epoch lasts. Limits on running time are counted in these.
pub const TICK: Duration = Duration::from_millis(10);

/// wasmtime with its ticker. The ticker runs as long as the engine lives: a
/// store made by this room always has a deadline, and a deadline without a
/// ticker would never come.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    /// The contract for phases, once one is linked: the same for all.
    pub(super) phases: Arc<OnceLock<Linker<Sandbox<PhaseState>>>>,
    _ticker: Arc<Ticker>,
}

struct Ticker;

impl Engine {
    /// Starts an engine and its ticker.
    pub fn start() -> wasmtime::Result<Self> {
        let mut config = engine_config();
        config.with_custom_code_memory(Some(Arc::new(Pages)));
        let inner = wasmtime::Engine::new(&config)?;
        let ticker = Arc::new(Ticker);
        tick(inner.weak(), Arc::downgrade(&ticker))?;
        Ok(Self {
            inner,
            phases: Arc::default(),
            _ticker: ticker,
        })
    }

    pub(super) fn inner(&self) -> &wasmtime::Engine {
        &self.inner
    }
}

fn tick(engine: wasmtime::EngineWeak, alive: Weak<Ticker>) -> wasmtime::Result<()> {
    std::thread::Builder::new()
        .name("epochs".to_owned())
        .spawn(move || {
            while alive.strong_count() > 0 {
                std::thread::park_timeout(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })?;
    Ok(())
}
