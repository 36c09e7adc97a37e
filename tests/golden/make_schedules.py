"""Learning rates of whole runs as PyTorch and optax compute them: `schedules.json`.

    python tests/golden/make_schedules.py

needs torch, jax and optax. Made with torch 2.13.0 and optax 0.2.8, in float64.
Each case is a schedule of `kerasdl.schedules` as literals, and a function that
computes its rates at steps 0 to `STEPS - 1` with the other library.
"""

import json
import pathlib

FILE = pathlib.Path(__file__).with_name("schedules.json")
STEPS = 41


def torch_rates(make, learning_rate, steps=STEPS):
    """Rates of the optimizer while `make(torch.optim.lr_scheduler, optimizer)` is stepped."""
    import torch

    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=learning_rate, momentum=0.9)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    rates = []
    for _ in range(steps):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates


def optax_rates(make, steps=STEPS):
    """Values of the schedule `make(optax)`."""
    import jax
    import optax

    with jax.enable_x64(True):
        schedule = make(optax)
        return [float(schedule(jax.numpy.asarray(step))) for step in range(steps)]


def warmed_up(make, steps=6, start=0.01):
    """A linear warm-up before an optax schedule."""

    def joined(optax):
        schedule = make(optax)
        line = optax.linear_schedule(start, float(schedule(0)), steps)
        return optax.join_schedules([line, schedule], [steps])

    return joined


def warmed_up_steps(torch_schedulers, optimizer, start_factor, epochs):
    """A linear warm-up before PyTorch's `StepLR`, both stepped once an epoch."""
    line = torch_schedulers.LinearLR(optimizer, start_factor, total_iters=epochs)
    steps = torch_schedulers.StepLR(optimizer, 2)
    return torch_schedulers.SequentialLR(optimizer, [line, steps], [epochs])


def held(steps_per_epoch, rates):
    """The rates of the steps, from those of the epochs."""
    return [rate for rate in rates for _ in range(steps_per_epoch)][:STEPS]


COSINE = {"learning_rate": 0.4, "duration": 30, "minimum": 0.04}
CYCLE = {"learning_rate": 0.4, "duration": 40, "warmup_fraction": 0.25}

