"""The command line.

``polyregions info | count | regions | graph | faces | decision | draw | line | distance | values | track | verify |
bounds | validate | suite | definitions | certify | check | demo``.

Exit codes: 0 complete; 1 something is wrong with the input (standard error says what); 2 wrong usage; 3 cut
short by a limit; 130 interrupted with Ctrl-C.  What was found before a limit or an interruption is still printed and
written.
"""

from polyregions.cli import commands, counters, proofs, queries, theory, training
from polyregions.cli.shared import app

__all__ = ["app", "commands", "counters", "main", "proofs", "queries", "theory", "training"]


def main() -> None:
    """Run the command line."""
    app()
