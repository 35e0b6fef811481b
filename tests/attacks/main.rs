//! What attackers did, each a test: components that steal secrets or ask for
//! too much, policies that are blinded, servers and files that hang or fill the
//! host. `program.rs` of the hostile component carries most of them out.

#[path = "../support/mod.rs"]
mod support;

/// Makes a test of each case, so that each fails by its name.
macro_rules! cases {
    ($test:ident: $($case:ident($($argument:expr),* $(,)?)),+ $(,)?) => {
        mod $test {
            #[allow(unused_imports, reason = "some tables have plain values only")]
            use super::*;

            $(#[test]
            fn $case() {
                super::$test($($argument),*);
            })+
        }
    };
}

use kubewright_test_hostile_calls::{judge, shorthand as calls};

mod answers;
mod configurations;
mod contract;
mod disguises;
mod effects;
mod files;
mod generated;
mod grants;
mod kubeconfigs;
mod leaks;
mod load;
mod memory;
mod network;
mod objects;
mod oracles;
mod planted;
mod policies;
mod random;
mod readers;
mod resets;
mod terminal;
