#!/usr/bin/env python3
"""Validates every kube object and static Pod of renders against the JSON schemas of Kubernetes, strictly.

usage: schemas.py RENDER...
Needs kubernetes-validate (PyPI) and PyYAML. Strictly: a field that the schema does not know is a finding."""

import sys

import kubernetes_validate
import yaml

from findings import Findings, rendered

VERSION = "1.36"


def documents(folder):
    """Every object of a render with where it stands."""
    objects = folder / "objects.yaml"
    if objects.exists():
        for number, document in enumerate(yaml.safe_load_all(objects.read_text()), start=1):
            if document:
                yield f"{objects} document {number}", document
    for manifests in sorted(folder.glob("rootfs/**/manifests")):
        for path in sorted(manifests.iterdir()):
            # JSON is YAML, too.
            yield str(path), yaml.safe_load(path.read_text())


def main():
    findings = Findings(f"schemas of Kubernetes {VERSION}")
    for folder in rendered(sys.argv[1:]):
        for where, document in documents(folder):
            kind, name = document.get("kind"), document.get("metadata", {}).get("name")
            try:
                kubernetes_validate.validate(document, VERSION, strict=True)
                findings.expect(True, "")
            except kubernetes_validate.ValidationError as error:
                path = ".".join(str(part) for part in error.path)
                findings.expect(False, f"{where} ({kind} {name}): {path}: {error.message}")
            except kubernetes_validate.SchemaNotFoundError as error:
                findings.expect(False, f"{where} ({kind} {name}): {error}")
    findings.close()


main()
