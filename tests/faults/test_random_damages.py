"""Random damage of bytes, lines, cells, columns and types: a sentence, or every row in a table or in quarantine.

`make bench-damages` does the same ten thousand times.
"""

import runpy

DAMAGES = 150


def test_damaged_files_are_refused_or_read_without_loss(root):
    counts, failures = runpy.run_path(str(root / "benchmarks" / "random_damages.py"))["run"](DAMAGES)
    assert failures == []
    outcomes = {outcome for _, outcome in counts}
    assert outcomes == {"refused", "read"}
    assert sum(counts.values()) == DAMAGES
