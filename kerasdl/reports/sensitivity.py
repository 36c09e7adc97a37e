"""What the page of assumptions says: variants of what a report leaves open, and what each explains.

Each file of its folder holds a group of claims, as `kerasdl.runs.grid_scores.table` writes it: `group`;
`settings` with `name`, `description`, `scores` (number of the report -> `report`, `side`, `within`,
`seeds`, `mean`, `sd`, `seconds_per_epoch`, `found`, `environments`), `matched`, `disagreeing`,
`not_run`, `of`, `missing`, `chosen` and `because`; and `command`. Environments are dictionaries with
`hardware`, `versions` and `date` of runs.
"""

import statistics
from dataclasses import dataclass

from kerasdl import studies
from kerasdl.reports import measured
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.reports.training_time import duration, hours
from kerasdl.studies.grid import NOT_RUN
from kerasdl.text import number

TITLE = "What the reports leave open, varied"
_WRITERS = "the command that each such file names"


@dataclass(frozen=True)
class Group:
    """Variants of the assumptions of some claims.

    Attributes:
        name: what the claims are of.
        summary: which variant was chosen, and how many numbers it explains, in words.
        missing: what was not run, what that would cost and could change, in words; or `""`.
        variants: `Table`: what each assumes, and how many numbers it matches.
        numbers: `Table`: what the report says, and what each variant measured.
        conditions: where, with which versions and when, in words; `""` where nothing was run.
        command: what measured it.
    """

    name: str
    summary: str
    missing: str
    variants: Table
    numbers: Table
    conditions: str
    command: str


def read_folder(folder):
    """All groups in `folder`, in the order of their files' names; none where it is `None`.

    Returns:
        List of dictionaries.

    Raises:
        UsageError: a file lacks what the page shows.
    """

    def parse(_, written):
        gather([written])
        return written

    return measured.read_folder(folder, parse, _WRITERS) if folder else []


def gather(found):
    """The `Group` of each of `found`, what files of the folder hold, in their order."""
    return tuple(map(_group, found))


def _group(written):
    settings = written["settings"]
    conditions = [cell(settings) for _, cell in environment_columns(_environments)]
    was_run = any(setting["not_run"] < setting["of"] for setting in settings)
    return Group(
        name=str(written["group"]).replace("_", " "),
        summary=_summary(settings) if was_run else _nothing(settings),
        missing=_missing_in_words(settings),
        variants=Table.of(_variant_columns(settings), settings),
        numbers=_numbers(settings) if was_run else Table((), ()),
        conditions="; ".join(conditions) + "." if was_run else "",
        command=str(written["command"]),
    )


def _environments(settings):
    """Those of all scores."""
    return [
        each
        for setting in settings
        for score in setting["scores"].values()
        for each in score["environments"]
    ]


def _nothing(settings):
    return f"None of {len(settings)} variants was run; the recipes follow {_chosen(settings)}."


def _summary(settings):
    """Which variants match most, of those of which something was run, and which the recipes follow."""
    run = [setting for setting in settings if setting["not_run"] < setting["of"]]
    most = max(setting["matched"] for setting in run)
    first = [str(setting["name"]) for setting in run if setting["matched"] == most]
    which = first[0] if len(first) == 1 else f"{len(first)}"
    verb = "matches" if len(first) == 1 else "match"
    none_run = len(settings) - len(run)
    words = f"Of {len(settings)} variants{f' ({none_run} not run)' * bool(none_run)}, "
    if most:
        words += f"{which} {verb} the most numbers, {most} of {settings[0]['of']}"
    else:
        words += f"none matches any of {settings[0]['of']} numbers"
    return f"{words}; the recipes follow {_chosen(settings)}."


def _chosen(settings):
    """The variant that was chosen, and how far its own numbers go."""
    for setting in settings:
        if setting["chosen"]:
            others = [
                f"{setting[key]} {words}"
                for key, words in (
                    ("disagreeing", "on which seeds disagree"),
                    ("not_run", "not run"),
                )
                if setting[key]
            ]
            differing = setting["of"] - sum(
                setting[key] for key in ("matched", "disagreeing", "not_run")
            )
            counts = [f"{setting['matched']} matched", *others, f"{differing} contradicted"]
            because = f", because {setting['because']}" if setting["because"] else ""
            return f"{setting['name']} ({', '.join(counts)}){because}"
    return "none that was chosen by these numbers"


