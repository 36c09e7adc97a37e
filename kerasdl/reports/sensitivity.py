"""What the page of assumptions says: variants of what a report leaves open, and what each explains.

Each file of its folder holds a group of claims: `group`, `settings` with `name`, `description`,
`assumptions` (field -> value), `seeds`, `scores` (claim -> `report`, `mean`, `sd`, `matches`),
`matched`, `of` and `chosen`; and `date`, `hardware`, `versions` and `command`.
"""

from dataclasses import dataclass

from kerasdl.reports import measured
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.text import number

TITLE = "What the reports leave open, varied"
_WRITERS = "the command that each such file names"


@dataclass(frozen=True)
class Group:
    """Variants of the assumptions of some claims.

    Attributes:
        name: what the claims are of.
        summary: which variant was chosen, and how many numbers it explains, in words.
        variants: `Table`: what each assumes, over how many seeds, and how many numbers it matches.
        numbers: `Table`: what the report says, and what each variant measured.
        conditions: where, with which versions and when, in words.
        command: what measured it.
    """

    name: str
    summary: str
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
    conditions = [cell(written) for _, cell in environment_columns(lambda group: [group])]
    return Group(
        name=str(written["group"]),
        summary=_summary(settings),
        variants=Table.of(VARIANT_COLUMNS, settings),
        numbers=_numbers(settings),
        conditions="; ".join(conditions) + ".",
        command=str(written["command"]),
    )


def _summary(settings):
    most = max(settings, key=lambda setting: setting["matched"], default=None)
    if most is None:
        return "No variant was run."
    chosen = [str(setting["name"]) for setting in settings if setting["chosen"]]
    words = f"Of {len(settings)} variants, {most['name']} matches the most numbers, "
    words += f"{most['matched']} of {most['of']}"
    return f"{words}; the recipes follow {', '.join(chosen) or 'none of them'}."


def _assumptions(setting):
    return ", ".join(f"{field} {value}" for field, value in setting["assumptions"].items())


def _numbers(settings):
    """A row a claim, a column a variant."""
    reported = {
        claim: score["report"] for setting in settings for claim, score in setting["scores"].items()
    }
    columns = (
        ("claim", str),
        ("report", lambda claim: _shown(reported[claim])),
        *((str(s["name"]), lambda claim, s=s: _score(s["scores"].get(claim))) for s in settings),
    )
    return Table.of(columns, reported)


def _score(score):
    if score is None:
        return "-"
    mark = "matches" if score["matches"] else "differs"
    spread = "" if score["sd"] is None else f" ± {_shown(score['sd'])}"
    return f"{_shown(score['mean'])}{spread}, {mark}"


def _shown(value):
    """A number with four digits; what is none, as a report's "nan", as it is."""
    return number(value) if isinstance(value, (int, float)) else str(value)


VARIANT_COLUMNS = (
    ("variant", lambda setting: str(setting["name"])),
    ("what it is", lambda setting: str(setting["description"])),
    ("assumes", _assumptions),
    ("seeds", lambda setting: str(setting["seeds"])),
    ("numbers matched", lambda setting: f"{setting['matched']} of {setting['of']}"),
    ("", lambda setting: "chosen" if setting["chosen"] else ""),
)
