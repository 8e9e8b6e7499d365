"""Hypothesis: the same examples on every run; `HYPOTHESIS_PROFILE=explore` looks for new ones."""

import os

from hypothesis import HealthCheck, Phase, settings

_SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)

# Without shrinking a failure is told at once; `explore` then makes it small.
settings.register_profile(
    "default-mcwan",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=_SLOW,
)
settings.register_profile(
    "explore", deadline=None, database=None, max_examples=1000, suppress_health_check=_SLOW, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default-mcwan"))
