"""Sentences that the Markdown form and the HTML form of a page share."""

from kerasdl.claims.checks import ONE_RUN, ONE_RUN_ERRORS
from kerasdl.claims.statistics import LEVEL
from kerasdl.claims.words import MEANINGS, NOTES
from kerasdl.reports import standing
from kerasdl.reports.markup import Prose

TITLE = "Five reports, run again"
EARLIER_TITLES = ("Five reports, reproduced",)
"""What the first page was called before: a page with one of them is still ours."""

PURPOSE = Prose(
    """A claim *holds*, or does not, by a test over two seeds or more; one run is a hint."""
)

WORDS = {Prose(word): Prose(meaning) for word, meaning in MEANINGS.items()}
"""Word of a verdict -> its meaning."""

QUALIFIERS = {Prose(word): Prose(meaning) for word, meaning in NOTES.items()}
"""What may stand beside the word of a verdict -> its meaning."""

STANDINGS = {Prose(word): Prose(meaning) for word, meaning in standing.MEANINGS.items()}
"""Word of how far a report can be believed -> its meaning."""

TESTS = Prose(f"""Runs are compared with runs of the same backend and seed; a seed begins alike on every backend, so that
its runs on several are averaged and count as one. It decides the first weights, the order of the
examples, what layers draw and what is held out for validation. The points of the circles, and which
houses are in which part, are one draw for all seeds: ranges leave out what another would change. A
claimed *number* is compared with the range in which one more run would fall with {1 - LEVEL:.0%}
probability, widened by the precision with which the report's number can be read; a range that reaches
farther to each side than one run may be off, as below, decides nothing. A *bound* must be respected by
all of that range, or by none. Where seeds are one thing or another (most of them equal, or in two
groups far apart, or diverged or not) there is no such range, and those are *counted* that are as
claimed: all of six or more, or none, which is {LEVEL / 2:.1%} by chance at most; with the exact range
of the share of all runs. An *order* is tested over seeds, in pairs (Student's t, {LEVEL / 2:.1%} on
each side; corrected where one of several pairs could decide). The margin is by how much the means meet
the claim, in standard deviations over seeds: below 0 they contradict it. Of one run nothing is known
about the noise: it agrees with a number from which it is at most {ONE_RUN:.0%} away, with an accuracy
if it also has at most {ONE_RUN_ERRORS:.0%} more or fewer errors; an order of two agrees with one run in
half of all cases by chance. A claim *rests on* the settings that its experiments assume because the
report does not say them.""")
CLAIMS = Prose("""A row is a claim; its experiments link to their curves, their runs and their settings. Means
and standard deviations are over seeds, one for each experiment of the check. Times are of a machine that did
other work as well: they are no more than one run each.""")
OMISSIONS = "What else the report shows, and why nothing here decides it."
OPENED = "Its place in the report opens to the report's own words, the check and what it rests on."
EXPERIMENTS = "Each opens to its curves, its runs, its settings and the claims that it decides."
TOTALS = "All claims"
BAR = Prose("""*believable*: most of its claims hold over seeds; *partly*: some were decided over seeds; *open*:
none was, and single runs are hints, however well they agree. A bar is all claims of a report. Full colours
were tested over seeds: green holds, orange does not, grey is undecided. Pale colours rest on one run; what
is empty was not run, or cannot be decided.""")
LESSONS = "The most instructive disagreements"
PICTURE = "Accuracies: measured, beside claimed"
PICTURE_ABOUT = Prose("""Each row is a claim of an accuracy. On the line in the middle we measured what the report says;
to the right we measured more. A bar is the range in which one more run of ours would fall.""")
MISSING = Prose("""Experiments that should have more seeds: ten where a run takes ten minutes at most, else three. Costs
are of two cores, as long an epoch as runs of the same kind took there.""")
ENVIRONMENTS = "The numbers in the last column above."

RESULTS = (
    "Of the weights that each recipe keeps; training time without evaluation, "
    "(hours:)minutes:seconds, the mean over seeds. The machine did other work beside these "
    "runs: times are no benchmark."
)
NO_RESULTS = "Nothing was run yet."
LEFT_OUT = "Runs that decide no claim."
SIDE_BY_SIDE = "On the part of the data that all of them log and none was trained on."

