"""The `dropout` report: one network, dropout and hyper-parameters, CIFAR-10.

    kerasdl train dropout/model2

"Image Classification Using ConvNets" (assignment 2, November 2020): 49,000 training
and 1,000 validation images, the first and the last; the best validation epoch is
reported, and the test set is looked at once.
"""

from kerasdl.claims import (
    Alike,
    At,
    BestEpoch,
    Claim,
    Difference,
    Growth,
    Highest,
    HighestWithin,
    Increasing,
    Last,
    MeanOver,
    Metric,
    Near,
    Omission,
    RiseAboveLowest,
    Top,
    Within,
)
from kerasdl.studies.dropout.experiments import (
    MODEL1,
    MODEL2,
    MODEL3,
    MODEL4,
    MODEL5,
    MODEL6,
    MODEL7,
    MODEL7B,
    MODELS,
)
from kerasdl.studies.study import Family, Study

BEST = Highest("val_accuracy")  # the report quotes the best validation epoch
LOSS = Metric("validation", "loss")  # of the weights of that epoch
VAL_GAP = Difference(Last("val_loss"), Last("loss"))
# Figures 2 to 9 have a grid of five points.
FIGURE = 0.025

# Tables 3, 5, 7 to 11 and 13: validation accuracy, its epoch and of how many, and loss.
_TABLES = (
    (MODEL1, "table 3", 0.746, 16, 20, 0.979),
    (MODEL2, "table 5", 0.822, 49, 50, 0.548),
    (MODEL3, "table 7", 0.848, 288, 300, 0.499),
    (MODEL4, "table 8", 0.859, 245, 300, 0.485),
    (MODEL5, "table 9", 0.797, 48, 50, 0.871),
    (MODEL6, "table 10", 0.753, 285, 300, 0.749),
    (MODEL7, "table 11", 0.786, 50, 50, 0.640),
    (MODEL7B, "table 13", 0.857, 237, 300, 0.459),
)


def _of(recipe):
    """`"model 1"` of the recipe `dropout/model1`."""
    return recipe.name.partition("/model")[2]


