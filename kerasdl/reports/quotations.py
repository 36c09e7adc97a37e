"""Which sentence of a report a claim rests on."""

from kerasdl.reports.quotation_texts import (
    CIRCLES,
    CNN,
    DIGITS,
    DROPOUT,
    EPOCHS,
    MODELS,
    REGRESSION,
    REGULARIZATION,
    TRANSFORMERS,
)


def _of_model(row, model):
    """The claims that a row of a table makes: accuracy, loss and epoch."""
    accuracy, loss, epoch = row.split(" | ")[1:]
    return (
        f"{model}: validation accuracy {accuracy}",
        f"{model}: best at epoch {epoch} of {EPOCHS.get(model, 300)}",
        f"{model}: validation loss {float(loss):.3f} at that epoch",
    )


QUOTATIONS = {
    "regularization": REGULARIZATION,
    "transformers": TRANSFORMERS,
    "exercises": CIRCLES | DIGITS | REGRESSION,
    "mlp_vs_cnn": CNN,
    "dropout": {row: _of_model(row, model) for row, model in MODELS.items()} | DROPOUT,
}
"""Name of a report -> sentence of it -> the claims made of the sentence, in their words."""

_BY_CLAIM = {
    report: {says: sentence for sentence, claims in sentences.items() for says in claims}
    for report, sentences in QUOTATIONS.items()
}


def quotation(report, says):
    """The sentence of a report that a claim rests on, or `""`.

    Args:
        report: its name.
        says: the claim's words.

    Example:
    >>> quotation("regularization", "Adam does not solve overfitting")
    "We notice that using Adam optimizer doesn't solve the overfitting problem."
    """
    return _BY_CLAIM.get(report, {}).get(says, "")
