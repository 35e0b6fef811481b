//! Servers that mean no good, each in its own way: the program ends with an
//! error that says what is wrong, in the time that it was given and in bounded
//! memory, and what was told to a server is told to nobody else.

mod cases;
mod endpoints;
mod kubeconfigs;
mod program;
