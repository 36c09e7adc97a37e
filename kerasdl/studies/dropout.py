"""The `dropout` report: one network, dropout and hyper-parameters, CIFAR-10.

    kerasdl train dropout/model2

"Image Classification Using ConvNets" (assignment 2, November 2020): 49,000 training
and 1,000 validation images, the first and the last; the best validation epoch is
reported, and the test set is looked at once.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe

# Section 1.2; 890,410 parameters, 1,600 inputs to the first dense layer.
NETWORK = {
    "filters": ((32, 32), (64, 64)),
    "kernel_size": 3,
    "padding": "valid",
    "units": (512,),
    "dropout_after": ("pool", "dense"),  # section 1.3, under table 5
    "kernel_initializer": "fan_in_uniform",  # (a)
    "bias_initializer": "fan_in_uniform",  # (a)
}

MODEL2 = Recipe(
    name="dropout/model2",
    data=Data(
        "cifar10",
        validation=1000,
        # the report's last 1,000; a copy of CIFAR-10 in another order has other ones
        validation_rule="last",
    ),
    model=Model("CNN", arguments={**NETWORK, "dropout": 0.5}),
    inputs="standardize",  # table 1: statistics of the images, per channel
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=1e-3, arguments={"momentum": 0.9}),  # table 4
    epochs=50,
    batch_size=32,
    select="val_accuracy",  # table 5 quotes the best validation epoch
    log_every=100,
    source="dropout, tables 4 and 5, figure 3",
    expected="validation accuracy 82.2 %, loss 0.5478, at epoch 49",
    cost="45 min",
    assumptions={
        "model.arguments.kernel_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "model.arguments.bias_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "inputs": "statistics of the 49,000 training images; the report's table 1 agrees to 3 digits",
    },
)


def _model(number, *, epochs, batch_size, momentum, learning_rate, dropout, tables, reported):
    return replace(
        MODEL2,
        name=f"dropout/model{number}",
        model=Model("CNN", arguments={**NETWORK, "dropout": dropout}),
        optimizer=Optimizer("sgd", learning_rate, arguments={"momentum": momentum}),
        epochs=epochs,
        batch_size=batch_size,
        source=f"dropout, {tables}",
        expected=f"validation accuracy {reported}",
        cost=f"{round(epochs * 0.9)} min" if epochs < 100 else f"{epochs * 0.015:.1f} h",
    )


# Tables 2, 4, 6 and 12: the hyper-parameters; 3, 5, 7 to 11 and 13: what came out.
RECIPES = (
    _model(
        "1",
        epochs=20, batch_size=32, momentum=0.9, learning_rate=1e-3, dropout=0.0,
        tables="tables 2 and 3, figure 2",
        reported="74.6 %, loss 0.9791, at epoch 16; training reaches 100 %",
    ),
    MODEL2,
    _model(
        "3",
        epochs=300, batch_size=32, momentum=0.5, learning_rate=1e-3, dropout=0.5,
        tables="tables 6 and 7, figure 4",
        reported="84.8 %, loss 0.4994, at epoch 288",
    ),
    _model(
        "4",
        epochs=300, batch_size=64, momentum=0.9, learning_rate=1e-3, dropout=0.5,
        tables="tables 6, 8 and 14, figure 5",
        reported="85.9 %, loss 0.4854, at epoch 245; test 83.01 %",
    ),
    _model(
        "5",
        epochs=50, batch_size=32, momentum=0.9, learning_rate=1e-3, dropout=0.2,
        tables="tables 6 and 9, figure 6",
        reported="79.7 %, loss 0.8708, at epoch 48",
    ),
    _model(
        "6",
        epochs=300, batch_size=32, momentum=0.9, learning_rate=1e-3, dropout=0.8,
        tables="tables 6 and 10, figure 7",
        reported="75.3 %, loss 0.7491, at epoch 285: underfits",
    ),
    _model(
        "7",
        epochs=50, batch_size=128, momentum=0.5, learning_rate=1e-2, dropout=0.5,
        tables="tables 6 and 11, figure 8",
        reported="78.6 %, loss 0.6396, at epoch 50",
    ),
    _model(
        "7b",
        epochs=300, batch_size=128, momentum=0.5, learning_rate=1e-2, dropout=0.5,
        tables="tables 12 and 13, figure 9",
        reported="85.7 %, loss 0.4594, at epoch 237",
    ),
)  # fmt: skip
