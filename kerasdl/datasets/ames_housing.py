"""House prices in Ames, Iowa: four features, one target, for regression."""

import csv
import io
import itertools
import math

import numpy as np

from kerasdl.datasets._dataset import Dataset, Info, Split
from kerasdl.datasets._download import Download
from kerasdl.datasets._errors import DataError, expect_seed
from kerasdl.datasets._published import Published, read_at_most, reading, source_of

AMES = Published(
    name="ames_housing",
    folder="ames_housing",
    files=(("AmesHousing.csv", "AmesHousing.txt"),),
    downloads=(
        Download(
            ("https://jse.amstat.org/v19n3/decock/AmesHousing.txt",),
            # The journal publishes no checksum; this one is of its file.
            "sha256:6cfe6cb525ba437de428653a1040e2aed7d696640bf75203786a6d7a0e67cfcc",
        ),
    ),
)
# The lowest and the highest published value of each column: a grade, a year, square feet twice, and
# US dollars.
COLUMNS = {
    "Overall Qual": (1, 10),
    "Year Built": (1872, 2010),
    "Total Bsmt SF": (0, 6_110),
    "Gr Liv Area": (334, 5_642),
    "SalePrice": (12_789, 755_000),
}
*FEATURES, TARGET = COLUMNS
ROWS = 2930
LARGEST_FILE = 1 << 21  # bytes; the published one has 963,741
CONTENTS = {"houses": "dc25a497221c1702119f064c549d647d756cf3acda7419ae035b7ca42c8b24da"}


def info():
    """What is known of Ames housing without loading it."""
    return Info((len(FEATURES),), classes=None)


def load(*, data_dir=None, download=True, normalize=True, seed=0):
    """Ames housing: 2,051 houses for training, 439 for validation, 440 for testing.

    Features: overall quality (1 to 10), year built, basement and living area
    (square feet); target: the price (US dollars). One house has no basement and
    a blank for its area, which is read as 0. The parts, 70, 15 and 15 %, are
    drawn by `numpy.random.default_rng(seed)`.

    Args:
        data_dir: see `kerasdl.datasets.load`; comma or tab separated.
        download: see `kerasdl.datasets.load`.
        normalize: divide each feature and the target by its largest value in
            the training part.
        seed: of the draw.

    Raises:
        DataNotFound: it is nowhere, and could not be downloaded.
        DataError: the file lacks columns or rows, or has other prices, than the published
            one; or `seed` is no whole number.

    Source: D. De Cock, "Ames, Iowa: Alternative to the Boston Housing Data as an
    End of Semester Regression Project", Journal of Statistics Education 19(3), 2011.

    Example:
    >>> load(data_dir="data").validation  # doctest: +SKIP
    Split(439 of 4 float32)
    """
    expect_seed(seed)
    (path,), source = AMES.locate(data_dir, download)
    table = read_table(path)
    lowest, highest = COLUMNS[TARGET]
    low, high = table[:, -1].min(), table[:, -1].max()
    if len(table) != ROWS or (low, high) != (lowest, highest):
        raise DataError(
            f"{path} should hold {ROWS:,} houses, {lowest:,} to {highest:,} dollars each; "
            f"received {f'{len(table):,}' if len(table) <= ROWS else 'more'}, "
            f"{low:,.0f} to {high:,.0f}: truncated, or another table?"
        )
    source = source_of(source, {"houses": table}, CONTENTS)
    table = table[np.random.default_rng(seed).permutation(ROWS)]
    validation, test = int(0.70 * ROWS), int(0.85 * ROWS)  # where these begin
    if normalize:
        table = table / table[:validation].max(axis=0)
    x, y = table[:, :-1].astype("float32"), table[:, -1:].astype("float32")
    whole = Split(x, y)
    return Dataset(
        name="ames_housing",
        train=whole[:validation],
        validation=whole[validation:test],
        test=whole[test:],
        classes=None,
        source=source,
    )


def read_table(path):
    """Features and target, float64 (rows, 5), of a comma or tab separated file.

    No more rows are read than one beyond the published number.
    """
    text = read_at_most(path, LARGEST_FILE).decode("utf-8-sig", errors="replace")
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    with reading(path):
        header = next(lines, [])
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise DataError(
                f"{path} should have the columns {', '.join(COLUMNS)}; "
                f"missing: {', '.join(missing)}."
            )
        positions = {name: header.index(name) for name in COLUMNS}
        table = [
            [
                _number(name, line[at] if at < len(line) else "", lines.line_num, path)
                for name, at in positions.items()
            ]
            for line in itertools.islice(filter(None, lines), ROWS + 1)
        ]
    if not table:
        raise DataError(f"{path} should hold {ROWS:,} houses; received none.")
    return np.array(table)


def _number(name, text, line, path):
    """A cell of column `name` as a number, after checking that it is one of that column's."""
    text = text.strip()
    if name == "Total Bsmt SF" and text in ("", "NA"):
        return 0.0
    lowest, highest = COLUMNS[name]
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not lowest <= number <= highest:
        raise DataError(
            f"{path}, line {line}: {name} should be a number from {lowest} to {highest}; "
            f"received {text[:40]!r}."
        )
    return number
