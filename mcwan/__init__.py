"""mcwan joins Kubernetes service meshes over an SD-WAN: one description, expanded over every cluster."""

__version__ = "0.1.0"

__all__ = ["__version__"]
