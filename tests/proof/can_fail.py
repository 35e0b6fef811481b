#!/usr/bin/env python3
"""Breaks copies of a sound render, one thing each, and has the proof whose matter it is notice.

usage: can_fail.py --etcd PROGRAM --etcdctl PROGRAM CONFIG RENDER
A proof that passes on a broken render is a finding here."""

import argparse
import base64
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from findings import Findings, rendered

HERE = Path(__file__).parent
PKI = "rootfs/etc/kubernetes/pki"


def edit(path, pattern, replacement):
    """Replaces the first match in a file; there must be one."""
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, count=1)
    assert changed != text, f"{path}: no {pattern}"
    path.write_text(changed)


def unknown_field(render):
    edit(render / "rootfs/etc/kubernetes/manifests/kube-scheduler.yaml", r"\n  hostNetwork:", "\n  hostNetwrok: true\n  hostNetwork:")


def wrong_type(render):
    edit(render / "objects.yaml", r"\n  replicas: 2\n", '\n  replicas: "2"\n')


def foreign_certificate(render):
    shutil.copy(render / PKI / "front-proxy-client.crt", render / PKI / "apiserver-kubelet-client.crt")


def truncated_key(render):
    key = render / PKI / "etcd/peer.key"
    key.write_text(key.read_text()[:200])


def exchanged_key(render):
    shutil.copy(render / PKI / "etcd/peer.key", render / PKI / "apiserver.key")


def exchanged_account_key(render):
    shutil.copy(render / PKI / "ca.key", render / PKI / "sa.key")


def unknown_certificate(render):
    shutil.copy(render / PKI / "ca.crt", render / PKI / "stray.crt")


def exchanged_embedded_key(render):
    key = base64.b64encode((render / PKI / "apiserver.key").read_bytes()).decode()
    edit(render / "rootfs/etc/kubernetes/admin.conf", "client-key-data: .*", f"client-key-data: {key}")


def wrong_server(render):
    edit(render / "rootfs/etc/kubernetes/kubelet.conf", "server: https://", "server: https://not.")


def wrong_context(render):
    edit(render / "rootfs/etc/kubernetes/scheduler.conf", "current-context: .*", "current-context: other")


def missing_kubeconfig(render):
    (render / "rootfs/etc/kubernetes/controller-manager.conf").unlink()


def no_client_certificates(render):
    manifest = render / "rootfs/etc/kubernetes/manifests/etcd.yaml"
    edit(manifest, "- --client-cert-auth=true\n *", "")
    edit(manifest, "\n *- --trusted-ca-file=.*", "")


def foreign_etcd_client(render):
    for ending in ("crt", "key"):
        shutil.copy(render / PKI / f"front-proxy-client.{ending}", render / PKI / f"apiserver-etcd-client.{ending}")


BREAKS = {
    "schemas.py": [unknown_field, wrong_type],
    "certificates.py": [
        foreign_certificate, truncated_key, exchanged_key, exchanged_account_key, unknown_certificate,
        exchanged_embedded_key,
    ],
    "kubeconfigs.py": [wrong_server, wrong_context, missing_kubeconfig],
    "etcd.py": [no_client_certificates, foreign_etcd_client],
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--etcd", required=True)
    parser.add_argument("--etcdctl", required=True)
    parser.add_argument("config")
    parser.add_argument("render")
    options = parser.parse_args()
    before = {
        "kubeconfigs.py": [options.config],
        "etcd.py": ["--etcd", options.etcd, "--etcdctl", options.etcdctl],
    }
    findings = Findings("proofs that can fail")
    (sound,) = rendered([options.render])
    for proof, breaks in BREAKS.items():
        for broken in breaks:
            with tempfile.TemporaryDirectory() as scratch:
                copy = Path(scratch, "render")
                shutil.copytree(sound, copy)
                broken(copy)
                done = subprocess.run(
                    [sys.executable, HERE / proof, *before.get(proof, []), copy],
                    capture_output=True, text=True, check=False,
                )
                noticed = done.returncode == 1 and " 0 findings" not in done.stdout and not done.stderr
                findings.expect(noticed, f"{proof} and {broken.__name__}: {done.stdout[-300:]}{done.stderr[-300:]}")
    findings.close()


main()
