"""How long training took, and what is not yet run would take, for people."""

import re

_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1, "day": 24, "days": 24}


def hours(cost):
    """Hours that a recipe's `cost` names; 0 where it names none.

    Example:
    >>> hours("4.5 h"), hours("30 min"), hours("2 days"), hours("")
    (4.5, 0.5, 48.0, 0.0)
    """
    found = re.match(r"([\d.]+) (s|min|h|days?)\b", cost)
    return float(found[1]) * _HOURS[found[2]] if found else 0.0


def duration(number_of_hours):
    """A duration with as many digits as matter.

    Example:
    >>> duration(0.01), duration(0.5), duration(3.25), duration(53.0), duration(0.001)
    ('1 min', '30 min', '3.2 h', '53 h', 'under 1 min')
    """
    if 0 < number_of_hours < 1 / 120:
        return "under 1 min"
    if number_of_hours < 1:
        return f"{round(number_of_hours * 60)} min"
    return f"{number_of_hours:.1f} h" if number_of_hours < 10 else f"{number_of_hours:.0f} h"
