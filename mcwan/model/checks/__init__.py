"""What holds between the fields of a description: each rule once, every mistake with its place and remedy.

Each check takes the whole description and assumes nothing: a reference may lead nowhere, as all checks run always.
"""

from mcwan.model.checks import (
    clusters,
    exports,
    imports,
    labels,
    manage,
    meshes,
    routes,
    sdwan,
    tls,
    traffic,
    wan_policies,
)
from mcwan.model.description import Description
from mcwan.model.mistakes import Mistake

_CHECKS = (
    *clusters.CHECKS,
    *wan_policies.CHECKS,
    *exports.CHECKS,
    *routes.CHECKS,
    *imports.CHECKS,
    *tls.CHECKS,
    *meshes.CHECKS,
    *traffic.CHECKS,
    *sdwan.CHECKS,
    *labels.CHECKS,
    *manage.CHECKS,
)


def check(description: Description) -> list[Mistake]:
    """Give every mistake in a description; an empty list if it holds together."""
    return [mistake for one in _CHECKS for mistake in one(description)]
