"""What the `dropout` report claims."""

from kerasdl.claims.kinds import (
    Alike,
    At,
    BestEpoch,
    Claim,
    Gap,
    Highest,
    Increasing,
    Last,
    Measured,
    Near,
    RiseAbove,
    Top,
    Within,
)  # fmt: skip

M1, M2, M3, M4, M5, M6, M7, M7B = MODELS = tuple(
    f"dropout/model{number}" for number in ("1", "2", "3", "4", "5", "6", "7", "7b")
)
BEST = Highest("val_accuracy")  # the report quotes the best validation epoch
LOSS = Measured("validation", "loss")  # of the weights of that epoch

# Tables 3, 5, 7 to 11 and 13: validation accuracy, its epoch and of how many, and loss.
# A thousand images leave a standard error of 1.2 points.
_TABLES = (
    (M1, "table 3", 0.746, 16, 20, 0.979),
    (M2, "table 5", 0.822, 49, 50, 0.548),
    (M3, "table 7", 0.848, 288, 300, 0.499),
    (M4, "table 8", 0.859, 245, 300, 0.485),
    (M5, "table 9", 0.797, 48, 50, 0.871),
    (M6, "table 10", 0.753, 285, 300, 0.749),
    (M7, "table 11", 0.786, 50, 50, 0.640),
    (M7B, "table 13", 0.857, 237, 300, 0.459),
)

CLAIMS = (
    *(
        Claim(f"validation accuracy {accuracy:.1%}", place, Near(name, BEST, accuracy, 0.025))
        for name, place, accuracy, *_ in _TABLES
    ),
    *(
        Claim(
            f"best at epoch {epoch} of {epochs}",
            place,
            Near(name, BestEpoch("val_accuracy"), epoch, 0.1 * epochs),
        )
        for name, place, _, epoch, epochs, _ in _TABLES
    ),
    *(
        Claim(f"validation loss {loss:.3f} at that epoch", place, Near(name, LOSS, loss, 0.1))
        for name, place, *_, loss in _TABLES
    ),
    Claim(
        "training accuracy goes up to 100 %", "figure 2", Within(M1, Last("accuracy"), least=0.99)
    ),
    Claim(
        "the validation loss increases while the training loss decreases",
        "figure 2",
        Within(M1, RiseAbove("val_loss"), least=0.2),
    ),
    Claim(
        "validation accuracy levels off at 70 to 75 %",
        "figure 2",
        Within(M1, Last("val_accuracy"), least=0.70, most=0.75),
    ),
    Claim(
        "dropout improves accuracy a lot, by 7.6 points",
        "figure 3",
        Increasing((M1, M2), BEST, by=0.05),
    ),
    Claim("momentum 0.5 and more epochs improve it again", "table 7", Increasing((M2, M3), BEST)),
    Claim(
        "momentum 0.5 converges more slowly",
        "table 7",
        Increasing((M3, M2), At("val_accuracy", 50)),
    ),
    Claim("a batch of 64 is better than momentum 0.5", "table 8", Increasing((M3, M4), BEST)),
    Claim(
        "model 4: training accuracy goes up to 90 %",
        "figure 5",
        Near(M4, Highest("accuracy"), 0.90, 0.02),
    ),
    Claim("dropout of 0.2 is worse than 0.5", "table 9", Increasing((M5, M2), BEST)),
    Claim("with dropout of 0.2 it overfits", "figure 6", Within(M5, Gap("val"), least=0.05)),
    Claim("dropout of 0.8 underfits", "figure 7", Within(M6, Last("loss"), least=0.5)),
    Claim("more epochs improve model 7", "table 13", Increasing((M7, M7B), BEST)),
    Claim("with more epochs, it is like model 4", "figure 9", Alike((M4, M7B), BEST, 0.02)),
    Claim("model 4 is the best", "table 14", Top((M4, *(m for m in MODELS if m != M4)), BEST)),
    Claim(
        "model 4: test accuracy 83.01 %",
        "table 14",
        Near(M4, Measured("test", "accuracy"), 0.8301, 0.02),
    ),
)