SENSITIVITY = Prose("""Where a report leaves a setting open, each reading of it gives other numbers. A variant is scored by
how many of the report's numbers it matches at once. A number is matched where the mean over seeds is
within the tolerance that stands below it and the standard deviation over seeds is no larger; *seeds
disagree* where that is larger and one more seed might give the number; a bound is matched where every
seed respects it. What is not run is taken to last as long an epoch as the same number took in other
variants, or, where none was run, as its recipe says of two cores. A variant that was chosen for matching
numbers is no evidence for them: claims that chose it are not counted as holding.""")

# The page of parity.
PARITY = Prose("""Every backend trains the recipe from the same start, step by step, in a process of its own.
After each step everything that was computed is compared:""")
COMPARED = {
    "start": Prose("given alike: initial weights are NumPy's, keyed by seed and layer"),
    "order": Prose(
        "given alike: each epoch's order of the images is NumPy's, keyed by seed and epoch"
    ),
    "draws": Prose(
        "given alike: augmentation and dropout draw from one generator, Threefry-2x32 in integers, "
        "keyed by seed, layer, epoch and step"
    ),
    "outputs": Prose("of each layer for eight training images, in inference, before the step"),
    "loss": Prose("of the step's batch"),
    "gradients": Prose("of each trainable weight"),
    "statistics": Prose("what layers keep without learning it: the moving averages of batch norm"),
    "optimizer": Prose(
        "its momentum, or its moments, after the step; in curves relative to the largest of all its "
        "variables, the count of steps among them"
    ),
    "weights": Prose("after the step"),
}
YARDSTICK = Prose("""A distance is the largest difference, divided by the largest entry. Backends add in different
orders, so that the last digits differ, and training amplifies that. The yardstick says how much: the
same run five times more on the first backend, each weight of its start moved to the next number above
or below, at random. Ten times the farthest of the five runs is the envelope, or 1e-5 where that is
more, in float64 1e-10: far above its rounding, and below a single rounding to float32. Every pair of backends is held to the same envelope, PyTorch and JAX too.""")
OLDER_COMPARISONS = Prose("""†: made when less was recorded. Of PyTorch and of JAX beside TensorFlow that is the first
departure of any array, and not at how many steps there was one; PyTorch beside JAX is judged here by its
curves: by each quantity as a whole, all layers together. In float64 1e-5 was allowed.""")
COMPARISONS = Prose("""*gradients* and *losses*: the largest distance between any two backends, all layers together;
*one rounding*: that of the gradients in the farthest of the five runs. *within*: each array of each
layer, at every step and in every pair of backends, is as near as the envelope allows; *departs*: one is
not: *departures* has, for each pair, at how many steps some array is not, and the first; *not run*: planned, not
yet made. In float64 SGD takes the place of the recipe's optimizer, so what departs in float32 alone has gradients
that are computed alike; two recipes are compared there with Adam too. Distances that jump
at single steps are as of a maximum, or of a ReLU, whose two sides are no further apart than the rounding of what it is
given: one backend takes the other side, which five perturbed runs need not meet. `python scripts/flipped_decision.py` finds
them where each of the five recipes that depart in float32 first does so, on PyTorch and on JAX: where both backends are given the
same choices, the gradients of the first step of `regularization/augment` are within 6.8e-06 again, for 8.5e-05
(`reports/upstream/flipped-decisions.md`). Later departures were not looked at, nor those in lockstep but that of
`exercises/coloured_digits`.
The kernels of `cifar10/fast` begin as unit impulses, so that its windows hold equal values. Whether a maximum parts there in
float64 too, as the gradients of its first step suggest, was not isolated: the program takes recipes in float32. Where
Adam moves weights, a gradient near 0 has a sign that rounding decides, and the weight is off by twice the rate.
Adam itself is computed alike: fed with the same gradients, it is within two roundings a step of its formula on
each backend (`reports/upstream/float64.md`). A bias in front of batch norm has a gradient of zero, and a momentum that is all rounding: it is
measured in proportion to the layer. The
variances of batch norm are off by up to 1e-5 on PyTorch (`reports/upstream/pytorch-batch-norm.md`). Where
Keras, TensorFlow or JAX round to float32 although they compute in float64 is mended for these
comparisons (`reports/upstream/float64.md`).""")
LOCKSTEP = Prose("""Every step starts from the weights, statistics and optimizer that the first backend has there; the five
perturbed runs too, each weight moved by one rounding before every step. So nothing accumulates: a
distance is what one step of another backend adds, and all steps of the five runs are samples of what one
rounding adds. An array departs where it is farther than ten times the largest of these samples. A
backend that computes something else would do so here at every step. *gradients*: over all pairs of
backends and all steps, beside all perturbed runs and all steps.""")
PARITY_FIGURES = Prose("""A line is the distance of two backends over the steps, all layers together: the verdict looks at
each array, and may find a departure that no line shows. Grey: the five runs that began one rounding
apart; dotted: what is allowed. Distances below 1e-10, in float64 1e-18, are drawn as that.""")
SEEDS = Prose("""A seed has the same initial weights and the same order of images on every backend: so accuracies
are compared within seeds.""")
INTERVALS = Prose("""Differences within seeds: their mean, and an interval by Student's t, each for itself. They say how
large a difference may be that no test has shown.""")
PRECISIONS = Prose("""In bfloat16 the network computes with a fraction of 7 bits, where float32 has 23; weights, statistics and logits
stay float32. A seed has the same initial weights and the same order of images in both: differences are within seeds,
with an interval by Student's t.""")

