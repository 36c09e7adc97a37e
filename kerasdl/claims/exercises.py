"""What the `exercises` report claims."""

from kerasdl.claims.kinds import (
    Alike,
    At,
    Claim,
    Difference,
    Diverges,
    Growth,
    Highest,
    Increasing,
    Last,
    Measured,
    Near,
    RiseAbove,
    Top,
    Within,
)  # fmt: skip

E = "exercises/"
VAL = Last("val_accuracy")
TEST = Measured("test", "accuracy")
ERROR = Last("val_loss")  # mean squared error

LINEAR, WIDE, BEST = (f"{E}circles_{name}" for name in ("linear", "wide", "best"))
ACTIVATIONS = ("sigmoid", "tanh", "relu")
TWO = {name: f"{E}circles_two_layer-{name}" for name in ACTIVATIONS}
THREE = {name: f"{E}circles_three_layer-{name}" for name in ACTIVATIONS}
OPTIMIZER = {name: f"{E}circles_optimizer-{name}" for name in ("adam", "rmsprop", "sgd")}
BCE = {size: f"{E}circles_bce-{size}" for size in (5, 10, 20, 40)}

CIRCLES = (
    Claim("one linear layer: 59.40 %", "1, question 1", Near(LINEAR, VAL, 0.594, 0.02)),
    Claim(
        "two layers: tanh is the best",
        "1, question 1, figure 1",
        Top((TWO["tanh"], TWO["sigmoid"], TWO["relu"]), VAL),
    ),
    Claim("two layers, tanh: 77.35 %", "1, question 1", Near(TWO["tanh"], VAL, 0.7735, 0.05)),
    Claim(
        "three layers, sigmoid: 59.60 %", "1, question 1", Near(THREE["sigmoid"], VAL, 0.596, 0.02)
    ),
    Claim("three layers, tanh: 78.20 %", "1, question 1", Near(THREE["tanh"], VAL, 0.782, 0.05)),
    Claim("three layers, ReLU: 99.80 %", "1, question 1", Near(THREE["relu"], VAL, 0.998, 0.01)),
    Claim(
        "three layers: ReLU is the best",
        "1, question 1",
        Top((THREE["relu"], THREE["sigmoid"], THREE["tanh"]), VAL),
    ),
    Claim(
        "layers of 100 and 150 ReLU units are the best of the question",
        "1, question 1",
        Top((WIDE, LINEAR, *TWO.values(), *THREE.values()), VAL),
    ),
    Claim("Adam, 0.01: 99.90 %", "1, question 2", Near(OPTIMIZER["adam"], VAL, 0.999, 0.005)),
    Claim(
        "RMSprop, 0.005: 99.80 %", "1, question 2", Near(OPTIMIZER["rmsprop"], VAL, 0.998, 0.005)
    ),
    *(
        Claim(
            f"50 epochs in batches of {size}: 100 %",
            "1, question 2",
            Within(f"{E}circles_batch-{size}", VAL, least=0.999),
        )
        for size in (5, 10, 20)
    ),
    *(
        Claim(
            f"crossentropy, batches of {size}: 99.5 % in less than 10 epochs",
            "1, question 3",
            Within(name, Highest("val_accuracy", before=10), least=0.995),
        )
        for size, name in BCE.items()
    ),
    Claim(
        "crossentropy converges faster than the squared error",
        "1, question 3",
        Increasing((OPTIMIZER["adam"], BCE[10]), At("val_accuracy", 3)),
    ),
    Claim("the best model: 100 % on test", "1, question 4", Within(BEST, TEST, least=0.999)),
)

CONV = {
    (count, name): f"{E}digits_conv-{count}-{name}"
    for count in (1, 2, 3)
    for name in ("softmax", "sigmoid", "tanh")
}
THREE_TANH = CONV[3, "tanh"]
SGD, LONG, CROSS, CLIPPED, DIGITS = (
    f"{E}digits_{name}" for name in ("sgd", "sgd_long", "cross_entropy", "clipped", "best")
)

