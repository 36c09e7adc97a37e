"""The table of a described model, written as text, CSV or Markdown."""

import csv
import io
import textwrap
from dataclasses import dataclass

from kerasdl.inspection.windows import Window

NOTES = """\
{parameters:,} parameters: {weights:,} weights, {biases:,} biases{statistics}.
window: kernel/stride, then the zeros that pad each side. field: receptive field, and step: the
distance of neighbours, both in input pixels; a field beyond the image lies in the padding. MACs:
multiply-accumulates for one image. memory: of the output, for one image. dense: weights of a
dense layer in its place."""
UNKNOWN = "Of a kind that is not known here, so output and weights only: {}."
SHARED = "Called before, and counted there: {}."


@dataclass(frozen=True, kw_only=True)
class Row:
    """One call of one layer.

    Attributes:
        layer: name, `model/layer` inside a nested model.
        kind: its class.
        output: shape of the output, without the batch; a tuple of these where
            there are several.
        window: what slides over the input (`kerasdl.inspection.windows.Window`).
        weights: learned weights without biases.
        biases: learned biases, and the shifts of normalizations.
        statistics: kept but not learned, such as moving means.
        receptive_field: `(height, width)` in input pixels; `None` where the
            output has no place in the image, or it is not known.
        sees_everything: whether each value depends on the whole input.
        stride: distance in input pixels between neighbours of the output, `None`
            where its axes are not the image's.
        macs: multiply-accumulates for one example; `None`: not known.
        memory: bytes of the output for one example.
        dense_weights: weights of a dense layer from the same input to the same
            output; `None` where none could replace the layer.
        shared: whether the layer was called before, and its weights counted.
    """

    layer: str
    kind: str
    output: tuple
    window: Window | None = None
    weights: int = 0
    biases: int = 0
    statistics: int = 0
    receptive_field: tuple | None = None
    sees_everything: bool = False
    stride: tuple | None = None
    macs: int | None = 0
    memory: int = 0
    dense_weights: int | None = None
    shared: bool = False

    @property
    def parameters(self):
        """Weights, biases and statistics: what Keras counts."""
        return self.weights + self.biases + self.statistics


@dataclass(frozen=True)
class Description:
    """The rows of a model, in the order of its computation.

    Attributes:
        name: of the model.
        rows: a tuple of `Row`.
    """

    name: str
    rows: tuple

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        """Number of rows."""
        return len(self.rows)

    def __getitem__(self, layer):
        """The first row of the layer called `layer`."""
        for row in self.rows:
            if row.layer == layer:
                return row
        raise KeyError(layer)

    def total(self, column):
        """Sum of a column over all layers that have it, such as `total("macs")`."""
        return sum(getattr(row, column) or 0 for row in self.rows)

    def to_text(self, width=None):
        """A table with totals and an explanation of the columns.

        Args:
            width: characters that a line may have; columns that others tell most of are left out
                until the rest fits, and named. Without it, all columns are shown, which takes
                about 100 characters.
        """
        rows = [_cells(row, short=True) for row in self.rows]
        total = dict.fromkeys(HEAD, "") | {
            "layer": "total",
            "weights": f"{self.total('weights'):,}",
            "parameters": f"{self.total('parameters'):,}",
            "MACs": _units(self.total("macs"), 1000, _DECIMAL),
            "memory": _units(self.total("memory"), 1024, _BYTES),
        }
        columns = {
            name: [name, *(row[name] for row in [*rows, total])] for name in HEAD if name != "kind"
        }
        widths = {name: max(map(len, cells)) for name, cells in columns.items()}
        left_out = []
        for name in _LEFT_OUT_FIRST:
            if width is not None and sum(widths.values()) + 2 * (len(widths) - 1) > width:
                left_out.append(name)
                del columns[name], widths[name]
        lines, widths = list(zip(*columns.values(), strict=True)), list(widths.values())
        left = [name in ("layer", "output", "window") for name in columns]
        text = [
            "  ".join(
                cell.ljust(width) if flush else cell.rjust(width)
                for cell, width, flush in zip(line, widths, left, strict=True)
            ).rstrip()
            for line in lines
        ]
        rule = "-" * max(map(len, text))
        notes = self.notes()
        if width is not None:
            notes = textwrap.wrap(" ".join(notes), width, break_on_hyphens=False)
        if left_out:
            notes.append(f"No room for: {', '.join(left_out)}.")
        return "\n".join([text[0], rule, *text[1:-1], rule, text[-1], "", *notes])

    def to_csv(self):
        """Comma-separated values: plain numbers, no totals."""
        file = io.StringIO()
        writer = csv.DictWriter(file, HEAD, lineterminator="\n")
        writer.writeheader()
        writer.writerows(_cells(row, short=False) for row in self.rows)
        return file.getvalue().rstrip("\n")

    def to_markdown(self):
        """A table in Markdown, with an explanation of the columns."""
        rows = [_cells(row, short=True) for row in self.rows]
        right = ["--:" if name in _NUMBERS else ":--" for name in HEAD]
        lines = [HEAD, right, *([row[name] for name in HEAD] for row in rows)]
        table = [
            "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
        ]
        return "\n".join([*table, "", *self.notes()])

    def notes(self):
        """The lines under the table: totals, the meaning of the columns, and exceptions."""
        statistics = self.total("statistics")
        lines = NOTES.format(
            parameters=self.total("parameters"),
            weights=self.total("weights"),
            biases=self.total("biases"),
            statistics=f", {statistics:,} statistics that are not learned" if statistics else "",
        ).split("\n")
        unknown = [f"{row.layer} ({row.kind})" for row in self.rows if row.macs is None]
        shared = [row.layer for row in self.rows if row.shared]
        lines += [UNKNOWN.format(", ".join(unknown))] if unknown else []
        lines += [SHARED.format(", ".join(shared))] if shared else []
        return lines