CLAIMS = (
    *(
        Claim(
            f"model {_of(recipe)}: validation accuracy {accuracy:.1%}",
            place,
            Near(recipe, BEST, accuracy, read=0.0005),
        )
        for recipe, place, accuracy, *_ in _TABLES
    ),
    *(
        Claim(
            f"model {_of(recipe)}: best at epoch {epoch} of {epochs}",
            place,
            Near(recipe, BestEpoch("val_accuracy"), epoch, read=0.5),
        )
        for recipe, place, _, epoch, epochs, _ in _TABLES
    ),
    *(
        Claim(
            f"model {_of(recipe)}: validation loss {loss:.3f} at that epoch",
            place,
            Near(recipe, LOSS, loss, read=0.0005),
        )
        for recipe, place, *_, loss in _TABLES
    ),
    Claim(
        "model 1: training accuracy goes up to 100 %",
        "figure 2",
        Near(MODEL1, HighestWithin("accuracy"), 1.0, read=FIGURE),
    ),
    Claim(
        "model 1: the training loss decreases to zero",
        "figure 2",
        Within(MODEL1, Last("loss"), most=0.1),
    ),
    Claim(
        "model 1: the validation loss increases meanwhile",
        "figure 2",
        Within(MODEL1, RiseAboveLowest("val_loss"), least=0.2),
    ),
    Claim(
        "model 1: validation accuracy levels off at 70 to 75 %",
        "figure 2",
        Within(MODEL1, Last("val_accuracy"), least=0.70, most=0.75),
    ),
    Claim(
        "dropout improves accuracy a lot, by 7.6 points",
        "figure 3, table 5",
        Increasing((MODEL1, MODEL2), BEST, by=0.05),
    ),
    Claim(
        "model 2 slightly overfits",
        "figure 3",
        Within(MODEL2, VAL_GAP, least=0, most=0.25),
    ),
    Claim(
        "model 2: the loss is still decreasing",
        "figure 3",
        Within(MODEL2, Growth("loss", 40), most=0),
    ),
    Claim(
        "momentum 0.5 and more epochs improve it again",
        "table 7",
        Increasing((MODEL2, MODEL3), BEST),
    ),
    Claim(
        "momentum 0.5 converges more slowly",
        "table 7, figure 4",
        Increasing((MODEL3, MODEL2), At("val_accuracy", 50)),
    ),
    Claim(
        "model 3 slightly overfits",
        "figure 4",
        Within(MODEL3, VAL_GAP, least=0, most=0.25),
    ),
    Claim(
        "a batch of 64 is better than momentum 0.5", "table 8", Increasing((MODEL3, MODEL4), BEST)
    ),
    Claim(
        "model 4: training accuracy goes up to 90 %",
        "figure 5",
        Near(MODEL4, HighestWithin("accuracy"), 0.90, read=FIGURE),
    ),
    Claim("dropout of 0.2 is worse than 0.5", "table 9", Increasing((MODEL5, MODEL2), BEST)),
    Claim(
        "with dropout of 0.2 it overfits",
        "figure 6",
        Within(MODEL5, VAL_GAP, least=0.25),
    ),
    Claim(
        "with dropout of 0.8 the training loss does not converge to zero",
        "figure 7",
        Within(MODEL6, Last("loss"), least=0.5),
    ),
    Claim(
        "with dropout of 0.8 the validation loss does not converge to zero",
        "figure 7",
        Within(MODEL6, Last("val_loss"), least=0.5),
    ),
    Claim(
        "model 7: the loss is still decreasing",
        "figure 8",
        Within(MODEL7, Growth("val_loss", 40), most=0),
    ),
    Claim(
        "model 7: the accuracy is still increasing",
        "figure 8",
        Within(MODEL7, Growth("val_accuracy", 40), least=0),
    ),
    Claim("more epochs improve model 7", "table 13", Increasing((MODEL7, MODEL7B), BEST)),
    Claim(
        "model 7b: the validation loss stays at about 0.5",
        "figure 9",
        Near(MODEL7B, MeanOver("val_loss", 237, 300), 0.5, read=0.05),
    ),
    Claim(
        "model 7b: the training loss decreases meanwhile",
        "figure 9",
        Within(MODEL7B, Growth("loss", 237), most=0),
    ),
    Claim(
        "with more epochs, it is like model 4 in accuracy",
        "figure 9",
        Alike((MODEL4, MODEL7B), BEST, 0.02),
    ),
    Claim(
        "with more epochs, it is like model 4 in loss",
        "figure 9",
        Alike((MODEL4, MODEL7B), LOSS, 0.05),
    ),
    Claim("model 4 is the best", "table 14", Top(MODEL4, MODELS, BEST)),
    Claim(
        "model 4: test accuracy 83.01 %",
        "table 14",
        Near(MODEL4, Metric("test", "accuracy"), 0.8301, read=0.00005),
    ),
)

OMISSIONS = (
    Omission("images of the training set", "figure 1", "pictures without a number"),
    Omission(
        "means and deviations of the images",
        "table 1",
        "no finding of a run: a test computes them from the data, where those are at hand",
    ),
    Omission(
        "epochs, batch, momentum, learning rate and dropout of each model",
        "table 2, table 4, table 6, table 12",
        "settings: the recipes have them, and tests hold them to the tables",
    ),
    Omission(
        "2.6, 1.1 and 2.5 points between models, and 2.89 from validation to test",
        "table 7, table 8, table 9, table 14",
        "differences of numbers that have claims",
    ),
    Omission(
        "no higher accuracy for 55 further epochs in model 4, nor after epoch 237 in model 7b",
        "table 8, table 13",
        "the same as their best epochs, which have claims",
    ),
    Omission(
        "1600 inputs to the first dense layer",
        "section 1.2",
        "no finding: the network has them, and a test holds its weights to a sum by hand",
    ),
)

STUDY = Study(
    "dropout",
    title="dropout: one network, its dropout and its hyper-parameters",
    recipes=MODELS,
    families=(Family.ladder(*MODELS),),
    claims=CLAIMS,
    omissions=OMISSIONS,
)
