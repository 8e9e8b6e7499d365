"""Edits of a stack file: pure functions from a text to a text, that touch the lines concerned and no other."""
