#!/usr/bin/env python3
"""Has openssl verify every certificate and read every key of renders, those in kubeconfigs included.

usage: certificates.py RENDER...
Needs openssl and PyYAML. Every `.crt`, `.key` and `.pub` below the rootfs must have been looked at: one that no
rule here knows is a finding. A chain must also fail against the CAs that it does not belong to."""

import base64
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from findings import Findings, rendered

# Which CA signs what, and what for. Paths without ending, below the folder of the certificates.
CHAINS = {
    "ca": {"apiserver": ["sslserver"], "apiserver-kubelet-client": ["sslclient"]},
    "front-proxy-ca": {"front-proxy-client": ["sslclient"]},
    "etcd/ca": {
        "etcd/server": ["sslserver", "sslclient"],
        "etcd/peer": ["sslserver", "sslclient"],
        "etcd/healthcheck-client": ["sslclient"],
        "apiserver-etcd-client": ["sslclient"],
    },
}


def openssl(*arguments, given=None):
    """Runs openssl; what it printed, and whether it succeeded."""
    done = subprocess.run(
        ["openssl", *map(str, arguments)], input=given, capture_output=True, check=False
    )
    return done.returncode == 0, done.stdout, done.stderr.decode(errors="replace").strip()


class Checks:
    """The questions put to openssl."""

    def __init__(self, findings):
        self.findings = findings
        self.seen = set()

    def key(self, path):
        """`path` holds a sound private key."""
        good, out, error = openssl("pkey", "-check", "-noout", "-in", path)
        self.findings.expect(
            good and b"Key is valid" in out, f"{path}: openssl cannot use this key: {error}"
        )
        self.seen.add(path)

    def pair(self, certificate, key):
        """The certificate is for the key."""
        _, of_certificate, _ = openssl("x509", "-pubkey", "-noout", "-in", certificate)
        _, of_key, _ = openssl("pkey", "-pubout", "-in", key)
        self.findings.expect(
            of_certificate and of_certificate == of_key, f"{certificate} is not for {key}"
        )

    def chain(self, certificate, ca, purposes):
        """The certificate is good for the purposes below the CA."""
        for purpose in purposes:
            good, _, error = openssl(
                "verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, certificate
            )
            self.findings.expect(good, f"{certificate}: not good as {purpose} below {ca}: {error}")
        self.seen.add(certificate)

    def no_chain(self, certificate, ca):
        """The certificate is not below this CA."""
        good, _, _ = openssl("verify", "-CAfile", ca, certificate)
        self.findings.expect(not good, f"{certificate}: verifies below {ca}, to which it does not belong")

    def folder(self, pki):
        """All chains and keys of a folder of certificates."""
        for ca, leaves in CHAINS.items():
            ca_certificate = pki / f"{ca}.crt"
            if not ca_certificate.exists():
                continue
            self.chain(ca_certificate, ca_certificate, ["any"])
            names = [ca]
            for leaf, purposes in leaves.items():
                certificate = pki / f"{leaf}.crt"
                if certificate.exists():
                    names.append(leaf)
                    self.chain(certificate, ca_certificate, purposes)
                    for other in CHAINS:
                        if other != ca and (pki / f"{other}.crt").exists():
                            self.no_chain(certificate, pki / f"{other}.crt")
            for name in names:
                key = pki / f"{name}.key"
                if key.exists():
                    self.key(key)
                    self.pair(pki / f"{name}.crt", key)
        self.serving(pki / "apiserver.crt", "kubernetes.default.svc")
        self.serving(pki / "etcd/server.crt", "localhost")
        account = pki / "sa.key"
        if account.exists():
            self.key(account)
            _, public, _ = openssl("pkey", "-pubout", "-in", account)
            self.findings.expect(
                public == (pki / "sa.pub").read_bytes(), f"{pki}/sa.pub is not the public part of sa.key"
            )
            self.seen.add(pki / "sa.pub")

    def serving(self, certificate, name):
        """The certificate serves under a name."""
        if certificate.exists():
            _, out, _ = openssl("x509", "-noout", "-checkhost", name, "-in", certificate)
            self.findings.expect(b"does match" in out, f"{certificate} does not serve {name}")

    def kubeconfig(self, path, pki):
        """The CA, certificate and key inside of a kubeconfig."""
        document = yaml.safe_load(path.read_text())
        with tempfile.TemporaryDirectory() as folder:
            inner = Path(folder) / path.name
            inner.mkdir()

            def unpack(name, data):
                target = inner / name
                target.write_bytes(base64.b64decode(data, validate=True))
                return target

            for cluster in document["clusters"]:
                ca = unpack("ca.crt", cluster["cluster"]["certificate-authority-data"])
                self.findings.expect(
                    ca.read_bytes() == (pki / "ca.crt").read_bytes(), f"{path}: holds another CA than {pki}"
                )
            for user in document["users"]:
                if "client-certificate-data" not in user["user"]:
                    continue
                certificate = unpack("client.crt", user["user"]["client-certificate-data"])
                key = unpack("client.key", user["user"]["client-key-data"])
                self.chain(certificate, ca, ["sslclient"])
                self.key(key)
                self.pair(certificate, key)


def main():
    findings = Findings("openssl")
    for folder in rendered(sys.argv[1:]):
        checks = Checks(findings)
        rootfs = folder / "rootfs"
        folders = [path.parent for path in sorted(rootfs.rglob("apiserver.crt"))]
        findings.expect(len(folders) == 1, f"{folder}: {len(folders)} folders with an apiserver.crt")
        for pki in folders:
            checks.folder(pki)
            for path in sorted(rootfs.glob("etc/kubernetes/*.conf")):
                checks.kubeconfig(path, pki)
        for path in sorted(rootfs.rglob("*")):
            if path.suffix in (".crt", ".key", ".pub", ".pem"):
                findings.expect(path in checks.seen, f"{path}: no check here knows this file")
    findings.close()


main()