# name -> (schedule, function that computes its rates)
CASES = {
    "constant, optax": (
        {"name": "constant", "learning_rate": 0.4},
        lambda: optax_rates(lambda o: o.constant_schedule(0.4)),
    ),
    "step, torch": (
        {"name": "step", "learning_rate": 0.4, "every": 7, "factor": 0.3},
        lambda: torch_rates(lambda t, opt: t.StepLR(opt, 7, 0.3), 0.4),
    ),
    "step, optax": (
        {"name": "step", "learning_rate": 0.4, "every": 10},
        lambda: optax_rates(lambda o: o.exponential_decay(0.4, 10, 0.1, staircase=True)),
    ),
    "multi_step, torch": (
        {"name": "multi_step", "learning_rate": 0.4, "milestones": [5, 6, 30], "factor": 0.2},
        lambda: torch_rates(lambda t, opt: t.MultiStepLR(opt, [5, 6, 30], 0.2), 0.4),
    ),
    "multi_step, optax": (
        {"name": "multi_step", "learning_rate": 0.4, "milestones": [12, 24]},
        lambda: optax_rates(lambda o: o.piecewise_constant_schedule(0.4, {12: 0.1, 24: 0.1})),
    ),
    "exponential, torch": (
        {"name": "exponential", "learning_rate": 0.4, "factor": 0.95},
        lambda: torch_rates(lambda t, opt: t.ExponentialLR(opt, 0.95), 0.4),
    ),
    "exponential, optax": (
        {"name": "exponential", "learning_rate": 0.4, "factor": 0.5, "every": 7},
        lambda: optax_rates(lambda o: o.exponential_decay(0.4, 7, 0.5)),
    ),
    "polynomial, torch": (
        {"name": "polynomial", "learning_rate": 0.4, "duration": 30, "power": 2.5},
        lambda: torch_rates(lambda t, opt: t.PolynomialLR(opt, 30, 2.5), 0.4),
    ),
    "polynomial, optax": (
        {"name": "polynomial", "learning_rate": 0.4, "duration": 30, "end": 0.1, "power": 1},
        lambda: optax_rates(lambda o: o.polynomial_schedule(0.4, 0.1, 1, 30)),
    ),
    # PyTorch's rate rises again after the end, so that run ends there.
    "cosine_annealing, torch": (
        {"name": "cosine_annealing", **COSINE, "duration": STEPS - 1},
        lambda: torch_rates(lambda t, opt: t.CosineAnnealingLR(opt, STEPS - 1, 0.04), 0.4),
    ),
    "cosine_annealing, optax": (
        {"name": "cosine_annealing", **COSINE},
        lambda: optax_rates(lambda o: o.cosine_decay_schedule(0.4, 30, alpha=0.1)),
    ),
    "cosine_warm_restarts, torch": (
        {"name": "cosine_warm_restarts", "learning_rate": 0.4, "period": 7, "minimum": 0.1},
        lambda: torch_rates(
            lambda t, opt: t.CosineAnnealingWarmRestarts(opt, 7, 1, eta_min=0.1), 0.4
        ),
    ),
    "cosine_warm_restarts growing, torch": (
        {"name": "cosine_warm_restarts", "learning_rate": 0.4, "period": 3, "multiplier": 2},
        lambda: torch_rates(lambda t, opt: t.CosineAnnealingWarmRestarts(opt, 3, 2), 0.4),
    ),
    "one_cycle, optax": (
        {"name": "one_cycle", **CYCLE, "duration": 32},
        lambda: optax_rates(lambda o: o.cosine_onecycle_schedule(32, 0.4, 0.25)),
    ),
    # PyTorch's phases end one step earlier: see the docstring of OneCycle.
    "one_cycle, torch": (
        {"name": "one_cycle", **CYCLE, "warmup_fraction": (0.3 * 41 - 1) / 40},
        lambda: torch_rates(lambda t, opt: t.OneCycleLR(opt, 0.4, 41, pct_start=0.3), 0.4, 40),
    ),
    "one_cycle linear, torch": (
        {
            "name": "one_cycle",
            **CYCLE,
            "warmup_fraction": (0.5 * 41 - 1) / 40,
            "div_factor": 10,
            "final_div_factor": 100,
            "anneal": "linear",
        },
        lambda: torch_rates(
            lambda t, opt: t.OneCycleLR(
                opt,
                0.4,
                41,
                pct_start=0.5,
                anneal_strategy="linear",
                div_factor=10,
                final_div_factor=100,
            ),
            0.4,
            40,
        ),
    ),
    "triangular, torch": (
        {"name": "triangular", "learning_rate": 0.4, "up": 6, "minimum": 0.1},
        lambda: torch_rates(lambda t, opt: t.CyclicLR(opt, 0.1, 0.4, 6), 0.1),
    ),
    "triangular2, torch": (
        {
            "name": "triangular",
            "learning_rate": 0.4,
            "up": 3,
            "down": 6,
            "minimum": 0.1,
            "decay": 0.5,
        },
        lambda: torch_rates(lambda t, opt: t.CyclicLR(opt, 0.1, 0.4, 3, 6, "triangular2"), 0.1),
    ),
    "warmup constant, optax": (
        {"name": "constant", "learning_rate": 0.4, "warmup": 6, "warmup_start": 0.01},
        lambda: optax_rates(lambda o: o.warmup_constant_schedule(0.01, 0.4, 6)),
    ),
    "warmup step, torch": (
        {"name": "step", "learning_rate": 0.4, "every": 9, "warmup": 5, "warmup_start": 0.1},
        lambda: torch_rates(
            lambda t, opt: t.SequentialLR(
                opt, [t.LinearLR(opt, 0.25, total_iters=5), t.StepLR(opt, 9)], [5]
            ),
            0.4,
        ),
    ),
    "warmup multi_step, optax": (
        {
            "name": "multi_step",
            "learning_rate": 0.4,
            "milestones": [12, 24],
            "warmup": 6,
            "warmup_start": 0.01,
        },
        lambda: optax_rates(
            warmed_up(lambda o: o.piecewise_constant_schedule(0.4, {12: 0.1, 24: 0.1}))
        ),
    ),
    "warmup exponential, optax": (
        {
            "name": "exponential",
            "learning_rate": 0.4,
            "factor": 0.5,
            "every": 10,
            "warmup": 6,
            "warmup_start": 0.01,
        },
        lambda: optax_rates(
            lambda o: o.warmup_exponential_decay_schedule(0.01, 0.4, 6, 10, decay_rate=0.5)
        ),
    ),
    "warmup polynomial, optax": (
        {
            "name": "polynomial",
            "learning_rate": 0.4,
            "duration": 20,
            "power": 2,
            "warmup": 6,
            "warmup_start": 0.01,
        },
        lambda: optax_rates(warmed_up(lambda o: o.polynomial_schedule(0.4, 0.0, 2, 20))),
    ),
    "warmup cosine_annealing, optax": (
        {"name": "cosine_annealing", **COSINE, "duration": 24, "warmup": 6},
        lambda: optax_rates(
            lambda o: o.warmup_cosine_decay_schedule(0.0, 0.4, 6, 30, end_value=0.04)
        ),
    ),
    "warmup cosine_warm_restarts, torch": (
        {
            "name": "cosine_warm_restarts",
            "learning_rate": 0.4,
            "period": 10,
            "warmup": 5,
            "warmup_start": 0.1,
        },
        lambda: torch_rates(
            lambda t, opt: t.SequentialLR(
                opt,
                [
                    t.LinearLR(opt, 0.25, total_iters=5),
                    t.CosineAnnealingWarmRestarts(opt, 10),
                ],
                [5],
            ),
            0.4,
        ),
    ),
    "warmup one_cycle, optax": (
        {"name": "one_cycle", **CYCLE, "duration": 32, "warmup": 6, "warmup_start": 0.01},
        lambda: optax_rates(warmed_up(lambda o: o.cosine_onecycle_schedule(32, 0.4, 0.25))),
    ),
    "warmup triangular, optax": (
        {
            "name": "triangular",
            "learning_rate": 0.4,
            "up": 10,
            "down": 10,
            "minimum": 0.1,
            "warmup": 6,
            "warmup_start": 0.01,
        },
        lambda: optax_rates(
            warmed_up(
                lambda o: o.piecewise_interpolate_schedule(
                    "linear", 0.1, {10: 4, 20: 0.25, 30: 4, 40: 0.25}
                )
            )
        ),
    ),
    "join, optax": (
        {
            "name": "join",
            "schedules": [
                {"name": "constant", "learning_rate": 0.4},
                {"name": "exponential", "learning_rate": 0.3, "factor": 0.9},
                {"name": "constant", "learning_rate": 0.05},
            ],
            "boundaries": [10, 30],
        },
        lambda: optax_rates(
            lambda o: o.join_schedules(
                [
                    o.constant_schedule(0.4),
                    o.exponential_decay(0.3, 1, 0.9),
                    o.constant_schedule(0.05),
                ],
                [10, 30],
            )
        ),
    ),
    "per epoch, optax": (
        {
            "name": "per_epoch",
            "schedule": {"name": "cosine_annealing", "learning_rate": 0.4, "duration": 5},
            "steps_per_epoch": 7,
        },
        lambda: optax_rates(lambda o: o.cosine_decay_schedule(0.4, 35)),
    ),
    "per epoch, held, torch": (
        {
            "name": "per_epoch",
            "schedule": {"name": "exponential", "learning_rate": 0.4, "factor": 0.8},
            "steps_per_epoch": 7,
            "by": "epoch",
        },
        lambda: torch_rates(lambda t, opt: t.StepLR(opt, 7, 0.8), 0.4),
    ),
    # PyTorch refuses a warm-up from 0; it begins a step up the line, so that every epoch trains.
    "per epoch, held, warmup from 0, torch": (
        {
            "name": "per_epoch",
            "schedule": {"name": "step", "learning_rate": 0.4, "every": 2, "warmup": 3},
            "steps_per_epoch": 7,
            "by": "epoch",
        },
        lambda: held(7, torch_rates(lambda t, opt: warmed_up_steps(t, opt, 1 / 4, 3), 0.4)),
    ),
    "per epoch, held, warmup from 0.2, torch": (
        {
            "name": "per_epoch",
            "schedule": {
                "name": "step",
                "learning_rate": 0.4,
                "every": 2,
                "warmup": 3,
                "warmup_start": 0.2,
            },
            "steps_per_epoch": 7,
            "by": "epoch",
        },
        lambda: held(7, torch_rates(lambda t, opt: warmed_up_steps(t, opt, 1 / 2, 3), 0.4)),
    ),
}


def main():
    """Write the file."""
    cases = [
        {"case": name, "schedule": schedule, "rates": rates()}
        for name, (schedule, rates) in CASES.items()
    ]
    FILE.write_text(json.dumps(cases, indent=None).replace('{"case"', '\n{"case"') + "\n")


if __name__ == "__main__":
    main()
