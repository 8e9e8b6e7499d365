"""What an operator writes: frozen models, every rule between their fields, messages that name the remedy."""

from mcwan.model.cluster import Cluster, Gateway, Ingress
from mcwan.model.description import Description, Manage
from mcwan.model.export import Export, Offer, Rule, ServicePort
from mcwan.model.fabric import Fabric
from mcwan.model.imports import Import, ImportRule
from mcwan.model.load import load
from mcwan.model.matches import CookieMatch, HeaderMatch, Match, PathMatch, QueryParamMatch
from mcwan.model.mistakes import Mistake, MistakesError
from mcwan.model.sdwan import SDWAN
from mcwan.model.sla import SLA
from mcwan.model.telemetry import OTLP, Telemetry
from mcwan.model.tls import TLS, Certificates, Issuer, Secrets
from mcwan.model.traffic import HealthChecks, Limits, Outliers, Timeouts, Traffic
from mcwan.model.wan_policy import WANPolicy

__all__ = [
    "OTLP",
    "SDWAN",
    "SLA",
    "TLS",
    "Certificates",
    "Cluster",
    "CookieMatch",
    "Description",
    "Export",
    "Fabric",
    "Gateway",
    "HeaderMatch",
    "HealthChecks",
    "Import",
    "ImportRule",
    "Ingress",
    "Issuer",
    "Limits",
    "Manage",
    "Match",
    "Mistake",
    "MistakesError",
    "Offer",
    "Outliers",
    "PathMatch",
    "QueryParamMatch",
    "Rule",
    "Secrets",
    "ServicePort",
    "Telemetry",
    "Timeouts",
    "Traffic",
    "WANPolicy",
    "load",
]
