"""The `exercises` report: four small problems, and what architecture, optimizer and loss do.

    kerasdl train exercises/regression_gaussian

One module an exercise. Seconds to minutes on two CPU cores. The report says what it varies; the
rest is marked (a), for assumed.
"""

from kerasdl.studies.exercises import circles, coloured_digits, digits, regression
from kerasdl.studies.study import Study

_EXERCISES = (circles, digits, coloured_digits, regression)  # 1 to 4

STUDY = Study(
    "exercises",
    title="exercises: architecture, optimizer and loss in four small problems",
    recipes=tuple(recipe for exercise in _EXERCISES for recipe in exercise.RECIPES),
    families=tuple(family for exercise in _EXERCISES for family in exercise.FAMILIES),
    claims=tuple(claim for exercise in _EXERCISES for claim in exercise.CLAIMS),
    omissions=tuple(omission for exercise in _EXERCISES for omission in exercise.OMISSIONS),
)
