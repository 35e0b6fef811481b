//! The distribution kubernetes-1.5 through the program: what each of its ten
//! steps leaves, held against what kubeadm did for v1.5.1 in December 2016.

mod cluster;
mod files;
mod keys;
mod live;
mod refused;
mod render;
mod variants;
