"""How far the numbers of one recipe agree on several backends, step by step.

Rounding differs between backends, and training amplifies it: after enough steps no digits are
left in common. So every distance is measured against a yardstick: the same run on one backend,
with its initial weights changed by one rounding. A backend that stays as near as that differs by
rounding; one that does not computes something else, and the first quantity that departs says where.

    trace.py       one run, step by step, on the backend in use
    distances.py   how far two runs are apart, and what the yardstick allows
    compare.py     the runs of a comparison, each in its process
    comparison.py  what came out of it
    planned.py     the comparisons that the page of parity shows, one after another

`kerasdl.reports` draws the distances over the steps, and makes the page.
"""
