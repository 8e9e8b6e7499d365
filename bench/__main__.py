"""`make bench`: what a fabric costs. Prints figures, asserts nothing."""

import sys

from bench import engine, plans


def main() -> None:
    """Run what this machine can."""
    plans.main()
    engine.main()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
