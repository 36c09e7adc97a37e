"""Sentences that the Markdown form and the HTML form of a page share."""

from kerasdl.reports.markup import Prose

TITLE = "Five reports, reproduced"
PURPOSE = "What they claim, what we measured, and what holds."

VERDICTS = Prose("""Runs are compared with runs of the same backend and seed. *holds*: in all of them;
*does not hold*: in none; *inconclusive*: they disagree, or are equal where one should be higher;
*not run*: a run is missing. n is how many comparisons there are. What is measured has its mean, and
its standard deviation over the seeds (a seed begins alike on every backend), one for each experiment
of the check. No tolerance was chosen by which verdict it gives. Claims about time rest on times of a
machine that did other work as well.""")

RESULTS = (
    "Of the weights that each recipe keeps; training time without evaluation, "
    "(hours:)minutes:seconds, the mean over seeds. The machine did other work beside these "
    "runs: times are no benchmark."
)
NO_RESULTS = "Nothing was run yet."
LEFT_OUT = "Runs that decide no claim."
SIDE_BY_SIDE = "On the part of the data that all of them log and none was trained on."
