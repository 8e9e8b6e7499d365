"""Bad input: every mistake on one whole line, all of them in one run, never a traceback, never a secret."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcwan import stack
from mcwan.model import Fabric, Mistake, MistakesError, load
from tests.fabrics import GONE, Raw, changed, described, exported, fabrics, lines, prefix, put, rule, ruled

DNS = "a DNS label: lower-case letters, digits and '-', beginning and ending with a letter or digit"
DOMAIN = "a DNS name: lower-case DNS labels with dots between them, east.example.org, say"
CHARACTERS = (
    "not a path that Gateway API takes; allowed: '/', then letters, digits and -._~!$&'()*+,;=:@%, no empty or dot "
    "elements, no encoded '/', no '#'; write the path as it is requested, without query and fragment"
)
KEY = (
    "a label's key: letters, digits, '-', '_' and '.', at most 63, a letter or digit first and last; before it, if "
    "need be, a DNS name and '/'"
)
INSIDE = (
    "allowed: an address inside the SD-WAN, not reachable from the Internet; write the private address of the ingress "
    "gateway"
)
TWICE = "allowed: one entry for a name; list all its clusters in one entry's from, or export it under another name"
SLA = {"jitterMs": 0, "latencyMs": 0, "lossPercent": 0}
REGEX = "RegularExpression"


def does_not_compile(why: str) -> str:
    return (
        f"a regular expression that does not compile ({why}); allowed: RE2 syntax; correct it; RE2 has no look-around "
        "and no references back"
    )


def policies(count: int) -> Raw:
    return {f"p{i}": {"tunnel": "t", "port": 30000 + i, "sla": SLA} for i in range(count)}


def by_turns(count: int) -> Raw:
    return ruled(*(rule(f"r{i}", ("high", "low")[i % 2], prefix(f"/{i}")) for i in range(count)))


# Places are those of `tests.fabrics.put`. The example has two exports, so that one more is exports[2].
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    # what stands in the place of something else
    "no WAN policies": (
        {"wanPolicies": GONE},
        [
            "wanPolicies: nothing is described; allowed: a mapping of 1 to 64 names; describe them under "
            "mcwan:wanPolicies"
        ],
    ),
    "no clusters": (
        {"clusters": GONE, "exports/1/port": 0},
        [
            "clusters: nothing is described; allowed: a mapping of 1 to 50 names; describe them under mcwan:clusters",
            "exports[1].port: 0: not allowed; allowed: 1 to 65535; write port so",
        ],
    ),
    "keys that are no texts": (
        {
            "wanPolicies": {None: {}, ("a",): {}, **described()["wanPolicies"]},
            "clusters/cluster-1/ingress": {date(2026, 1, 1): 1, "addresses": ["198.51.100.11"]},
            "clusters/cluster-1/gateway": {7: True},
        },
        [
            "clusters.cluster-1.gateway[7]: 7: a key that is no text; allowed: a text; write it in quotes",
            "clusters.cluster-1.ingress: a date: a key that is no text; allowed: a text; write it in quotes",
            "wanPolicies: a list: a key that is no text; allowed: a text; write a name in its place",
            "wanPolicies: null: a key that is no text; allowed: a text; write a name in its place",
        ],
    ),
    "no key but one that is no text": (
        {"wanPolicies": {None: {}}},
        ["wanPolicies: null: a key that is no text; allowed: a text; write a name in its place"],
    ),
    "names with control characters": (
        {"wanPolicies": {"\x1b[31mred\a": 5, **described()["wanPolicies"]}, "exports/1/wanPolicy": "nope"},
        [
            f"wanPolicies['\\x1b[31mred\\x07']: '\\x1b[31mred\\x07': not allowed; allowed: {DNS}; write it so",
            "wanPolicies['\\x1b[31mred\\x07']: 5: not allowed; allowed: a mapping; write its keys: tunnel, port, dscp, "
            "sla, failover, tls, traffic",
            "exports[1].wanPolicy: 'nope': no such WAN policy; allowed: \\x1b[31mred\\x07, high, low; write one of "
            "them, or add mcwan:wanPolicies.nope",
        ],
    ),
    "what patterns mean": (
        {
            "wanPolicies/high/traffic": {"timeouts": {"request": "5 minutes"}},
            "clusters/cluster-1/mesh": {"trustDomain": "East", "aliases": ["-"]},
            "exports/0/rules/0/matches/0/queryParams": [{"name": "ü", "value": "x"}],
        },
        [
            f"clusters.cluster-1.mesh.aliases[0]: '-': not allowed; allowed: {DOMAIN}; write aliases so",
            f"clusters.cluster-1.mesh.trustDomain: 'East': not allowed; allowed: {DOMAIN}; write trustDomain so",
            "wanPolicies.high.traffic.timeouts.request: '5 minutes': not allowed; allowed: a duration: 500ms, 15s, "
            "1m30s, 1h; write request so",
            "exports[0].rules[0].matches[0].queryParams[0].name: 'ü': not allowed; allowed: letters, digits and "
            "!#$%&'*+-.^_`|~, as in an HTTP header's name (RFC 9110 token); write name so",
        ],
    ),
    "dates that are meant as texts": (
        {"labels": {"since": date(2026, 1, 1)}, "wanPolicies/high/tunnel": date(2026, 1, 1)},
        [
            "wanPolicies.high.tunnel: a date: not allowed; allowed: a text; write it in quotes",
            "labels.since: a date: not allowed; allowed: a text; write it in quotes",
        ],
    ),
    # the SD-WAN's side
    "a DSCP twice, by name and by number": (
        {"wanPolicies/high/dscp": "EF", "wanPolicies/low/dscp": 46},
        [
            "wanPolicies.low.dscp: 46: already the DSCP of policy high; allowed: one of its own, 0 to 63 or a class's "
            "name, or none; give one of high and low another DSCP"
        ],
    ),
    "no DSCP": (
        {"wanPolicies/high/dscp": "AF44", "wanPolicies/low/dscp": 64},
        [
            "wanPolicies.high.dscp: 'AF44': no class of DSCP; allowed: 0 to 63, EF, AF11 to AF43, CS0 to CS7; write "
            "one of them",
            "wanPolicies.low.dscp: 64: not allowed; allowed: 0 to 63; write dscp so",
        ],
    ),
    "a tunnel of the SD-WAN that nothing uses": (
        {"sdwan/tunnels/busines": {}, "sdwan/sites": {"cluster-1": {"ways": {"defualt": {"interface": "wan0"}}}}},
        [
            "sdwan.sites.cluster-1.ways.defualt: 'defualt': no WAN policy's tunnel, and no fallback; allowed: "
            "business, default; did you mean 'default'?",
            "sdwan.tunnels.busines: 'busines': no WAN policy's tunnel, and no fallback; allowed: business, default; "
            "did you mean 'business'?",
        ],
    ),
    "a fallback that is none": (
        {"sdwan/tunnels/business/fallback": "defalt", "sdwan/tunnels/default/fallback": "default"},
        [
            "sdwan.tunnels.business.fallback: 'defalt': no such tunnel; allowed: default, none; did you mean "
            "'default'?",
            "sdwan.tunnels.default.fallback: 'default': a tunnel cannot stand in for itself; allowed: business, none; "
            "write one of them",
        ],
    ),
    "a site that is no cluster": (
        {"sdwan/sites": {"cluster-9": {}, 7: {}}},
        [
            "sdwan.sites[7]: 7: not allowed; allowed: a text; write it in quotes",
            "sdwan.sites.cluster-9: 'cluster-9': no such cluster; allowed: cluster-1, cluster-2; write one of them, or "
            "add mcwan:clusters.cluster-9",
        ],
    ),
    "a way to no other cluster, and by no interface": (
        {
            "sdwan/sites": {
                "claster-2": {},
                "cluster-1": {
                    "ways": {
                        "business": {"to": {"cluster-1": {"gateways": ["192.0.2.1"]}}},
                        "default": {"interface": "wan0", "gateways": ["192.0.2.1", "192.0.2.2"]},
                    }
                },
            }
        },
        [
            "sdwan.sites.claster-2: 'claster-2': no such cluster; allowed: cluster-1, cluster-2; did you mean "
            "'cluster-2'?",
            "sdwan.sites.cluster-1.ways.business.to.cluster-1: 'cluster-1': no such cluster; allowed: cluster-2; did "
            "you mean 'cluster-2'?",
            "sdwan.sites.cluster-1.ways.business.to.cluster-1.interface: not written, but needed; write interface",
            "sdwan.sites.cluster-1.ways.default.gateways: 192.0.2.1, 192.0.2.2: two of one version of IP; allowed: one "
            "IPv4 and one IPv6 address at most; remove one of them",
        ],
    ),
    "marks, colours and ids twice": (
        {
            "sdwan/tunnels": {"business": {"mark": 1, "color": "lte"}, "default": {"mark": 1, "color": "lte"}},
            "sdwan/sites": {"cluster-1": {"siteId": 5}, "cluster-2": {"siteId": 5}},
        },
        [
            "sdwan.sites.cluster-2.siteId: 5: already the siteId of cluster-1; allowed: one of its own; give one of "
            "cluster-1 and cluster-2 another one",
            "sdwan.tunnels.default.color: 'lte': already the color of business; allowed: one of its own; give one of "
            "business and default another one",
            "sdwan.tunnels.default.mark: 1: already the mark of business; allowed: one of its own; give one of "
            "business and default another one",
        ],
    ),
    "unknown keys and bounds below names": (
        {"sdwan/tunnels/business": {"colour": "lte", "mark": 0}, "sdwan/sites/cluster-1": {"lan": ["eth 0"]}},
        [
            "sdwan.sites.cluster-1.lan[0]: 'eth 0': not allowed; allowed: a Linux interface: letters, digits, '-', "
            "'_', '.' and '@', a letter or digit first; write lan so",
            "sdwan.tunnels.business.colour: unknown key; allowed: color, fallback, mark; did you mean 'color'?",
            "sdwan.tunnels.business.mark: 0: not allowed; allowed: 1 to 100; write mark so",
        ],
    ),
    # unknown key
    "unknown key at the top": (
        {"extra": 1},
        [
            "extra: unknown key; allowed: clusters, exports, facts, imports, labels, manage, sdwan, telemetry, tls, "
            "wanPolicies; remove it"
        ],
    ),
    "unknown key at the top, nearly right": (
        {"wanPolices": {}},
        [
            "wanPolices: unknown key; allowed: clusters, exports, facts, imports, labels, manage, sdwan, telemetry, "
            "tls, wanPolicies; did you mean 'wanPolicies'?"
        ],
    ),
    "unknown key in a cluster": (
        {"clusters/cluster-1/name": "x"},
        [
            "clusters.cluster-1.name: unknown key; allowed: context, facts, gateway, ingress, kubeconfig, "
            "kubeconfigPath, mcsApi, mesh, namespaces, renderTo, sources, tls; remove it"
        ],
    ),
    "unknown key in an SLA": (
        {"wanPolicies/high/sla/jitter": 1},
        [
            "wanPolicies.high.sla.jitter: unknown key; allowed: jitterMs, latencyMs, lossPercent; "
            "did you mean 'jitterMs'?"
        ],
    ),
    "unknown key deep in a rule": (
        {"exports/0/rules/0/matches/0/path/typ": "Exact"},
        ["exports[0].rules[0].matches[0].path.typ: unknown key; allowed: type, value; did you mean 'type'?"],
    ),
    "unknown key in manage": (
        {"manage": {"crd": False}},
        ["manage.crd: unknown key; allowed: namespace, wanPolicyCrd, wanPolicyGuard, wanPolicyWriters; remove it"],
    ),
    "an export's key of Python": (
        {"exports/1/from_": ["cluster-1"]},
        [
            "exports[1].from_: unknown key; allowed: callers, exportedAnnotations, exportedLabels, failover, from, "
            "name, port, ports, rules, scope, service, traffic, wanPolicy; "
            "did you mean 'from'?"
        ],
    ),
    # unknown policy or cluster
    "unknown policy of a rule": (
        {"exports/0/rules/0/wanPolicy": "hgih"},
        ["exports[0].rules[0].wanPolicy: 'hgih': no such WAN policy; allowed: high, low; did you mean 'high'?"],
    ),
    "unknown policy of an export": (
        {"exports/1/wanPolicy": "gold"},
        [
            "exports[1].wanPolicy: 'gold': no such WAN policy; allowed: high, low; write one of them, "
            "or add mcwan:wanPolicies.gold"
        ],
    ),
    "unknown cluster among others": (
        {"exports/0/from/-": {"cluster": "cluster-9"}},
        [
            "exports[0].from[1].cluster: 'cluster-9': no such cluster; allowed: cluster-1, cluster-2; "
            "write one of them, or add mcwan:clusters.cluster-9"
        ],
    ),
    "unknown cluster of an import": (
        {"imports": [{"service": "logging.insecure", "clusters": ["edge"]}]},
        [
            "imports[0].clusters[0]: 'edge': no such cluster; allowed: cluster-1, cluster-2; write one of them, "
            "or add mcwan:clusters.edge"
        ],
    ),
    # ports
    **{
        f"WAN port {port!r}": (
            {"wanPolicies/high/port": port},
            [f"wanPolicies.high.port: {port}: not allowed; allowed: 1 to 65535; write port so"],
        )
        for port in (0, -1, 65536)
    },
    **{
        f"WAN port {port!r}": (
            {"wanPolicies/high/port": port},
            [f"wanPolicies.high.port: {shown}: not allowed; allowed: a whole number; write port so"],
        )
        for port, shown in (("80", "'80'"), (80.5, "80.5"), (True, "true"), (None, "null"))
    },
    "service port outside": (
        {"exports/1/port": 70000},
        ["exports[1].port: 70000: not allowed; allowed: 1 to 65535; write port so"],
    ),
    "service port outside, of several": (
        {"exports/-": exported(port=GONE, ports=[{"name": "a", "port": 0}])},
        ["exports[2].ports[0].port: 0: not allowed; allowed: 1 to 65535; write port so"],
    ),
    "WAN port used twice": (
        {"wanPolicies/low/port": 31111},
        [
            "wanPolicies.low.port: 31111: already the WAN port of policy high; allowed: a port of its own, 1 to 65535; "
            "give one of high and low another port"
        ],
    ),
    "WAN policy called as the word for no failover": (
        {"wanPolicies/none": {"tunnel": "t", "port": 31113, "sla": SLA}, "wanPolicies/high/failover": "none"},
        ["wanPolicies.none: 'none': the word for no failover; allowed: any other name; call the policy otherwise"],
    ),
    "service port used twice": (
        {
            "exports/-": exported(
                port=GONE, ports=[{"name": "a", "port": 80}, {"name": "b", "port": 80}, {"name": "a", "port": 81}]
            )
        },
        [
            "exports[2].ports[1].port: 80: written twice; allowed: each name and number once; "
            "remove or correct one of them",
            "exports[2].ports[2].name: 'a': written twice; allowed: each name and number once; "
            "remove or correct one of them",
        ],
    ),
    "port outside the node ports": (
        {"wanPolicies/low/port": 8080, "clusters/cluster-1/ingress/exposure": "NodePort"},
        [
            "wanPolicies.low.port: 8080: outside the node port range, but the ingress gateway of cluster-1 is a "
            "NodePort; allowed: 30000 to 32767; choose a port in the range, or another exposure for those gateways"
        ],
    ),
    "first port after the node ports": (
        {"wanPolicies/low/port": 32768, "clusters/cluster-2/ingress/exposure": "NodePort"},
        [
            "wanPolicies.low.port: 32768: outside the node port range, but the ingress gateway of cluster-2 is a "
            "NodePort; allowed: 30000 to 32767; choose a port in the range, or another exposure for those gateways"
        ],
    ),
    "no port": (
        {"exports/1/port": GONE},
        [
            "exports[1].port: neither is written; allowed: port for one, ports for several; "
            "write the port of logging.insecure"
        ],
    ),
    "port and ports": (
        {"exports/1/ports": [{"name": "http", "port": 80}]},
        ["exports[1].port: both are written; allowed: port for one, ports for several; remove one of them"],
    ),
    # SLA
    "SLA below zero, loss above 100": (
        {"wanPolicies/low/sla": {"jitterMs": -1, "latencyMs": -2, "lossPercent": 100.5}},
        [
            "wanPolicies.low.sla.jitterMs: -1: not allowed; allowed: 0 to 3600000; write jitterMs so",
            "wanPolicies.low.sla.latencyMs: -2: not allowed; allowed: 0 to 3600000; write latencyMs so",
            "wanPolicies.low.sla.lossPercent: 100.5: not allowed; allowed: 0 to 100; write lossPercent so",
        ],
    ),
    "loss below zero": (
        {"wanPolicies/low/sla/lossPercent": -0.1},
        ["wanPolicies.low.sla.lossPercent: -0.1: not allowed; allowed: 0 to 100; write lossPercent so"],
    ),
    "loss not a number": (
        {"wanPolicies/low/sla/lossPercent": float("nan")},
        ["wanPolicies.low.sla.lossPercent: nan: not allowed; allowed: a number; write lossPercent so"],
    ),
    "part of a millisecond": (
        {"wanPolicies/low/sla/jitterMs": 1.5},
        ["wanPolicies.low.sla.jitterMs: 1.5: not allowed; allowed: a whole number; write jitterMs so"],
    ),
    "no SLA": (
        {"wanPolicies/low/sla": GONE},
        ["wanPolicies.low.sla: not written, but needed; write sla"],
    ),
    # names
    "policy's name": (
        {"wanPolicies/Gold!": {"tunnel": "x", "port": 1, "sla": SLA}},
        [f"wanPolicies['Gold!']: 'Gold!': not allowed; allowed: {DNS}; write it so"],
    ),
    "cluster's name": (
        {"clusters/Cluster_3": {"renderTo": "x"}},
        [f"clusters.Cluster_3: 'Cluster_3': not allowed; allowed: {DNS}; write it so"],
    ),
    "cluster's name too long": (
        {f"clusters/{'c' * 51}": {"renderTo": "x"}},
        [f"clusters.{'c' * 51}: '{'c' * 51}': not allowed; allowed: at most 50 characters; write it so"],
    ),
    "a collector without its namespace": (
        {"telemetry": {"otlp": {"service": "collector"}}},
        [
            "telemetry.otlp.service: 'collector': not allowed; allowed: a service as name.namespace, each a DNS label, "
            "the name of at most 52 characters, a letter first; write service so"
        ],
    ),
    "service without namespace": (
        {"exports/-": exported(service="cart")},
        [
            "exports[2].service: 'cart': not allowed; allowed: a service as name.namespace, each a DNS label, "
            "the name of at most 52 characters, a letter first; write service so"
        ],
    ),
    "service that is no name": (
        {"exports/-": exported(service="Cart.secure")},
        [
            "exports[2].service: 'Cart.secure': not allowed; allowed: a service as name.namespace, each a DNS label, "
            "the name of at most 52 characters, a letter first; write service so"
        ],
    ),
    "exported name": (
        {"exports/-": exported(name="-cart")},
        [
            "exports[2].name: '-cart': not allowed; allowed: a Service's name: lower-case letters, digits and '-', "
            "beginning with a letter; write name so"
        ],
    ),
    "rule's name": (
        {"exports/0/rules/0/name": "a b"},
        [f"exports[0].rules[0].name: 'a b': not allowed; allowed: {DNS}; write name so"],
    ),
    "namespace's name": (
        {"clusters/cluster-1/namespaces/-": "No_NS"},
        [f"clusters.cluster-1.namespaces[2]: 'No_NS': not allowed; allowed: {DNS}; write namespaces so"],
    ),
    "tunnel's name": (
        {"wanPolicies/high/tunnel": "Business"},
        [f"wanPolicies.high.tunnel: 'Business': not allowed; allowed: {DNS}; write tunnel so"],
    ),
    "rule's name twice": (
        {"exports/0/rules/1/name": "queries"},
        ["exports[0].rules[1].name: 'queries': the name of another rule; allowed: each name once; rename one"],
    ),
    # the same export twice on a cluster
    "same export twice": (
        {"exports/-": exported(service="logging.insecure")},
        [f"exports[2].service: 'logging.insecure': already exported by exports[1]; {TWICE}"],
    ),
    "same exported name twice": (
        {"exports/-": exported(name="payment")},
        [f"exports[2].name: 'payment.secure': already exported by exports[0]; {TWICE}"],
    ),
    "cluster offers it twice": (
        {"exports/0/from/-": "cluster-1"},
        ["exports[0].from[1]: 'cluster-1': written twice; allowed: each cluster once; remove one of them"],
    ),
    "host name of another": (
        {"exports/-": exported(name="payment-clusterset")},
        [
            "exports[2].name: 'payment-clusterset.secure': what is made for imports has -clusterset in its name; "
            "allowed: exported names without it; export it under another name"
        ],
    ),
    # a rule that an earlier one makes unreachable
    "rule after one that takes everything": (
        {"exports/-": ruled(rule("all", "low"), rule("q", "high", prefix("/q")))},
        [
            "exports[2].rules[1].matches[0]: {PathPrefix /q}: never reached: rule all comes first and takes all of "
            "its requests; put rule q before it, or remove this match"
        ],
    ),
    "two rules that take everything": (
        {"exports/-": ruled(rule("all", "low"), rule("rest", "high"))},
        [
            "exports[2].rules[1]: {PathPrefix /}: never reached: rule all comes first and takes all of its requests; "
            "put rule rest before it, or remove this match"
        ],
    ),
    "one match of a rule": (
        {
            "exports/-": ruled(
                rule("q", "high", prefix("/q")),
                rule("x", "low", prefix("/r"), {"path": {"type": "Exact", "value": "/q/x"}}),
            )
        },
        [
            "exports[2].rules[1].matches[1]: {Exact /q/x}: never reached: rule q comes first and takes all of its "
            "requests; put rule x before it, or remove this match"
        ],
    ),
    "a rule that Gateway API would try later": (
        {"exports/-": ruled(rule("get", "high", {"method": "GET"}), rule("deep", "low", prefix("/deep")))},
        [
            "exports[2].rules[0].matches[0]: {GET, PathPrefix /}: rule get comes first, but for requests that rule "
            "deep ({PathPrefix /deep}) matches too, Gateway API prefers the latter, as the more specific; add the "
            "match {GET, PathPrefix /deep} to rule get, or put rule deep first"
        ],
    ),
    # a regular expression that does not compile
    **{
        f"regular expression {value}": (
            {"exports/-": ruled(rule("q", "high", {"path": {"type": REGEX, "value": value}}))},
            [f"exports[2].rules[0].matches[0].path.value: {value!r}: {does_not_compile(why)}"],
        )
        for value, why in (
            ("/a(", "unclosed group"),
            ("/a(?=b)", "look-around, including look-ahead and look-behind, is not supported"),
            (r"/(a)\1", "backreferences are not supported"),
        )
    },
    "regular expressions of header and parameter": (
        {
            "exports/-": ruled(
                rule(
                    "q",
                    "high",
                    prefix(
                        "/",
                        headers=[{"type": REGEX, "name": "a", "value": "["}],
                        queryParams=[{"type": REGEX, "name": "q", "value": "*"}],
                    ),
                )
            )
        },
        [
            f"exports[2].rules[0].matches[0].headers[0].value: '[': {does_not_compile('unclosed character class')}",
            "exports[2].rules[0].matches[0].queryParams[0].value: '*': "
            f"{does_not_compile('repetition operator missing expression')}",
        ],
    ),
    "regular expression of a client": (
        {
            "imports": [
                {
                    "service": "logging.insecure",
                    "rules": [rule("a", None, {"path": {"type": REGEX, "value": "/("}}), rule("rest", None)],
                }
            ]
        },
        [f"imports[0].rules[0].matches[0].path.value: '/(': {does_not_compile('unclosed group')}"],
    ),
    # matches that Gateway API does not take
    **{
        f"path {value}": (
            {"exports/-": ruled(rule("q", "high", prefix(value)))},
            [f"exports[2].rules[0].matches[0].path.value: {value!r}: {CHARACTERS}"],
        )
        for value in ("a", "/a//b", "/a/../b", "/a/.", "/a%2Fb", "/a b", "/a?x=1", "/a#b", "/%zz")
    },
    **{
        f"header twice: {case}": (
            {"exports/-": ruled(rule("q", "high", match))},
            [
                f"exports[2].rules[0].matches[0].headers: {name}: matched twice, of which Gateway API takes only the "
                "first; allowed: each header once, case aside, the cookie's among them; join both into one regular "
                "expression, or make two rules"
            ],
        )
        for case, name, match in (
            ("case aside", "a", {"headers": [{"name": "A", "value": "1"}, {"name": "a", "value": "2"}]}),
            (
                "the cookie's",
                "cookie",
                {"headers": [{"name": "Cookie", "value": "1"}], "cookie": {"name": "a", "value": "b"}},
            ),
        )
    },
    "parameter twice": (
        {"exports/-": ruled(rule("q", "high", {"queryParams": [{"name": "A", "value": v} for v in "12"]}))},
        [
            "exports[2].rules[0].matches[0].queryParams[1].name: 'A': matched twice; allowed: each parameter once; "
            "remove one of them"
        ],
    ),
    # direct
    "rules on direct: the export's": (
        {"imports": [{"service": "payment.secure", "path": "direct"}]},
        [
            "imports[0].path: 'direct': payment.secure has rules, which only an egress gateway can follow; allowed: "
            "gateway; choose path gateway"
        ],
    ),
    "rules on direct: the import's": (
        {"imports": [{"service": "logging.insecure", "path": "direct", "rules": [rule("a", None)]}]},
        [
            "imports[0].path: 'direct': the import has rules, which only an egress gateway can follow; allowed: "
            "gateway; choose path gateway"
        ],
    ),
    "ports and weights on direct": (
        {
            "exports/-": exported(
                port=GONE,
                ports=[{"name": "a", "port": 80}, {"name": "b", "port": 81}],
                from_=[{"cluster": "cluster-1", "weight": 2}, "cluster-2"],
            ),
            "imports": [{"service": "cart.secure", "path": "direct"}],
        },
        [
            "imports[0].path: 'direct': cart.secure has several ports, and a WAN port stands for one; allowed: "
            "gateway; choose path gateway",
            "imports[0].path: 'direct': cart.secure is offered with different weights, which only an egress gateway "
            "follows; allowed: gateway; choose path gateway, or give its clusters the same weight",
        ],
    ),
    # more than Gateway API allows
    "65 WAN policies": (
        {"wanPolicies": policies(65), "exports": []},
        ["wanPolicies: 65: too many; allowed: 1 to 64; split the fabric"],
    ),
    "65 egress listeners": (
        {
            "clusters/cluster-2/namespaces": [],
            "exports": [exported(port=GONE, ports=[{"name": f"p{i}", "port": 1000 + i} for i in range(65)])],
        },
        [
            "clusters.cluster-1: 65 ports: imports services on more ports than one egress gateway has listeners; "
            "allowed: 64; narrow by mcwan:imports what it imports, or give exports with rare ports scope service"
        ],
    ),
    "17 rules for one listener": (
        {"exports": [ruled(*(rule(f"r{i}", "low", prefix(f"/{i}")) for i in range(17)))]},
        [
            "exports[0].rules: 17 rules for the listener of WAN policy low: more than one HTTPRoute takes; allowed: "
            "16, with those that refuse an earlier rule's requests; join rules that go the same way into one with "
            "several matches"
        ],
    ),
    "32 rules can be split": ({"exports": [by_turns(32)]}, []),
    "65 matches": (
        {"exports": [ruled(rule("r", "low", *(prefix(f"/{i}") for i in range(65))))]},
        ["exports[0].rules[0].matches: 65 entries: too many; allowed: at most 64; take some out"],
    ),
    "129 matches for one listener": (
        {
            "exports": [
                ruled(*(rule(f"r{j}", "low", *(prefix(f"/{j}/{i}") for i in range(43))) for j in range(3))),
            ]
        },
        [
            "exports[0].rules: 129 matches for the listener of WAN policy low, 43 in one rule: more than one HTTPRoute "
            "takes; allowed: 128 in all and 64 in a rule; join matches by a common prefix or a regular expression"
        ],
    ),
    "rules that have to be split and tie": (
        {
            "exports/-": ruled(
                *(rule(f"r{i}", ("high", "low")[i % 2], prefix(f"/{i}", method="PUT")) for i in range(16)),
                rule("a", "low", prefix("/", headers=[{"name": "a", "value": "1"}])),
                rule("b", "high", prefix("/", headers=[{"name": "b", "value": "1"}])),
            )
        },
        [],  # replaced below: the lines are long
    ),
    "51 clusters": (
        {
            "clusters": {f"c{i}": {"renderTo": f"out/{i}"} for i in range(51)},
            "exports": [],
        },
        ["clusters: 51: too many; allowed: 1 to 50; split the fabric"],
    ),
    "17 backends": (
        {
            "clusters": {
                f"c{i}": {
                    "renderTo": f"out/{i}",
                    "ingress": {"addresses": [f"10.0.0.{i + 1}"]},
                    "namespaces": ["secure"],
                }
                for i in range(17)
            },
            "exports": [exported(from_=[f"c{i}" for i in range(17)])],
        },
        [
            "exports[0].from: 17 clusters: more than a rule of Gateway API can split between; allowed: 16 with a "
            "weight above 0; give the others weight 0, or export under a second name"
        ],
    ),
    # an import of something nobody exports, and other imports
    "import of something nobody exports": (
        {"imports": [{"service": "cart.secure"}]},
        [
            "imports[0].service: 'cart.secure': nobody exports it; allowed: logging.insecure, payment.secure; correct "
            "the name, or add it to mcwan:exports"
        ],
    ),
    "import of something where nothing is exported": (
        {"exports": [], "imports": [{"service": "cart.secure"}]},
        [
            "imports[0].service: 'cart.secure': nobody exports it; allowed: nothing, there are no exports; correct "
            "the name, or add it to mcwan:exports"
        ],
    ),
    "backend that nobody exports": (
        {"imports": [{"service": "logging.insecure", "rules": [rule("a", None, backend="cart.secure")]}]},
        [
            "imports[0].rules[0].backend: 'cart.secure': nobody exports it; allowed: logging.insecure, "
            "payment.secure; correct the name, or add it to mcwan:exports"
        ],
    ),
    "import into a cluster without the namespace": (
        {
            "clusters/cluster-2/namespaces": ["secure"],
            "imports": [{"service": "logging.insecure", "clusters": ["cluster-2"]}],
        },
        [
            "imports[0].clusters[0]: 'cluster-2': has no namespace insecure; allowed: a cluster that has it; add "
            "insecure to mcwan:clusters.cluster-2.namespaces once it is there, or take the cluster out"
        ],
    ),
    "two entries for one cluster": (
        {"imports": [{"service": "logging.insecure"}, {"service": "logging.insecure", "clusters": ["cluster-1"]}]},
        [
            "imports[1].clusters: 'cluster-1': imports[0] already says how it imports logging.insecure; allowed: one "
            "entry for a cluster; name the clusters in each entry, every one once"
        ],
    ),
    "a client's policy left open": (
        {"imports": [{"service": "payment.secure", "rules": [rule("a", None)]}]},
        [
            "imports[0].rules[0].wanPolicy: payment.secure has several WAN policies; allowed: high, low; "
            "write one of them"
        ],
    ),
    "a client's policy that is not the export's": (
        {"imports": [{"service": "logging.insecure", "rules": [rule("a", "high")]}]},
        [
            "imports[0].rules[0].wanPolicy: 'high': logging.insecure is not exported by it, so its ingress gateway "
            "would refuse the request; allowed: low; write one of them, or add a rule with high to the export"
        ],
    ),
    "a client's rule that is not admitted": (
        {"imports": [{"service": "payment.secure", "rules": [rule("a", "high", prefix("/"))]}]},
        [
            "imports[0].rules[0].matches[0]: by high: payment.secure does not admit all of these requests by that WAN "
            "policy; allowed: what one of its rules for it matches and no earlier one; narrow the match to the "
            "export's, or change the export's rules"
        ],
    ),
    "a backend without the port": (
        {
            "exports/-": exported(port=GONE, ports=[{"name": "a", "port": 80}, {"name": "b", "port": 81}]),
            "imports": [{"service": "logging.insecure", "rules": [rule("a", None, backend="cart.secure")]}],
        },
        [
            "imports[0].rules[0].backend: 'cart.secure': has no port 8080, which logging.insecure has; allowed: the "
            "same ports, or just one; export that port too, or choose another backend"
        ],
    ),
    # addresses
    **{
        f"address {address}": (
            {"clusters/cluster-1/ingress/addresses": [address]},
            [f"clusters.cluster-1.ingress.addresses[0]: '{address}': {wrong}; {INSIDE}"],
        )
        for address, wrong in (
            ("8.8.8.8", "a public address"),
            ("2a00::1", "a public address"),
            *(
                (one, "a loopback, link-local or multicast address, which an EndpointSlice does not take")
                for one in ("127.0.0.1", "169.254.1.1", "224.0.0.1", "::1", "fe80::1", "ff02::1")
            ),
            ("0.0.0.0", "no host's address"),  # noqa: S104 - nothing listens
            ("::", "no host's address"),
        )
    },
    "public address of an export's own gateway": (
        {"exports/-": exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["8.8.8.8"]}])},
        [f"exports[2].from[0].addresses[0]: '8.8.8.8': a public address; {INSIDE}"],
    ),
    "not an address": (
        {"clusters/cluster-1/ingress/addresses": ["east.example"]},
        [
            "clusters.cluster-1.ingress.addresses[0]: 'east.example': not allowed; allowed: an IP address; "
            "write addresses so"
        ],
    ),
    "address of two gateways": (
        {"clusters/cluster-2/ingress/addresses": ["198.51.100.11"]},
        [
            "clusters.cluster-2.ingress.addresses[0]: '198.51.100.11': already the address of cluster-1's ingress "
            "gateway; allowed: an address of one gateway only; write this gateway's own address"
        ],
    ),
    "address of a cluster's and an export's own gateway": (
        {"exports/-": exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["198.51.100.11"]}])},
        [
            "exports[2].from[0].addresses[0]: '198.51.100.11': already the address of cluster-1's ingress gateway; "
            "allowed: an address of one gateway only; write this gateway's own address"
        ],
    ),
    "no address": (
        {"clusters/cluster-1/ingress": {}, "exports/0": GONE},
        [
            "clusters.cluster-1.ingress.addresses: cluster-1 exports logging.insecure, and nobody knows its ingress "
            "gateway's address; write at least one address inside the SD-WAN"
        ],
    ),
    "no address of an export's own gateway": (
        {"exports/-": exported(scope="service")},
        [
            "exports[2].from[0]: 'cluster-1': with scope service it has an ingress gateway of its own, and no address "
            "is written; write {cluster: cluster-1, addresses: [...]}"
        ],
    ),
    "address for a shared gateway": (
        {"exports/-": exported(from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}])},
        [
            "exports[2].from[0].addresses: only an export with scope service has a gateway of its own; allowed: no "
            "addresses; remove them, or write them at mcwan:clusters.cluster-1.ingress.addresses"
        ],
    ),
    # namespaces
    "exports from a namespace that the cluster does not have": (
        {"clusters/cluster-1/namespaces": ["secure"]},
        [
            "exports[1].from[0]: 'cluster-1': exports from namespace insecure, which it does not have; allowed: "
            "secure; add insecure to mcwan:clusters.cluster-1.namespaces once it is there, or take the cluster out"
        ],
    ),
    "a rule's backend in a namespace that the cluster does not have": (
        {
            "clusters/cluster-2/namespaces": ["secure"],
            "exports/-": ruled(rule("a", "low", backend="b.insecure")) | {"from": ["cluster-2"]},
        },
        [
            "exports[2].from[0]: 'cluster-2': exports from namespace insecure, which it does not have; allowed: "
            "secure; add insecure to mcwan:clusters.cluster-2.namespaces once it is there, or take the cluster out"
        ],
    ),
    "a namespace twice": (
        {"clusters/cluster-1/namespaces/-": "secure"},
        ["clusters.cluster-1.namespaces[2]: 'secure': written twice; allowed: once; remove one of them"],
    ),
    # how a cluster is reached, and by what
    "rendered and reached": (
        {"clusters/cluster-1/context": "east"},
        [
            "clusters.cluster-1.renderTo: 'deployed/dev/cluster-1': a cluster that is rendered is not reached, but "
            "context is written too; remove one of them"
        ],
    ),
    "neither rendered nor reached": (
        {"clusters/cluster-1/renderTo": GONE},
        [
            "clusters.cluster-1: nothing says how to reach it; allowed: kubeconfig (a secret), context, or renderTo; "
            "write mcwan:clusters.cluster-1.context, or renderTo with a directory"
        ],
    ),
    "unknown profile": (
        {"clusters/cluster-1/gateway": {"profile": "enovy"}},
        [
            "clusters.cluster-1.gateway.profile: 'enovy': not allowed; allowed: 'envoy-gateway', 'istio' or "
            "'standard'; write one of them"
        ],
    ),
    "an exposure that the profile has not": (
        {
            "clusters/cluster-1/gateway": {"profile": "standard", "class": "x"},
            "clusters/cluster-1/ingress/exposure": "NodePort",
        },
        [
            "clusters.cluster-1.ingress.exposure: 'NodePort': profile standard cannot order that; allowed: "
            "ClusterIP; leave it to the GatewayClass, or use one of the profiles envoy-gateway, istio"
        ],
    ),
    "a LoadBalancer": (
        {"clusters/cluster-1/ingress/exposure": "LoadBalancer"},
        [
            "clusters.cluster-1.ingress.balancer: a LoadBalancer is public unless its provider is told otherwise; "
            "allowed: aws, azure, gcp, metallb; write who provides it"
        ],
    ),
    "a node port for an export's own gateway": (
        {
            "clusters/cluster-1/ingress/exposure": "NodePort",
            "exports/-": exported(scope="service", from_=[{"cluster": "cluster-1", "addresses": ["10.0.0.1"]}]),
        },
        [
            "exports[2].scope: 'service': the ingress gateway of cluster-1 is a NodePort, and a node port exists once "
            "per cluster; use the shared scope, or another exposure"
        ],
    ),
    # one policy or rules; somebody has a share
    "no policy": (
        {"exports/1/wanPolicy": GONE},
        [
            "exports[1].wanPolicy: it has no WAN policy; allowed: wanPolicy for the whole service, or rules; "
            "write one of high, low"
        ],
    ),
    "policy and rules": (
        {"exports/0/wanPolicy": "low"},
        [
            "exports[0].wanPolicy: both wanPolicy and rules are written; allowed: wanPolicy for the whole service, or "
            "rules; remove one of them"
        ],
    ),
    "no share": (
        {"exports/0/from": [{"cluster": "cluster-1", "weight": 0}]},
        [
            "exports[0].from: all weights are 0, so nobody would answer; allowed: at least one above 0; give a "
            "cluster that has pods a weight"
        ],
    ),
    "exported by nobody": (
        {"exports/0/from": []},
        ["exports[0].from: an empty list: not allowed; allowed: at least 1; write one after '- '"],
    ),
    "weight below zero": (
        {"exports/0/from": [{"cluster": "cluster-1", "weight": -1}, "cluster-2"]},
        ["exports[0].from[0].weight: -1: not allowed; allowed: 0 to 1000000; write weight so"],
    ),
    "two bad names": (
        {"exports/-": exported(name="Bad_1"), "exports/0/name": "Bad_2"},
        [
            f"exports[{number}].name: '{name}': not allowed; allowed: a Service's name: lower-case letters, digits and "
            "'-', beginning with a letter; write name so"
            for number, name in ((0, "Bad_2"), (2, "Bad_1"))
        ],
    ),
    "loss as a text": (
        {"wanPolicies/low/sla/lossPercent": "5"},
        ["wanPolicies.low.sla.lossPercent: '5': not allowed; allowed: a number; write lossPercent so"],
    ),
    "loss as a boolean": (
        {"wanPolicies/low/sla/lossPercent": True},
        ["wanPolicies.low.sla.lossPercent: true: not allowed; allowed: a number; write lossPercent so"],
    ),
    # of a mistake nothing else follows
    "unknown cluster, the only one": (
        {"exports/0/from": ["east"]},
        [
            "exports[0].from[0]: 'east': no such cluster; allowed: cluster-1, cluster-2; write one of them, "
            "or add mcwan:clusters.east"
        ],
    ),
    "unknown policy of a client": (
        {"imports": [{"service": "logging.insecure", "rules": [rule("a", "gold")]}]},
        [
            "imports[0].rules[0].wanPolicy: 'gold': no such WAN policy; allowed: high, low; write one of them, "
            "or add mcwan:wanPolicies.gold"
        ],
    ),
    "namespaces as a text": (
        {"clusters/cluster-1/namespaces": "secure"},
        ["clusters.cluster-1.namespaces: 'secure': not allowed; allowed: a list; write [secure]"],
    ),
    "matches as a mapping": (
        {"exports/0/rules/0/matches": {"method": "GET"}},
        ["exports[0].rules[0].matches: a mapping: not allowed; allowed: a list; write each after '- '"],
    ),
    "path as a text": (
        {"exports/0/rules/0/matches": [{"path": "/payment"}]},
        [
            "exports[0].rules[0].matches[0].path: '/payment': not allowed; allowed: a mapping; write its "
            "keys: type, value"
        ],
    ),
    "an address as a number": (
        {"clusters/cluster-1/ingress/addresses": [10]},
        ["clusters.cluster-1.ingress.addresses[0]: 10: not allowed; allowed: an IP address; write addresses so"],
    ),
    "an address as a boolean": (
        {"clusters/cluster-1/ingress/addresses": [True]},
        ["clusters.cluster-1.ingress.addresses[0]: true: not allowed; allowed: an IP address; write addresses so"],
    ),
    "a label's key": (
        {"labels": {"cost centre": "4711", "Example.org/team": "payments", "/x": "y", 5: "z"}},
        [
            f"labels['/x']: '/x': not allowed; allowed: {KEY}; correct it",
            "labels.5: 5: not allowed; allowed: a text; correct it",
            f"labels['Example.org/team']: 'Example.org/team': not allowed; allowed: {KEY}; correct it",
            f"labels['cost centre']: 'cost centre': not allowed; allowed: {KEY}; correct it",
        ],
    ),
    "a label's value": (
        {"labels": {"cost": 4711, "team": "pay ments", "long": "x" * 64, "shared": True, "none": None}},
        [
            "labels.cost: 4711: not allowed; allowed: a text; write it in quotes",
            f"labels.long: '{'x' * 64}': not allowed; allowed: at most 63 characters; correct it",
            "labels.none: null: not allowed; allowed: a text; correct it",
            "labels.shared: true: not allowed; allowed: a text; write it in quotes",
            "labels.team: 'pay ments': not allowed; allowed: a label's value: nothing, or letters, digits, '-', '_' "
            "and '.', a letter or digit first and last; correct it",
        ],
    ),
    "labels as a list": (
        {"labels": ["team=payments"]},
        ["labels: a list: not a mapping; allowed: a mapping; write each as KEY: VALUE"],
    ),
    "a label of mcwan's or Kubernetes' own": (
        {
            "labels": {
                "app.kubernetes.io/name": "x",
                "mc-wan.l7mp.io/export": "x",
                "wan-policy.mc-wan.l7mp.io/high": "x",
            }
        },
        [
            "labels['app.kubernetes.io/name']: a label of kubernetes.io is not yours to set; allowed: any other "
            "domain, or none before the name; rename it",
            "labels['mc-wan.l7mp.io/export']: a label of mc-wan.l7mp.io is not yours to set; allowed: any other "
            "domain, or none before the name; rename it",
            "labels['wan-policy.mc-wan.l7mp.io/high']: a label of mc-wan.l7mp.io is not yours to set; allowed: any "
            "other domain, or none before the name; rename it",
        ],
    ),
    "a label's domain": (
        {"labels": {f"{'x' * 250}.org/team": "x"}},
        [
            f"labels['{'x' * 250}.org/team']: too long before the '/'; allowed: at most 253 characters; shorten it",
        ],
    ),
    "manage as a text": (
        {"manage": {"namespace": "no"}},
        ["manage.namespace: 'no': not allowed; allowed: true or false; write namespace so"],
    ),
    "writers that nobody heeds": (
        {"manage": {"wanPolicyGuard": False, "wanPolicyWriters": ["flux"]}},
        [
            "manage.wanPolicyWriters: 'flux': without the guard everybody may write; allowed: beside "
            "wanPolicyGuard: true; remove it, or remove wanPolicyGuard: false"
        ],
    ),
    "a writer that is no user": (
        {"manage": {"wanPolicyWriters": ["flux", "some body"]}},
        [
            "manage.wanPolicyWriters[1]: 'some body': not allowed; allowed: a user as the API server calls it, without "
            "spaces: system:serviceaccount:NAMESPACE:NAME; write wanPolicyWriters so"
        ],
    ),
    # sections of another kind
    "sections of another kind": (
        {"clusters": 5, "wanPolicies": [], "exports": {}, "imports": "x", "manage": 3},
        [
            "clusters: 5: not a mapping; allowed: a mapping of 1 to 50 names; describe them under mcwan:clusters",
            "wanPolicies: a list: not a mapping; allowed: a mapping of 1 to 64 names; "
            "describe them under mcwan:wanPolicies",
            "exports: a mapping: not a list; allowed: a list; write each entry after '- '",
            "imports: 'x': not a list; allowed: a list; write each entry after '- '",
            "manage: 3: not allowed; allowed: a mapping; write its keys: namespace, wanPolicyCrd, wanPolicyGuard, "
            "wanPolicyWriters",
        ],
    ),
}
_MANY = CASES.pop("rules that have to be split and tie")[0]


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES.keys())
def test_a_mistake_is_told_on_one_line(changes: dict[str, Any], expected: list[str]) -> None:
    assert lines(changed(changes)) == expected


@pytest.mark.parametrize(
    "address", ["fd00::1%eth0", "::ffff:198.51.100.12", "::ffff:8.8.8.8", "255.255.255.255", "0.0.0.10", "240.0.0.1"]
)
def test_an_address_that_no_gateway_can_have_is_refused(address: str) -> None:
    assert len(lines(changed({"clusters/cluster-1/ingress/addresses": [address]}))) == 1


def test_rules_that_have_to_be_split_may_not_tie() -> None:
    found = lines(changed(_MANY))
    assert [line for line in found if line.startswith("exports[2].rules[17].matches[0]: ")] == [
        "exports[2].rules[17].matches[0]: {PathPrefix /, header b: '1'}: shares requests with rule a ({PathPrefix /, "
        "header a: '1'}) at the same precedence, and the rules are too many for one HTTPRoute, which would keep their "
        "order; make one of them more specific, or keep to 16 rules"
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev", []),
        ("Team.dev_1", []),
        (
            "a/b",
            [
                "stack: 'a/b': not allowed; allowed: letters, digits, '-', '_' and '.', beginning and ending with a "
                "letter or digit; write it so"
            ],
        ),
        ("x" * 64, [f"stack: '{'x' * 64}': not allowed; allowed: at most 63 characters; write it so"]),
    ],
)
def test_the_stacks_name_is_a_labels_value(name: str, expected: list[str]) -> None:
    assert lines(described(), name=name) == expected


@pytest.mark.parametrize("raw", [{}, {"clusters": {}, "wanPolicies": {}}, {"clusters": None, "wanPolicies": None}])
def test_nothing_is_described(raw: Raw) -> None:
    assert lines(raw) == [
        "clusters: nothing is described; allowed: a mapping of 1 to 50 names; describe them under mcwan:clusters",
        "wanPolicies: nothing is described; allowed: a mapping of 1 to 64 names; describe them under mcwan:wanPolicies",
    ]


MANY: dict[str, Any] = {
    "extra": 1,
    "clusters/cluster-1/context": "east",
    "clusters/cluster-2/ingress/addresses": ["8.8.8.8"],
    "clusters/Edge": {"renderTo": "x"},
    "wanPolicies/high/sla/lossPercent": 101,
    "wanPolicies/low/port": 0,
    "exports/0/rules/0/wanPolicy": "hgih",
    "exports/0/rules/1/matches/0/path/value": "/a//b",
    "exports/0/prot": 80,
    "exports/1/port": 70000,
    "exports/1/from/-": "cluster-9",
    "exports/-": exported(from_=["cluster-2", "cluster-2"]),
    "imports": [
        {"service": "cart.secure", "path": "direct", "rules": [rule("a", None)]},
        {"service": "nobody.secure"},
        {"service": "logging.insecure", "clusters": ["cluster-7"]},
    ],
    "manage": {"namespaces": True},
}
MANY_LINES = [
    "clusters.Edge: 'Edge': not allowed; allowed: " + DNS + "; write it so",
    "clusters.cluster-1.renderTo: 'deployed/dev/cluster-1': a cluster that is rendered is not reached, but context is "
    "written too; remove one of them",
    f"clusters.cluster-2.ingress.addresses[0]: '8.8.8.8': a public address; {INSIDE}",
    "wanPolicies.high.sla.lossPercent: 101: not allowed; allowed: 0 to 100; write lossPercent so",
    "wanPolicies.low.port: 0: not allowed; allowed: 1 to 65535; write port so",
    "exports[0].prot: unknown key; allowed: callers, exportedAnnotations, exportedLabels, failover, from, name, port, "
    "ports, rules, scope, service, traffic, wanPolicy; "
    "did you mean 'port'?",
    "exports[0].rules[0].wanPolicy: 'hgih': no such WAN policy; allowed: high, low; did you mean 'high'?",
    f"exports[0].rules[1].matches[0].path.value: '/a//b': {CHARACTERS}",
    "exports[1].from[1]: 'cluster-9': no such cluster; allowed: Edge, cluster-1, cluster-2; write one of "
    "them, or add mcwan:clusters.cluster-9",
    "exports[1].port: 70000: not allowed; allowed: 1 to 65535; write port so",
    "exports[2].from[1]: 'cluster-2': written twice; allowed: each cluster once; remove one of them",
    "imports[0].path: 'direct': the import has rules, which only an egress gateway can follow; allowed: gateway; "
    "choose path gateway",
    "imports[1].service: 'nobody.secure': nobody exports it; allowed: cart.secure, logging.insecure, payment.secure; "
    "correct the name, or add it to mcwan:exports",
    "imports[2].clusters[0]: 'cluster-7': no such cluster; allowed: Edge, cluster-1, cluster-2; "
    "write one of them, or add mcwan:clusters.cluster-7",
    "manage.namespaces: unknown key; allowed: namespace, wanPolicyCrd, wanPolicyGuard, wanPolicyWriters; "
    "did you mean 'namespace'?",
    "extra: unknown key; allowed: clusters, exports, facts, imports, labels, manage, sdwan, telemetry, tls, "
    "wanPolicies; remove it",
]


def test_every_mistake_is_told_in_one_run() -> None:
    assert lines(changed(MANY)) == MANY_LINES


def backwards(raw: Any) -> Any:
    """Give the same value with the keys of every mapping in reverse."""
    if isinstance(raw, dict):
        return {name: backwards(raw[name]) for name in reversed(raw)}
    return [backwards(one) for one in raw] if isinstance(raw, list) else raw


def test_the_order_of_keys_changes_no_message() -> None:
    assert lines(backwards(changed(MANY))) == MANY_LINES


@pytest.mark.parametrize("case", CASES)
def test_the_order_of_keys_changes_no_message_of_a_single_mistake(case: str) -> None:
    changes, expected = CASES[case]
    assert lines(backwards(changed(changes))) == expected


def test_mistakes_that_differ_only_in_their_value_have_an_order() -> None:
    made = [Mistake(("exports", 0), f"{number:02}", "problem", "remedy") for number in range(40)]
    assert [one.value for one in MistakesError(made).mistakes] == sorted(one.value for one in made)


def test_messages_are_the_same_on_every_run() -> None:
    raw = {**described(), "exports": [by_turns(34)]}
    program = "import json, sys; from tests.fabrics import lines; print(lines(json.load(sys.stdin)))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(raw),
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(said) == 1


# Secrets.

SECRET = "apiVersion: v1 users: hunter2"  # noqa: S105 - nobody's
DIRTY = "S3CRET-in-clear"


@pytest.mark.parametrize("secret", [set(), {"clusters"}], ids=["in clear", "as a secret"])
@pytest.mark.parametrize(
    "changes",
    [
        {"clusters/cluster-1/kubeconfig": DIRTY},
        {"clusters/cluster-1/kubeconfgi": DIRTY},
        {"clusters/cluster-1/kubeconfig": {"users": [DIRTY]}},
        {"clusters/cluster-1/kubeconfig": {"secure": {"users": [DIRTY]}}},
        {"clusters/cluster-1/kubeconfig": [DIRTY]},
        {"clusters/cluster-1/context": DIRTY},
        {"clusters/cluster-1": {"users": [DIRTY], "kind": DIRTY}},
    ],
    ids=["clear", "misspelt", "a mapping", "secure mapping", "a list", "as context", "as a cluster"],
)
def test_a_kubeconfig_is_never_shown(changes: Raw, secret: set[str]) -> None:
    found = lines(changed(changes), secret=secret)
    assert found
    assert not [line for line in found if DIRTY in line]


@pytest.mark.parametrize(
    "changes",
    [
        {"clusters/cluster-1": DIRTY},
        {"clusters": DIRTY},
        {"clusters/cluster-1/namespaces": DIRTY},
        {"clusters/cluster-1/namespaces": [DIRTY]},
        {"clusters/cluster-1/ingress": DIRTY},
        {"clusters/cluster-1/ingress/addresses": [DIRTY]},
        {"clusters/cluster-1/ingress/exposure": DIRTY},
        {"clusters/cluster-1/gateway": {"profile": DIRTY, "class": DIRTY, "serviceNamespace": DIRTY}},
        {"clusters/cluster-1/mcsApi": DIRTY},
        {"clusters/cluster-1/renderTo": DIRTY, "clusters/cluster-1/context": DIRTY},
        {"clusters/cluster-1/kubeconfig": 17, "clusters/cluster-1/kubeconfigPath": ""},
    ],
)
def test_nothing_below_a_secret_key_is_shown(changes: Raw) -> None:
    found = lines(changed(changes), secret={"clusters"})
    assert found
    assert not [line for line in found if DIRTY in line]


def test_nothing_below_a_secret_key_is_shown_in_a_remedy() -> None:
    found = lines(changed({"exports/1/wanPolicy": "zzz-secret"}), secret={"exports"})
    assert found
    assert not [line for line in found if "zzz-secret" in line]


def test_a_kubeconfig_is_a_pulumi_secret() -> None:
    how = (
        "clusters.cluster-1.kubeconfig: a kubeconfig must be a Pulumi secret, not clear text; pulumi config set --path "
        "'mcwan:clusters.cluster-1.kubeconfig' --secret < FILE"
    )
    clear = changed({"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/kubeconfig": SECRET})
    assert lines(clear) == [how]
    kubeconfig = load("test", clear, secret={"clusters"}).clusters["cluster-1"].kubeconfig
    assert kubeconfig is not None
    assert kubeconfig.get_secret_value() == SECRET


def test_a_kubeconfig_in_a_stack_file_is_encrypted() -> None:
    raw = changed({"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/kubeconfig": {"secure": "v1:abc"}})
    fabric = load("test", raw)
    assert "v1:abc" not in repr(fabric)
    assert "v1:abc" not in fabric.model_dump_json()


def test_an_empty_secret_is_no_kubeconfig() -> None:
    raw = changed({"clusters/cluster-1/renderTo": GONE, "clusters/cluster-1/kubeconfig": {"secure": ""}})
    assert lines(raw) == [
        "clusters.cluster-1.kubeconfig: an empty Pulumi secret; allowed: a kubeconfig; pulumi config set --path "
        "'mcwan:clusters.cluster-1.kubeconfig' --secret < FILE"
    ]


@pytest.mark.parametrize(
    "place",
    [
        *("clusters", "wanPolicies", "exports", "labels", "tls", "telemetry", "clusters/cluster-1", "exports/0"),
        *(
            "clusters/cluster-1/ingress",
            "clusters/cluster-1/ingress/addresses",
            "clusters/cluster-1/ingress/addresses/0",
        ),
        *("wanPolicies/high", "wanPolicies/high/port", "wanPolicies/high/dscp", "wanPolicies/high/sla", "tls/issuer"),
        *(
            "exports/0/service",
            "exports/0/from",
            "exports/0/from/0",
            "exports/0/rules/0/matches",
            "exports/1/wanPolicy",
        ),
    ],
)
def test_a_secret_where_nothing_is_one_is_told_and_its_ciphertext_is_not(place: str) -> None:
    written = re.sub(r"/(\d+)", r"[\1]", place).replace("/", ".")
    assert lines(changed({place: {"secure": "v1:CIPHERTEXT"}})) == [
        f"{written}: a Pulumi secret: not allowed; allowed: a value in clear; write it so, or: pulumi config set "
        f"--path 'mcwan:{written}' VALUE"
    ]


# Whatever is written: a fabric or mistakes, and the input is left as it was.

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.floats(),
    st.sampled_from(("", "high", "cluster-1", "secure", "payment.secure", "/", "10.0.0.1", "a b", "%", "\x00", "é")),
    st.text(max_size=5),
    st.binary(max_size=3),
)
KEYS = st.one_of(
    st.sampled_from(
        (
            *("clusters", "wanPolicies", "exports", "imports", "manage", "service", "port", "ports", "from", "rules"),
            *("matches", "path", "value", "type", "name", "headers", "cookie", "queryParams", "backend", "wanPolicy"),
            *("ingress", "addresses", "namespaces", "gateway", "class", "sla", "scope", "weight"),
        )
    ),
    st.text(max_size=3),
)
ODD_KEYS = st.one_of(KEYS, st.integers(-1, 3), st.none(), st.booleans(), st.floats())


def nested(keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
        max_leaves=12,
    )


def taken_or_refused(raw: Raw, secret: set[str] | None = None) -> None:
    before = deepcopy(raw)
    mistakes: tuple[Mistake, ...] | None = None
    text = ""
    try:
        assert isinstance(stack.fabric("test", raw, secret=secret or set()), Fabric)
    except MistakesError as error:
        mistakes, text = error.mistakes, str(error)
    if mistakes is not None:
        assert mistakes
        assert text.count("\n") + 1 == len(mistakes), "a mistake is one line"
    assert repr(raw) == repr(before)


@settings(max_examples=100)
@given(st.dictionaries(KEYS, nested(KEYS), max_size=5))
def test_garbage_is_refused(raw: Raw) -> None:
    taken_or_refused(raw)


def places(raw: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    if isinstance(raw, dict):
        found += [place for name, inner in raw.items() for place in places(inner, (*at, name))]
    elif isinstance(raw, list):
        found += [place for index, inner in enumerate(raw) for place in places(inner, (*at, index))]
    return found


def mutated(draw: Callable[[st.SearchStrategy[Any]], Any], raw: Raw, keys: st.SearchStrategy[Any]) -> Raw:
    raw = deepcopy(raw)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(raw) or [("clusters",)]))
        inner: Any = raw
        for part in way:
            inner = inner[part]
        what = draw(st.sampled_from(("delete", "replace", "replace", "add", "wrap")))
        if what == "delete":
            del inner[last]
        elif what == "replace":
            inner[last] = draw(nested(keys))
        elif what == "wrap":
            inner[last] = [inner[last]]
        elif isinstance(inner, dict):
            inner[draw(keys)] = draw(nested(keys))
        else:
            inner.append(draw(nested(keys)))
    return raw


@settings(max_examples=100)
@given(st.data())
def test_a_changed_description_is_taken_or_refused(data: st.DataObject) -> None:
    raw = data.draw(st.one_of(st.just(changed(RICH)), fabrics()))
    taken_or_refused(mutated(data.draw, raw, KEYS), data.draw(st.sampled_from((set(), {"clusters"}))))


@settings(max_examples=100)
@given(st.data())
def test_keys_may_be_anything_that_yaml_can_write(data: st.DataObject) -> None:
    raw = mutated(data.draw, changed(RICH), ODD_KEYS)
    taken_or_refused(raw)


RICH: dict[str, Any] = {
    "clusters/cluster-2/gateway": {"profile": "istio", "class": "istio"},
    "exports/0/rules/0/matches/0/headers": [{"type": REGEX, "name": "a", "value": "b.*"}],
    "exports/0/rules/1/matches/0/cookie": {"name": "user", "value": "test"},
    "exports/0/rules/1/matches/0/queryParams": [{"name": "q", "value": "1"}],
    "exports/0/rules/1/backend": "payment-v2",
    "exports/-": exported(
        name="cart-2", scope="service", from_=[{"cluster": "cluster-2", "weight": 3, "addresses": ["10.0.0.9"]}]
    ),
    "imports": [
        {"service": "logging.insecure", "rules": [rule("a", None, prefix("/x")), rule("b", "low")]},
        {"service": "cart-2.secure", "clusters": ["cluster-1"], "path": "direct"},
    ],
    "manage": {"namespace": False},
}


def test_a_description_is_not_changed_by_reading_it() -> None:
    raw = changed(MANY)
    before = deepcopy(raw)
    assert lines(raw)
    assert raw == before


def test_put_reaches_every_place() -> None:
    raw: Raw = {"a": [{"b": 1}]}
    put(raw, "a/0/b", 2)
    put(raw, "a/-", 3)
    assert raw == {"a": [{"b": 2}, 3]}
    put(raw, "a/0", GONE)
    assert raw == {"a": [3]}


@pytest.mark.parametrize("key", ["wan_policy", "from_"])
def test_keys_are_taken_as_they_are_written_in_yaml_only(key: str) -> None:
    raw = changed({"exports/1": {"service": "logging.insecure", "port": 80, "from": ["cluster-1"], "wanPolicy": "low"}})
    raw["exports"][1][key] = raw["exports"][1].pop({"wan_policy": "wanPolicy", "from_": "from"}[key])
    assert any(line.startswith(f"exports[1].{key}: unknown key") for line in lines(raw))
