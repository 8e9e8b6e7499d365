"""The SD-WAN's side of the same WAN policies, per target system: pure, from a fabric to files."""

from mcwan.sdwan.changes import Change, changes
from mcwan.sdwan.form import Form, form
from mcwan.sdwan.targets import OF_SITES, TARGETS, Target, files, notes

__all__ = ["OF_SITES", "TARGETS", "Change", "Form", "Target", "changes", "files", "form", "notes"]
