//! What attackers did, each a test: components that steal secrets or ask for
//! too much, policies that are blinded, servers and files that hang or fill the
//! host. `program.rs` of the hostile component carries most of them out.

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
