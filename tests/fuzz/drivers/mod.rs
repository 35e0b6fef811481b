//! What the fuzzer and the replay of its corpus do with an input. A driver
//! panics where a promise is broken; everything else is fine.

mod answers;
mod calls;
mod components;
mod journals;
mod kubeconfigs;
mod machine;
mod watch;

/// Does with inputs of one kind what the program would.
pub trait Driver {
    /// Once, before all inputs.
    fn new() -> Self
    where
        Self: Sized;
    /// Takes one input.
    fn take(&self, input: &[u8]);
    /// Another input that is much like this one, of at most so many bytes;
    /// none where changing bytes will do.
    #[allow(dead_code, reason = "the fuzzer's alone")]
    fn change(_input: &[u8], _most: usize, _seed: u64) -> Option<Vec<u8>>
    where
        Self: Sized,
    {
        None
    }
}

pub use answers::Answers;
pub use calls::Calls;
pub use components::Components;
pub use journals::Journals;
pub use kubeconfigs::Kubeconfigs;

/// Makes a driver.
pub type Make = fn() -> Box<dyn Driver>;

/// All of them, by the names of their targets and corpora.
#[allow(dead_code, reason = "each target of the fuzzer has one")]
pub fn all() -> [(&'static str, Make); 5] {
    [
        ("answers", || Box::new(Answers::new())),
        ("calls", || Box::new(Calls::new())),
        ("components", || Box::new(Components::new())),
        ("journals", || Box::new(Journals::new())),
        ("kubeconfigs", || Box::new(Kubeconfigs::new())),
    ]
}