DIGIT_CLAIMS = (
    Claim(
        "one linear layer: 88.02 %", "2, question 1", Near(f"{E}digits_linear", VAL, 0.8802, 0.03)
    ),
    Claim(
        "three convolutions with tanh: 95.09 %",
        "2, question 1",
        Near(THREE_TANH, VAL, 0.9509, 0.02),
    ),
    Claim(
        "three convolutions with tanh are the best",
        "2, question 1",
        Top((THREE_TANH, *(name for name in CONV.values() if name != THREE_TANH)), VAL),
    ),
    *(
        Claim(
            f"{count} convolution{'s' if count > 1 else ''}: softmax converges best",
            "2, question 1, figure 6",
            Top(
                tuple(CONV[count, name] for name in ("softmax", "sigmoid", "tanh")),
                At("loss", 5),
                lowest=True,
            ),
        )
        for count in (1, 2, 3)
    ),
    Claim(
        "20 channels converge faster than 10",
        "2, question 2, figure 7",
        Increasing((THREE_TANH, SGD), At("accuracy", 2)),
    ),
    Claim("20 channels: 96.47 %", "2, question 2", Near(SGD, VAL, 0.9647, 0.01)),
    Claim("20 epochs: 97.17 %", "2, question 2", Near(LONG, VAL, 0.9717, 0.01)),
    Claim("crossentropy at 0.1 explodes", "2, question 3", Diverges(CROSS)),
    Claim(
        "clipped, the loss increases after 2 epochs",
        "2, question 3",
        Within(CLIPPED, Growth("loss", 2), least=0.0),
    ),
    Claim(
        "at 0.025, 50 epochs: 98.21 % on validation",
        "2, question 3",
        Near(DIGITS, VAL, 0.9821, 0.01),
    ),
    Claim("the same on test: 98.39 %", "2, question 4", Near(DIGITS, TEST, 0.9839, 0.01)),
)

COLOURED = f"{E}coloured_digits"
ONE_CONV = {name: f"{COLOURED}_one_conv-{name}" for name in ("separate", "shared")}
ACTIVATION = {name: f"{COLOURED}_activation-{name}" for name in ACTIVATIONS}
DIGIT = Measured("validation", "digit_accuracy")

COLOURED_CLAIMS = (
    Claim(
        "digits 99.13 %",
        "3, question 4",
        Near(COLOURED, Measured("test", "digit_accuracy"), 0.9913, 0.005),
    ),
    Claim(
        "colours 100 %",
        "3, question 4",
        Within(COLOURED, Measured("test", "colour_accuracy"), least=0.9999),
    ),
    Claim("both 99.13 %", "3, question 4", Near(COLOURED, TEST, 0.9913, 0.005)),
    Claim(
        "test is better than validation",
        "3, question 4",
        Within(COLOURED, Difference(TEST, Measured("validation", "accuracy")), least=0.0001),
    ),
    *(
        Claim(
            f"one convolution, {name}: colours 100 %",
            "3, question 1, figure 9",
            Within(recipe, Measured("validation", "colour_accuracy"), least=0.9999),
        )
        for name, recipe in ONE_CONV.items()
    ),
    Claim(
        "tanh is the best activation",
        "3, question 1, figure 10",
        Top((ACTIVATION["tanh"], ACTIVATION["sigmoid"], ACTIVATION["relu"]), DIGIT),
    ),
)

R = f"{E}regression_"
DEPTHS = (1, 2, 3, 5)
GAUSSIAN, FAST = f"{R}gaussian", f"{R}gaussian_fast"
OPTIMIZERS = tuple(f"{R}optimizer-{name}" for name in ("rmsprop", "sgd", "adam"))

