#!/usr/bin/env python3
"""Writes kinds.txt and types.txt from a checkout of kubernetes/kubernetes (Apache-2.0).

    derive.py CHECKOUT OUTPUT_FOLDER

Sources: api/discovery (kinds, scopes, short names, subresources), api/openapi-spec/swagger.json
(types with their x-kubernetes-* marks), api/openapi-spec/v3 (defaults of list keys). Only stable
versions are kept: a server serves no other by default. The formats are described in ../kinds.rs
and ../schema/table.rs.
"""
import glob, json, re, sys

root, out = sys.argv[1], sys.argv[2]
definitions = json.load(open(f"{root}/api/openapi-spec/swagger.json"))["definitions"]
PREFIXES = [("io.k8s.apimachinery.pkg.apis.meta.", "meta."), ("io.k8s.apimachinery.pkg.", ""),
            ("io.k8s.apiextensions-apiserver.pkg.apis.", ""), ("io.k8s.kube-aggregator.pkg.apis.", ""), ("io.k8s.api.", "")]


def short(name):
    return next((to + name[len(frm):] for frm, to in PREFIXES if name.startswith(frm)), name)


key_defaults = {}
for path in glob.glob(f"{root}/api/openapi-spec/v3/*.json"):
    for name, schema in json.load(open(path)).get("components", {}).get("schemas", {}).items():
        for field, spec in schema.get("properties", {}).items():
            if isinstance(spec.get("default"), str) and spec["default"]:
                key_defaults[name, field] = spec["default"]
keys_of_items = {}
for name, schema in definitions.items():
    for spec in schema.get("properties", {}).values():
        ref = spec.get("items", {}).get("$ref", "").removeprefix("#/definitions/")
        keys_of_items.setdefault(ref, set()).update(spec.get("x-kubernetes-list-map-keys", []))

NAMED = {"api.resource.Quantity": "q", "util.intstr.IntOrString": "x", "meta.v1.Time": "t", "meta.v1.MicroTime": "t"}
reached, todo = set(), []


def code(spec):
    ref = spec.get("$ref", "").removeprefix("#/definitions/")
    if ref:
        name = short(ref)
        if name in NAMED:
            return NAMED[name]
        if "properties" not in definitions[ref]:
            return "?"
        if ref not in reached:
            reached.add(ref)
            todo.append(ref)
        return "@" + name
    kind = spec.get("type")
    if kind == "array":
        listed = spec.get("x-kubernetes-list-type", "atomic")
        mode = {"atomic": "a", "set": "s", "map": "m"}[listed]
        keys = "(" + ",".join(spec["x-kubernetes-list-map-keys"]) + ")" if mode == "m" else ""
        return "[" + mode + keys + code(spec["items"])
    if kind == "object":
        if "additionalProperties" not in spec:
            return "?"
        return ("{a" if spec.get("x-kubernetes-map-type") == "atomic" else "{g") + code(spec["additionalProperties"])
    if kind == "string":
        return {"byte": "y", "date-time": "t", "int-or-string": "x"}.get(spec.get("format"), "s")
    return {"integer": "i" if spec.get("format") == "int32" else "l", "boolean": "b", "number": "n"}.get(kind, "?")


def field(owner, name, spec):
    text = f"{name}:{code(spec)}"
    strategy = spec.get("x-kubernetes-patch-strategy", "").split(",")
    marks = ("m" if "merge" in strategy else "") + ("r" if "retainKeys" in strategy else "") + ("o" if "replace" in strategy else "")
    key = spec.get("x-kubernetes-patch-merge-key")
    if marks:
        text += "~" + marks + (f"({key})" if key else "")
    if name in keys_of_items.get(owner, ()) and (owner, name) in key_defaults:
        text += "=" + key_defaults[owner, name]
    return text


by_gvk = {}
for name, schema in definitions.items():
    for gvk in schema.get("x-kubernetes-group-version-kind", []):
        by_gvk.setdefault((gvk["group"], gvk["version"], gvk["kind"]), name)

ALL = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
kinds = []
for path in sorted(glob.glob(f"{root}/api/discovery/api*__v*.json")):
    doc = json.load(open(path))
    group, _, version = doc["groupVersion"].rpartition("/")
    if not re.fullmatch(r"v\d+", version):
        continue
    for res in doc["resources"]:
        if "/" in res["name"]:
            continue
        subs = sorted(r["name"].split("/", 1)[1] for r in doc["resources"] if r["name"].startswith(res["name"] + "/"))
        definition = by_gvk[group, version, res["kind"]]
        reached.add(definition)
        todo.append(definition)
        joined = lambda items: ",".join(items) or "-"
        verbs = "*" if sorted(res["verbs"]) == ALL else joined(sorted(res["verbs"]))
        kinds.append(" ".join([group or "-", version, res["kind"], res["name"], res["singularName"],
                               "namespaced" if res["namespaced"] else "cluster", joined(res.get("shortNames", [])),
                               joined(subs), joined(res.get("categories", [])), verbs, short(definition)]))
for extra in ["io.k8s.api.autoscaling.v1.Scale", "io.k8s.api.policy.v1.Eviction", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]:
    if extra not in reached:
        reached.add(extra)
        todo.append(extra)

lines = []
while todo:
    name = todo.pop()
    schema = definitions[name]
    mark = "!" if schema.get("x-kubernetes-map-type") == "atomic" else ""
    fields = [field(name, f, s) for f, s in sorted(schema.get("properties", {}).items())]
    lines.append(" ".join([short(name) + mark] + fields))
head = "# Made by derive.py from the Kubernetes {} API definitions (Apache-2.0). Do not edit.\n"
version = re.search(r"v(\d+\.\d+)\.", open(sorted(glob.glob(f"{root}/CHANGELOG/CHANGELOG-1.*.md"), key=lambda p: int(re.search(r"1\.(\d+)", p)[1]))[-1]).read())[1]
open(f"{out}/kinds.txt", "w").write(head.format(version) + "\n".join(sorted(kinds)) + "\n")
open(f"{out}/types.txt", "w").write(head.format(version) + "\n".join(sorted(lines, key=lambda l: l.split(" ")[0].rstrip("!"))) + "\n")
