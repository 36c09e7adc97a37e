"""What the page of parity says first: how many comparisons stay within, and the largest distances."""

from kerasdl.studies import parity

LOSSES = parity.SHORT_STEPS  # how many of the first losses have a column, in float64


def in_words(rows):
    """How many comparisons were made, how many stay within, and the largest distances.

    Args:
        rows: sequence of `kerasdl.reports.agreement.Row`.
    """
    made = [row for row in rows if row.distances]
    planned = [row for row in rows if row.planned]
    others = len(rows) - len(planned)
    sentences = [
        f"{len(made) - others} of {len(planned)} planned comparisons were made"
        + (f", and {others} more" if others else "")
        + f"; in {_within(made)} of them every pair of backends stays within the envelope."
    ]
    in_lockstep = [row for row in made if row.compared.lockstep]
    in_float32 = [row for row in made if row.compared.precision == "float32"]
    single = [row for row in made if _is_single(row)]
    double = [row for row in single if row.compared.precision == "float64"]
    with_adam = [row for row in double if row.compared.recipe.optimizer.name == "adam"]
    if in_lockstep:
        sentences.append(
            f"Where every step starts from the same state, so that nothing accumulates, that is "
            f"{_within(in_lockstep)} of {len(in_lockstep)}."
        )
    if in_float32:
        sentences.append(
            "These verdicts are on each array. As whole quantities, relative to the largest entry of "
            "all layers (outputs: of each layer), every pair stays at every step within ten times one "
            f"rounding, or 1e-5 where that is more, in {_within_as_a_whole(in_float32)}."
        )
    sentences += [
        _largest("gradients of the first step, in float32 or float64,", "gradients", 1, single),
        _largest(f"first {LOSSES} losses in float64", "loss", LOSSES, double),
        _largest("weights in float64 with Adam, over all steps,", "weights", None, with_adam),
    ]
    return " ".join(filter(None, sentences))


def _within(rows):
    return sum(not row.distances.departures for row in rows)


def _within_as_a_whole(rows):
    """How many comparisons stay within by whole quantities, and which do not, in words."""
    parts = []
    for lockstep, kind in ((False, "that train on"), (True, "in lockstep")):
        of_kind = [row for row in rows if row.compared.lockstep == lockstep]
        departing = {
            row.compared.recipe.name: row.distances.steps_of_whole_departures
            for row in of_kind
            if row.distances.steps_of_whole_departures
        }
        outside = ", ".join(
            f"{name} departs at {'step' if len(steps) == 1 else 'steps'} "
            + ", ".join(map(str, steps))
            for name, steps in departing.items()
        )
        if of_kind:
            parts.append(
                f"{len(of_kind) - len(departing)} of {len(of_kind)} comparisons in float32 {kind}"
                + (f" ({outside})" if outside else "")
            )
    return " and in ".join(parts)


def _is_single(row):
    """Whether a comparison trains on, in float32 or float64."""
    return not row.compared.lockstep and row.compared.precision in ("float32", "float64")


def _largest(words, quantity, steps, rows):
    """A sentence: the largest distance of a quantity in the first steps; `""` without rows."""
    if not rows:
        return ""
    row = max(rows, key=lambda row: row.distances.largest(quantity, steps))
    return (
        f"The largest distance of the {words} between any two backends is "
        f"{shown_distance(row.distances.largest(quantity, steps))}, where one rounding makes "
        f"{shown_distance(row.distances.yardstick(quantity, steps))} "
        f"({row.compared.recipe.name}, {row.compared.precision})."
    )


def shown_distance(value):
    """As a page shows it: a JSON file has what is not finite as text.

    Example:
    >>> shown_distance(1.234e-7), shown_distance("inf"), shown_distance(0.0)
    ('1.2e-07', 'inf', '0')
    """
    return f"{float(value):.1e}" if float(value) else "0"
