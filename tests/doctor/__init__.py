"""Judging clusters as they are, from played evidence."""
