"""What each gateway profile can do, as a table for the reference page."""

from collections.abc import Iterator

from mcwan.gateways import PROFILES
from mcwan.plan.profile import FEATURES


def lines() -> Iterator[str]:
    """Give the section on gateway profiles."""
    names = sorted(PROFILES)
    yield "## Gateway profiles"
    yield ""
    yield "What a cluster's profile cannot do is refused where it is asked for, or holds otherwise as it says here."
    yield ""
    yield "| | " + " | ".join(f"`{name}`" for name in names) + " |"
    yield "| --- |" + " --- |" * len(names)
    exposures = [", ".join(sorted(PROFILES[name].EXPOSURES)) for name in names]
    yield "| `exposure` of an ingress gateway | " + " | ".join(exposures) + " |"
    for feature, meaning in FEATURES.items():
        cells = [
            "yes" if feature in PROFILES[name].FEATURES else f"no: {PROFILES[name].LACKS[feature]}" for name in names
        ]
        yield f"| {feature}. {meaning} | " + " | ".join(cells) + " |"
