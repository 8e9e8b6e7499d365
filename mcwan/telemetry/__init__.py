"""What makes sense of the gateways' metrics: Prometheus rules and a Grafana dashboard, made from a fabric.

Pure, and the same bytes for the same input whatever its order. Only for clusters with Envoy Gateway's gateways: the
metrics of the others have neither exports nor WAN policies.
"""

from mcwan.telemetry.dashboard import dashboard
from mcwan.telemetry.endpoints import unmeasured
from mcwan.telemetry.rules import rules

__all__ = ["dashboard", "rules", "unmeasured"]
