"""A module per command: its options, what it prints. What it needs is imported when it runs, so that help is quick."""
