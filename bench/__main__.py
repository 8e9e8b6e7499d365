"""`make bench`: what a fabric costs. Prints figures, asserts nothing."""

import sys

from bench import engine, pack, plans, rules


def main() -> None:
    """Run what this machine can."""
    plans.main()
    rules.main()
    pack.main()
    engine.main()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
