"""The stacks that mcwan ships.

Not all that lie beside the program: an operator's own stack, which `mcwan init` writes there, is no test's matter.
"""

STACKS = ("dev", "federated", "guarded", "lab", "live", "mixed", "trio")
