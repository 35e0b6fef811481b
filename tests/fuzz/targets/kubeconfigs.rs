#![no_main]

kubewright_fuzz::target!(Kubeconfigs);
