#!/usr/bin/env python3
"""Has kubectl read every kubeconfig of renders and compares server, user and context with the configuration.

usage: kubeconfigs.py CONFIG RENDER [CONFIG RENDER ...]
Needs kubectl, openssl and PyYAML. What is right follows from CONFIG, not from what was rendered."""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

from findings import Findings, rendered


def expected(config):
    """Of each kubeconfig: user, common name in the certificate, server; for the configuration."""
    documents = {d["kind"]: d for d in yaml.safe_load_all(config.read_text()) if d}
    init, cluster = documents.get("InitConfiguration", {}), documents.get("ClusterConfiguration", {})
    local = init.get("localAPIEndpoint", {})
    port = local.get("bindPort", 6443)

    def url(endpoint):
        # host, host:port, [v6] and [v6]:port
        bare = endpoint.count(":") > 1 and not endpoint.startswith("[")
        host = f"[{endpoint}]" if bare else endpoint
        return f"https://{host}" if re.search(r"[^:\]]:\d+$|\]:\d+$", host) else f"https://{host}:{port}"

    own = url(local["advertiseAddress"])
    shared = url(cluster["controlPlaneEndpoint"]) if cluster.get("controlPlaneEndpoint") else own
    node = f"system:node:{init['nodeRegistration']['name']}"
    name = cluster.get("clusterName", "kubernetes")
    return name, {
        "admin.conf": ("kubernetes-admin", "kubernetes-admin", shared),
        "super-admin.conf": ("kubernetes-super-admin", "kubernetes-super-admin", shared),
        # The kubelet of a control plane talks to the API server beside it.
        "kubelet.conf": (node, node, own),
        "controller-manager.conf": ("system:kube-controller-manager", "system:kube-controller-manager", own),
        "scheduler.conf": ("system:kube-scheduler", "system:kube-scheduler", own),
    }


def kubectl(path, *arguments):
    done = subprocess.run(
        ["kubectl", "--kubeconfig", str(path), "config", *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else f"kubectl: {done.stderr.strip()}"


def common_name(view):
    """The common name in the client certificate that kubectl would send."""
    data = view["users"][0]["user"]["client-certificate-data"]
    done = subprocess.run(
        "base64 -d | openssl x509 -noout -subject -nameopt multiline",
        shell=True, input=data, capture_output=True, text=True, check=False,
    )
    found = re.search(r"commonName\s*= (.*)", done.stdout)
    return found.group(1) if found else done.stderr


def main():
    arguments = sys.argv[1:]
    findings = Findings("kubectl")
    for config, folder in zip(arguments[::2], rendered(arguments[1::2]), strict=True):
        cluster, right = expected(Path(config))
        present = {path.name for path in (folder / "rootfs/etc/kubernetes").glob("*.conf")}
        findings.expect(present == set(right), f"{folder}: kubeconfigs {sorted(present)}, expected {sorted(right)}")
        for name in sorted(present & set(right)):
            path = folder / "rootfs/etc/kubernetes" / name
            user, subject, server = right[name]
            shown = kubectl(path, "view", "--minify", "--raw", "-o", "json")
            if not findings.expect(shown.startswith("{"), f"{path}: {shown}"):
                continue
            view = json.loads(shown)
            have = {
                "server": view["clusters"][0]["cluster"]["server"],
                "cluster": view["clusters"][0]["name"],
                "user": view["users"][0]["name"],
                "certificate": common_name(view),
                "context": kubectl(path, "current-context").strip(),
            }
            want = {
                "server": server, "cluster": cluster, "user": user,
                "certificate": subject, "context": f"{user}@{cluster}",
            }
            for key, value in want.items():
                findings.expect(have[key] == value, f"{path}: {key} is {have[key]!r}, should be {value!r}")
    findings.close()


main()
