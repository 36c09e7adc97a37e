"""Where the reports have numbers, tables and figures: each needs a claim or a reason why it has none.

Read off the reports, not off the studies; written as the studies write places. Questions without a
number, a table or a figure, whose answers are definitions or opinions, are not listed.
"""

import re


def _numbered(word, *numbers):
    return tuple(f"{word}{number}" for number in numbers)


PLACES = {
    "regularization": (
        *_numbered("I.Q", 4, 7, 10, 14, 15, 16, 17),  # sizes, equations, a table, gradients
        *_numbered("II.Q", 1, 7, 8, 9, 10, 11, 12),  # formulas and numbers of weights
        *_numbered("II.Q", 13, 16, 17, 18, 19, 22, 25, 26, 28, 29, 34),  # experiments
        *_numbered("figure ", *range(1, 10)),
    ),
    "transformers": (
        *_numbered("section 1, Q.", 7),
        *_numbered("Q.", 14, 15, 16, 17),  # gradients, and of section 2 the learning rate
        *_numbered("section 2, Q.", 1, 10, 12, 16, 17),
        *_numbered("Q.", 7, 8, 9, 11),
        *_numbered("section 2, Q.", 18, 19, 22, 26, 29, 34),  # experiments
        *_numbered("section 3.", 1, 2, 3, 4, 5, 6),
        *_numbered("figure ", *range(1, 15)),
    ),
    "exercises": (
        *_numbered("exercise 1, question ", 1, 2, 3, 4),
        "exercise 1, question 2, a figure",  # "see dark blue curve for size 20"
        *_numbered("exercise 2, question ", 1, 2, 3, 4),
        "exercise 2, question 2, a table",  # "a summary of the obtained accuracies"
        *_numbered("exercise 3, question ", 1, 2, 4),  # 3: the loss, without a number
        *_numbered("exercise 4, question ", 1, 2, 3, 4),
        *_numbered("exercise 4, question ", "1, a table", "2, a table"),  # losses
        *_numbered("figure ", *range(1, 13)),
    ),
    "mlp_vs_cnn": (
        "section Neural Network",
        "listings",
        "convolutional layer",
        "pooling layer",
        *(f"point 4{point}, log {point}" for point in "abc"),
        "5/6a, left log",
        "5/6a, right log",
        "5/6b",
        "section ResNet18, its log",
        "figures",
    ),
    "dropout": (
        "section 1.2",
        *_numbered("table ", *range(1, 15)),
        *_numbered("figure ", *range(1, 10)),
    ),
}
"""Name of a study -> its places."""


def missing(places, text):
    """Those of `places` that `text` does not name: `figure 1` is not the beginning of `figure 12`.

    Example:
    >>> missing(("figure 1", "figure 12"), "II.Q19, figure 12")
    ['figure 1']
    """
    return [place for place in places if not re.search(rf"(?<!\w){re.escape(place)}(?!\w)", text)]
