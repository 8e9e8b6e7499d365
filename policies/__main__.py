"""The policy pack: `pulumi preview --policy-pack policies`. For rules of one's own, see docs/how-to/write-a-rule.md."""

from mcwan.pack import serve
from mcwan.rules import RULES

serve(RULES)
