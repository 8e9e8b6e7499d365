"""From the objects of mc-wan, as its documents have them, to a stack's configuration that means the same."""
