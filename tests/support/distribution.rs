//! Distribution files for the tests.

use super::components::{Built, hostile};
use super::program::Place;

/// All that the hostile component imports, so that it may start; what it may
/// do is the least that each interface can be granted for.
pub const LEAST: &str = "      files: [{paths: [/srv/hostile/**], verbs: [read, write]}, {paths: [/srv/hostile/gone], verbs: [empty]}]
      pki: [{names: [mine], below: /etc/kubernetes/pki, verbs: [load]}]
      kube: {kubeconfigs: [/etc/kubernetes/admin.conf], rules: []}
      node: {accounts: [hostile-*], runtimes: [\"unix:///run/hostile.sock\"], mounts: [/srv/hostile]}
      etcd: [{ca: /etc/kubernetes/pki/etcd/ca.crt, certificate: /etc/kubernetes/pki/mine.crt, key: /etc/kubernetes/pki/mine.key, endpoints: [\"https://self:*\"]}]
      undo: [/srv/hostile/**]
      publish: {Hostile: {field: string}}
      use: [checks, clock, health, kubeconfigs, patches, terminal, tokens]
";

/// The default distribution, with phases of the hostile component after all
/// others.
pub struct Hostile<'a> {
    pub phases: &'a [&'a str],
    /// YAML, indented by six.
    pub grants: &'a str,
    /// YAML in one line, as `{hostCalls: 5}`; empty for none.
    pub limits: &'a str,
}

impl Hostile<'_> {
    /// Puts the component and `distribution.yaml` into a place.
    pub fn write(&self, place: &Place) {
        let Built {
            component, digest, ..
        } = hostile();
        place.write("hostile.wasm", component);
        let phases: String = self
            .phases
            .iter()
            .map(|name| format!("  - name: {name}\n"))
            .collect();
        let limits = match self.limits {
            "" => String::new(),
            limits => format!("  limits: {limits}\n"),
        };
        let text = format!(
            "apiVersion: kubewright.dev/v1alpha1\nkind: Distribution\nname: mine\nextends: kubernetes\n\
             phases:\n- name: hostile\n  component: hostile.wasm\n  digest: {digest}\n\
             \x20 needs: [show-join-command]\n{limits}  phases:\n{phases}  grants:\n{}",
            self.grants
        );
        place.write("distribution.yaml", text);
    }
}
