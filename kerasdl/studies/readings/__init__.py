"""What the reports leave open, as grids of readings: one module a group of claims.

A grid says how many of a report's numbers each reading gives at once. Where one gives most, or as many
as any and something else speaks for it (`because`), it is marked `chosen` and the recipes of the
report follow it; the claims that it was chosen by name the fields in `Claim.chosen`, and are not
counted as holding. `python scripts/write_sensitivity.py reports/sensitivity` trains a grid, and with
`--score-only` says how much of it is missing.
"""

from kerasdl.studies.readings.batch_norm import BATCH_NORM
from kerasdl.studies.readings.circles import CIRCLES
from kerasdl.studies.readings.coloured_digits import COLOURED_DIGITS
from kerasdl.studies.readings.digits import DIGITS
from kerasdl.studies.readings.regression import REGRESSION

GRIDS = {grid.name: grid for grid in (CIRCLES, DIGITS, COLOURED_DIGITS, REGRESSION, BATCH_NORM)}