# The report's losses are of other data, perhaps: half of the number is allowed for.
REGRESSION = (
    Claim(
        "prices that are not normalized: the gradient explodes",
        "4, question 1",
        Diverges(f"{R}raw"),
    ),
    *(
        Claim(
            f"{depth} layers: tanh has the lowest loss",
            "4, question 1, figure 11",
            Top(
                tuple(f"{R}depth-{depth}-{name}" for name in ("tanh", "sigmoid", "relu")),
                ERROR,
                lowest=True,
            ),
        )
        for depth in DEPTHS
    ),
    Claim("3 layers: 0.005699", "4, question 1", Near(f"{R}depth-3-tanh", ERROR, 0.005699, 0.0028)),
    Claim(
        "3 layers are the best",
        "4, question 1",
        Top(tuple(f"{R}depth-{depth}-tanh" for depth in (3, 1, 2, 5)), ERROR, lowest=True),
    ),
    Claim(
        "5 layers converge more steeply than 3",
        "4, question 1, figure 11",
        Increasing((f"{R}depth-5-tanh", f"{R}depth-3-tanh"), Growth("loss", 1)),
    ),
    Claim(
        "5 layers of 20: 0.005490", "4, question 1", Near(f"{R}width-5-20", ERROR, 0.00549, 0.0027)
    ),
    Claim(
        "3 layers of 6: 0.005518", "4, question 1", Near(f"{R}width-3-6", ERROR, 0.005518, 0.0027)
    ),
    Claim(
        "5 layers of 20 are the best",
        "4, question 1",
        Top(
            (
                f"{R}width-5-20",
                *(f"{R}width-{d}-{w}" for d in (3, 5) for w in (5, 6, 10, 20) if (d, w) != (5, 20)),
            ),
            ERROR,
            lowest=True,
        ),
    ),
    *(
        Claim(
            f"{depth} layers: little is gained beyond 10 units",
            "4, question 1",
            Alike((f"{R}width-{depth}-10", f"{R}width-{depth}-20"), ERROR, 0.0005),
        )
        for depth in (3, 5)
    ),
    Claim(
        "batches of 10, 0.1: 0.005119",
        "4, question 2",
        Near(f"{R}batch-10", ERROR, 0.005119, 0.0025),
    ),
    Claim(
        "the larger the batch, the higher the loss",
        "4, question 2",
        Increasing(tuple(f"{R}batch-{size}" for size in (10, 50, 100)), ERROR),
    ),
    Claim(
        "a learning rate of 0.5 is bad, or nan",
        "4, question 2",
        # bad: the loss at least doubles (question 2 reports 0.005119 at 0.1)
        Increasing((f"{R}lr-0.1", f"{R}lr-0.5"), ERROR, by=0.005, or_fails=True),
    ),
    Claim("a learning rate of 1 gives nan", "4, question 2", Diverges(f"{R}lr-1")),
    Claim("RMSprop, 0.005: 0.003820", "4, question 2", Near(OPTIMIZERS[0], ERROR, 0.00382, 0.0019)),
    Claim("RMSprop is the best", "4, question 2, figure 12", Top(OPTIMIZERS, ERROR, lowest=True)),
    Claim(
        "Gaussian loss -1.570 on validation", "4, question 3", Near(GAUSSIAN, ERROR, -1.570448, 0.2)
    ),
    Claim(
        "Gaussian loss -1.370 on test",
        "4, question 4",
        Near(GAUSSIAN, Measured("test", "loss"), -1.369851, 0.2),
    ),
    Claim(
        "the loss on test is in the range of validation's",
        "4, question 4",
        Within(
            GAUSSIAN,
            Difference(Measured("test", "loss"), Measured("validation", "loss")),
            least=-0.3,
            most=0.3,
        ),
    ),
    Claim(
        "at 0.005 the loss goes back up",
        "4, question 3",
        Within(FAST, RiseAbove("val_loss"), least=0.1),
    ),
)

CLAIMS = tuple(
    Claim(claim.says, f"exercise {claim.place}", claim.check)
    for claim in (*CIRCLES, *DIGIT_CLAIMS, *COLOURED_CLAIMS, *REGRESSION)
)