def _missing_in_words(settings):
    """How many runs are missing, for how long, and whether they could change what matches most."""
    runs = {missing["run"]: missing for setting in settings for missing in setting["missing"]}
    if not runs:
        return ""
    count = sum(missing["seeds"] for missing in runs.values())
    words = f"Not run: {count} runs, {_about(_hours(runs.values(), settings))}."
    chosen = next((setting for setting in settings if setting["chosen"]), None)
    if chosen is None:
        return words
    rivals = [
        setting
        for setting in settings
        if setting is not chosen and setting["matched"] + setting["not_run"] > chosen["matched"]
    ]
    if not rivals:
        return f"{words} They cannot make another variant match more than the chosen one."
    return (
        f"{words} With them, {len(rivals)} other variant{'s' * (len(rivals) > 1)} might match more "
        "than the chosen one."
    )


def _hours(missing, settings):
    """How long missing runs would take: as long an epoch as the same number took elsewhere.

    Where none was run, as long as the recipe says.
    """
    total = 0.0
    for each in missing:
        known = [
            score["seconds_per_epoch"]
            for setting in settings
            for claim, score in setting["scores"].items()
            if claim == each["claim"] and score["seconds_per_epoch"]
        ]
        epochs, runs = each["epochs"], each["seeds"]
        if known:
            total += statistics.median(known) * epochs * runs / 3600
        elif each["recipe"] in studies.names():
            recipe = studies.get(each["recipe"])
            total += hours(recipe.cost) * epochs / recipe.epochs * runs
    return total


def _not_run(setting, settings):
    runs = sum(missing["seeds"] for missing in setting["missing"])
    if not runs:
        return ""
    cost = _about(_hours(setting["missing"], settings))
    return f"{runs} run{'s' * (runs > 1)}, {cost}"


def _about(number_of_hours):
    words = duration(number_of_hours)
    return words if words.startswith("under") else f"about {words}"


def _numbers(settings):
    """A row a variant, a column a number; before them what the report says, and the tolerance."""
    claims = list(dict.fromkeys(claim for setting in settings for claim in setting["scores"]))
    known = {claim: s["scores"][claim] for s in reversed(settings) for claim in s["scores"]}
    rows = [
        ("the report", *(_reported(known[claim]) for claim in claims)),
        ("matched within", *(_tolerance(known[claim]) for claim in claims)),
        *(
            (str(setting["name"]), *(_score(setting["scores"].get(claim)) for claim in claims))
            for setting in settings
        ),
    ]
    return Table(("variant", *map(str, claims)), tuple(rows))


def _reported(score):
    side = f"{score['side']} " if score["side"] else ""
    return f"{side}{_shown(score['report'])}"


def _tolerance(score):
    return "the bound, on every seed" if score["side"] else f"± {_shown(score['within'])}"


def _score(score):
    if score is None or score["found"] == NOT_RUN:
        return NOT_RUN
    if score["mean"] is None:
        return f"not finite: {score['found']}"
    spread = "" if score["sd"] is None else f" ± {_shown(score['sd'])}"
    seeds = f" (n = {score['seeds']})"
    return f"{_shown(score['mean'])}{spread}{seeds}: {score['found']}"


def _shown(value):
    """A number with four digits; what is none, as a report's "nan", as it is."""
    return number(value) if isinstance(value, (int, float)) else str(value)


def _variant_columns(settings):
    return (
        ("variant", lambda setting: str(setting["name"])),
        ("what it is", lambda setting: str(setting["description"])),
        ("numbers matched", lambda setting: f"{setting['matched']} of {setting['of']}"),
        ("seeds disagree", lambda setting: str(setting["disagreeing"] or "")),
        ("not run", lambda setting: _not_run(setting, settings)),
        ("", lambda setting: "chosen" if setting["chosen"] else ""),
    )
