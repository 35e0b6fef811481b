#!/usr/bin/env python3
"""Starts etcd as the rendered manifest says, with the rendered certificates, and asks it as different clients.

usage: etcd.py --etcd PROGRAM --etcdctl PROGRAM RENDER...
Only the addresses are others: loopback ports that are free. Flags of the manifest that an older etcd lacks are left
out, and named; any other is an error of the program that fails the check. A client with `apiserver-etcd-client`
must be served; one without certificate and one with a certificate of another CA must be refused, by TLS."""

import argparse
import contextlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from findings import Findings, rendered

# In etcd since 3.5 or 3.6.
NOT_IN_ETCD_3_4 = ("--feature-gates", "--watch-progress-notify-interval")


def free_ports(count):
    """Ports of the loopback device that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def command(program, folder, data, ports):
    """The manifest's command for this place, and the flags left out."""
    manifest = yaml.safe_load((folder / "rootfs/etc/kubernetes/manifests/etcd.yaml").read_text())
    arguments = manifest["spec"]["containers"][0]["command"]
    client, peer, metrics = ports
    elsewhere = {
        "--advertise-client-urls": f"https://127.0.0.1:{client}",
        "--listen-client-urls": f"https://127.0.0.1:{client}",
        "--initial-advertise-peer-urls": f"https://127.0.0.1:{peer}",
        "--listen-peer-urls": f"https://127.0.0.1:{peer}",
        "--listen-metrics-urls": f"http://127.0.0.1:{metrics}",
        "--data-dir": str(data),
    }
    run, left_out = [program], []
    for argument in arguments[1:]:
        name, _, value = argument.partition("=")
        if name in NOT_IN_ETCD_3_4:
            left_out.append(name)
            continue
        if name == "--initial-cluster":
            value = f"{value.partition('=')[0]}=https://127.0.0.1:{peer}"
        elif name in elsewhere:
            value = elsewhere[name]
        elif value.startswith("/"):
            value = f"{folder.resolve()}/rootfs{value}"
        run.append(f"{name}={value}")
    return run, left_out


def wait_for(server, log, port):
    """Waits until etcd listens; fails where it ends or does not within 30 seconds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if server.poll() is not None:
            sys.exit(f"etcd ended with {server.returncode}:\n{log.read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    sys.exit(f"etcd does not listen:\n{log.read_text()[-2000:]}")


def refused(port, ca, pair):
    """Whether TLS refuses this client; what it said."""
    context = ssl.create_default_context(cafile=str(ca))
    if pair:
        context.load_cert_chain(*map(str, pair))
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as session:
                session.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = session.recv(4096)
                return False, answer.decode(errors="replace").partition("\r\n")[0]
    except ssl.SSLError as error:
        return True, str(error)


def ask(findings, options, folder, port):
    """The clients, one by one."""
    pki = folder / "rootfs/etc/kubernetes/pki"
    ca = pki / "etcd/ca.crt"

    def etcdctl(*arguments):
        return subprocess.run(
            [
                options.etcdctl, f"--endpoints=https://127.0.0.1:{port}", f"--cacert={ca}",
                f"--cert={pki}/apiserver-etcd-client.crt", f"--key={pki}/apiserver-etcd-client.key",
                *arguments,
            ],
            capture_output=True, text=True, timeout=30, check=False, env={"ETCDCTL_API": "3"},
        )

    written = etcdctl("put", "/registry/proof", "served")
    findings.expect(written.returncode == 0, f"{folder}: apiserver-etcd-client cannot write: {written.stderr}")
    read = etcdctl("get", "/registry/proof", "--print-value-only")
    findings.expect(read.stdout.strip() == "served", f"{folder}: apiserver-etcd-client reads {read.stdout!r}: {read.stderr}")
    clients = {
        "without certificate": (None, True),
        "with front-proxy-client": ((pki / "front-proxy-client.crt", pki / "front-proxy-client.key"), True),
        "with etcd/healthcheck-client": ((pki / "etcd/healthcheck-client.crt", pki / "etcd/healthcheck-client.key"), False),
    }
    for who, (pair, expected) in clients.items():
        is_refused, said = refused(port, ca, pair)
        print(f"  client {who}: {said}")
        findings.expect(is_refused == expected, f"{folder}: client {who} refused: {is_refused}, should be {expected}: {said}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--etcd", required=True)
    parser.add_argument("--etcdctl", required=True)
    parser.add_argument("renders", nargs="+")
    options = parser.parse_args()
    findings = Findings("etcd")
    for folder in rendered(options.renders):
        with tempfile.TemporaryDirectory() as scratch:
            log, ports = Path(scratch, "log"), free_ports(3)
            run, left_out = command(options.etcd, folder, Path(scratch, "data"), ports)
            print(f"{folder.name}: etcd of the manifest, without {' '.join(left_out) or 'nothing'}")
            with log.open("w") as output:
                server = subprocess.Popen(run, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
            try:
                wait_for(server, log, ports[0])
                ask(findings, options, folder, ports[0])
            finally:
                server.terminate()
                server.wait(timeout=30)
    findings.close()


main()
