"""The command `mcwan`: what its commands are, by what they are for."""

import click

from mcwan import __version__
from mcwan.cli.commands.adopt import adopt
from mcwan.cli.commands.check import check
from mcwan.cli.commands.completion import completion
from mcwan.cli.commands.doctor import doctor
from mcwan.cli.commands.export import export
from mcwan.cli.commands.facts import facts
from mcwan.cli.commands.graph import graph
from mcwan.cli.commands.import_ import import_
from mcwan.cli.commands.init import init
from mcwan.cli.commands.mesh import mesh
from mcwan.cli.commands.operator import operator
from mcwan.cli.commands.plan import plan
from mcwan.cli.commands.reference import reference
from mcwan.cli.commands.render import render
from mcwan.cli.commands.schema import schema
from mcwan.cli.commands.sdwan import sdwan
from mcwan.cli.commands.status import status
from mcwan.cli.commands.telemetry import telemetry
from mcwan.cli.commands.unexport import unexport
from mcwan.cli.commands.unimport import unimport
from mcwan.cli.sections import Sections

SECTIONS = {
    "What a stack file says": (init, adopt, export, unexport, import_, unimport),
    "Before an update": (check, plan, graph),
    "Clusters as they are": (status, doctor, facts),
    "For other systems": (render, sdwan, mesh, telemetry, operator),
    "For editors and shells": (schema, reference, completion),
}


@click.group(cls=Sections, sections=SECTIONS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcwan")
def main() -> None:
    """Join Kubernetes service meshes over an SD-WAN.

    A stack file, Pulumi.NAME.yaml, describes an environment: clusters, WAN policies, exports. These commands read and
    edit it without Pulumi; `pulumi up` deploys it. No command needs the network unless its help says so.

    \b
    Exit codes:
      0  done
      1  the environment failed: a directory that cannot be written, a cluster that does not answer
      2  wrong input
      3  refused by a mandatory rule
      4  something changes or drifted (plan, status: --exit-code), or was left out (adopt)
    """  # noqa: D301 - click reads the backspace


if __name__ == "__main__":
    main()
