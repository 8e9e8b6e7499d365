"""mcwan's Pulumi program."""

from mcwan.program import main

main()