# The page of benches.
SPEED = Prose("""Images per second, from the files in `bench` that `kerasdl bench` writes. All sides run in turn:
only ratios count, the rates themselves depend on what else a machine does.""")
AUGMENTATION_SPEED = (
    Prose("""Each cell is the median over n rounds of one batch of 32x32x3 float32 images, drawn and
augmented; every round runs all layers once. "x" is kerasdl's rate over that of the best other that
also draws for each image; what draws once for the whole batch does less, and is marked †. Kornia's
policies and all layers of torchvision draw once a call: they stand here called for each image, and as
they are. "By hand" is the shortest code in the backend's own framework (`kerasdl/benchmarks/native_*.py`).
"Drawn before" is kerasdl's layer given its draws: what it does to pixels, without drawing and without Keras'
call of a layer. TensorFlow and PyTorch draw by generators of their own, ours by Threefry, as JAX does, whose numbers
are the same on the three. Where "drawn before" is the slower of both, the difference is noise, and drawing takes less than that."""),
    Prose("""On TensorFlow layers run in two ways: in a plain `tf.function`, as in Keras' `fit` on a CPU, and with
XLA, where only those stand that XLA compiles. PyTorch runs all of them as they are. Layers that run
without JIT where others are compiled are marked *."""),
    Prose("""Keras' nearest layers stand beside ours: `RandomTranslation` for cropping, which shifts by fractions
of a pixel, and `RandAugment` for both policies, which draws its operations once for the whole batch."""),
)
TRAINING_SPEED = Prose("""A recipe as `kerasdl train` runs it, beside a script of plain Keras layers and `fit`, and beside loops
written by hand in the backend's own framework (`scripts/native/`; the best of its variants is the one beside
which our ratio is the lowest): the same network, batch, precision and images of noise; all numbers are in `bench/training-BACKEND.json`. "vit" is
the small one of the report, of two blocks. Each runs in a process of its own, all train an epoch in
turn, and only one computes at a time. Images per second are medians of n epochs, after one that does not
count, with their quartiles; a ratio is the median of our rate over the other's, epoch by epoch. "Compiled in" is
the time of building the network and of the first step, with what it compiles; the
first step is that of a new process, imports and all (on TensorFlow it is of up to 20
updates, as many as ours makes in a call; "several" is the loop by hand that makes 20); peak memory is that of the process,
after the first epoch to after the last. The three stand for ours / Keras / by hand / ours compiled. "Compiled" is the
same recipe with `jit_compile` (JAX always compiles), beside the best loop by hand. On Linux `kerasdl train` keeps the memory
that a step frees (`kerasdl.allocation`), and so do the loops by hand: "memory kept" is the ratio of our rate to that of
the same training which gives it back to the system, as Keras' does. Where the quartiles of a contender
are more than 1.5 times apart, as often those of plain `fit` on TensorFlow, its median is neither speed: a sentence below the
table gives our ratio beside the upper one.""")
SHORTFALLS = Prose("""Held to: 0.95 of the best loop by hand, 1.0 of plain Keras and of the best other library, in two digits as the
tables above have them, at the usual sizes. These rows are below it; a test holds the list against the tables.""")
GROWTH_SPEED = Prose("""`kerasdl bench training --vary batch_size=32,512,1024`, or `depth`, or `image_size`: the same, with
one size changed, beside the usual one. An epoch has as many images at each size, or two batches. The
network of `fast` has one image size. Memory is that of ours / Keras / by hand.""")
STEP_TIMES = Prose("""`kerasdl bench step`: milliseconds that a step of a recipe takes when it trains as by `kerasdl train`;
medians over n epochs, after one that does not count, of the mean over an epoch's steps. On PyTorch the network (forward),
the loss, the gradients, the optimizer and the metrics are called one after the other, and each is timed with what Keras
does around it; the rest of the step is the running mean of the loss, and the lists of weights. "Operations" is what PyTorch's
profiler found in PyTorch's own operations during ten steps of the first epoch: what is left is Keras, Python and PyTorch's
bookkeeping of gradients. On TensorFlow and JAX a step is one call, which asks for its batch too; each of JAX is waited
for, so that nothing is done beside it, as it is otherwise. Between steps are `fit`, callbacks, logs and, on PyTorch, the batch.
The fastest loop by hand was measured for the table above, at another time.""")
SPEED_RUN = Prose("""`kerasdl run cifar10 --recipes fast` beside the script that the recipe comes from, made to run on a CPU
(`scripts/native/airbench94_torch.py --seed N`, what it printed in `bench/airbench94-seedN.jsonl`), both in bfloat16.
Seed 0 of both had two cores, one after the other, and ours did not keep the memory of a step yet (the script had it
in huge pages); of each further seed both trained at the same time, on a core each (`taskset`), exchanged from seed to seed:
only their minutes compare. TensorFlow and JAX had one core, beside other work that also stopped them for minutes at a time, JAX in
two parts of two and six epochs: their times are upper bounds. Accuracies are means over seeds with their standard deviations, minutes medians
with the least and the most: those of training, without evaluation. Test-time augmentation averages six views of an image;
neither it nor the test images choose anything. A training takes 2.8e14 operations, three times the multiplications
and additions of the forward pass (236 million an image) for 400,000 images. `cifar10/default` is the
same in float32, seven epochs of batches of 500, on two cores with nothing beside it.""")
PAIRS_SPEED = Prose("""Epochs of 32x32x3 noise in one process, one of the recipe and one of what it is compared with, in turn:
the medians of n epochs each, and the median and the quartiles of the n ratios. Beside NumPy's Philox in the input
pipeline neither way is faster throughout. The layers draw by Threefry all the same: so a layer draws wherever it stands, in
networks of your own, in `tf.data`, when it is called in inference and in saved models, and neither the network's inputs nor the
pipeline have to know. `dropout/model1` has no dropout and draws nothing: `dropout/model2` stands in its place.""")
STARTUP_SPEED = Prose("""Seconds from the start of a process: until it has ended, or, of `kerasdl train` on the bundled
digits, until the first update. Medians of n rounds, in each of which every process is started once.
"Compiled before" is with what JAX kept of an earlier process; TensorFlow and PyTorch, as Keras
trains with them on a CPU, have nothing to keep.""")
MEMORY_USE = Prose("""MiB of the process after each epoch of 6,400 of the 50,000 images that it holds, the size of CIFAR-10,
and the most that it ever had.""")
STREAMING_SPEED = Prose("""A training on JPEG of mixed sizes that processes decode while it computes (`--stream`), beside the same
on arrays that were decoded before: the same pixels, scaled to [-1, 1], in the same order. They train an
epoch in turn, on the same cores; images per second are medians of n epochs, and the ratio the median of
those of paired epochs. The first 6 batches of an epoch are not timed, since some were decoded while the
other side trained. Memory is that of all processes of a side together, what they share counted once
(proportional set size); the last is that of the first batches of a training on these pictures, and on a
table that lists them again and again. Where training and decoding have the same cores, what decoding
takes is lost to training: a network that computes less for a picture has a lower ratio.""")
ENGINES_SPEED = Prose("""Seconds from the start of a sweep until its last run has ended, on the local pool (`--jobs`) and on Ray
(`--engine ray`), with the same cores and a core a run, in turn: medians of n rounds. Every run is a process
with its own imports. The throughput of Ray is the median of the ratios of a round, seconds of the local
pool over those of Ray: where it runs already, and with its start and its end.""")