HEAD = (
    *("layer", "kind", "output", "window", "weights", "parameters"),
    *("field", "step", "MACs", "memory", "dense"),
)
_NUMBERS = HEAD[4:]
_LEFT_OUT_FIRST = ("weights", "dense", "memory", "step", "window", "field")
_DECIMAL = ("", "k", "M", "G", "T")
_BYTES = ("B", "KiB", "MiB", "GiB")


def _cells(row, short):
    """The text of each column: 2.46M and blanks where `short`, else 2457600 and zeros."""
    shapes = row.output if row.output and isinstance(row.output[0], tuple) else (row.output,)
    cells = {
        "layer": row.layer,
        "kind": row.kind,
        "output": " ".join("x".join(map(str, shape)) for shape in shapes),
        "window": _window(row.window),
        "weights": row.weights,
        "parameters": row.parameters,
        "field": "all" if row.sees_everything else _axes(row.receptive_field),
        "step": _axes(row.stride),
        "MACs": row.macs,
        "memory": row.memory,
        "dense": row.dense_weights,
    }
    if not short:
        return {name: "" if cell is None else str(cell) for name, cell in cells.items()}
    counted = row.parameters > 0
    return cells | {
        "weights": f"{row.weights:,}" if counted else "",
        "parameters": f"{row.parameters:,}" if counted else "",
        "MACs": "?" if row.macs is None else _units(row.macs, 1000, _DECIMAL) if row.macs else "",
        "memory": _units(row.memory, 1024, _BYTES),
        "dense": "" if row.dense_weights is None else _units(row.dense_weights, 1000, _DECIMAL),
    }


def _window(window):
    if window is None:
        return ""
    words = ["x".join(map(str, window.kernel))]
    if any(s != 1 for s in window.stride):
        words[0] += f"/{_axes(window.stride)}"
    if any(d != 1 for d in window.dilation):
        words.append(f"dilated {_axes(window.dilation)}")
    if any(any(sides) for sides in window.padding):
        words.append(f"pad {_axes([str(a) if a == b else f'{a}+{b}' for a, b in window.padding])}")
        if words[0].strip("1x") == "":  # nothing but padding
            words = words[-1:]
    return " ".join(words)


def _axes(values):
    """One number where all axes agree."""
    if not values:
        return ""
    words = [str(value) for value in values]
    return words[0] if len(set(words)) == 1 else "x".join(words)


def _units(value, base, names):
    """Three digits and a unit."""
    for name in names:
        if value < base or name == names[-1]:
            break
        value /= base
    digits = f"{value:.3g}" if value < 1000 else f"{value:.0f}"
    return f"{digits} {name}" if name in _BYTES else f"{digits}{name}"
