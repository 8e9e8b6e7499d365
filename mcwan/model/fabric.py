"""The fabric: a description that holds together, with the name of its environment."""

from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from mcwan.model.checks import check
from mcwan.model.description import Description
from mcwan.model.leaves import FabricName
from mcwan.model.tls import default_domain


class Fabric(Description):
    """A description that holds together, with the name of its environment.

    Raises pydantic's ValidationError, one line per mistake, if it does not.
    """

    name: FabricName
    """The environment: the Pulumi stack's name."""

    @property
    def domain(self) -> str:
        """The domain of the gateways' names and identities."""
        return self.tls.domain or default_domain(self.name)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        mistakes = check(self)
        if mistakes:
            lines = "\n".join(map(str, mistakes))
            raise PydanticCustomError("mcwan", "{problem}", {"problem": lines, "remedy": "mend each line"})
        return self
