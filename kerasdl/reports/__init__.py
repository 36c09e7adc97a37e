"""From finished runs to pages: what each report claims, what was measured, and what holds.

Free of any backend. What a page says is gathered once, and rendered twice: as Markdown for a code
host, and as HTML with charts to be inspected.

    overview.py      what the first page says; beside it report_rows.py, its answer to whether a
                     report can be believed, by standing.py; picture.py, its drawing; and its
                     literals: disagreements.py
    content.py       what the page of a report says; its tables: claim_table.py, result_table.py,
                     setting_table.py; literals: citations.py, quotation_texts.py
    sensitivity.py   what the page of assumptions says
    speed.py         what the page of benches says; its parts: augmentation_speed.py,
                     training_speed.py, step_times.py, and speed_run.py, the runs of
                     cifar10/fast; literals: shortfalls.py
    agreement.py     what the page of parity says; its parts: backend_distances.py,
                     pair_verdicts.py, over_seeds.py and the statistics of that,
                     permutation.py
    measured.py      reading what benches and comparisons of backends wrote
    training_time.py hours, read from recipes and written for people
    curves.py        what is drawn: means and deviations over runs
    figures.py       curves as SVG, and as data for charts
    tables.py        a table, and the columns of hardware, versions and date
    notes.py         sentences that both forms of a page share
    markup.py        how text is escaped
    templating.py    values and templates/ -> text
    pages.py         text -> files; assets/ has what HTML pages link to: style sheet, script and
                     uPlot, the charting library (MIT)
"""

from kerasdl.reports.pages import write

__all__ = ["write"]
