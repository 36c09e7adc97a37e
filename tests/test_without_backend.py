"""What works where no backend is installed imports none where one is.

The tests marked `no_backend` run in an environment that has none; these run on each backend.
"""

from result_files import write_run

IMPORTED = "print(sorted({%s} & set(sys.modules)))\n"
BACKENDS = IMPORTED % "'keras', 'tensorflow', 'torch', 'jax'"
OTHERS = IMPORTED % "'numpy', 'pandas', 'sklearn', 'PIL'"


def test_names_of_data_sets_cost_nothing_and_loading_needs_no_backend(python):
    code = f"import sys\nfrom kerasdl.datasets import NAMES, load\n{OTHERS}"
    code += f"load('digits', shape=(32, 32, 3))\n{BACKENDS}"
    assert python("-c", code).stdout == "[]\n[]\n"


def test_pages_need_no_backend(python, tmp_path):
    columns = {"loss": [2.0, 1.0], "accuracy": [0.5, 1.0]}
    columns |= {f"test_{name}": values for name, values in columns.items()}
    write_run(tmp_path / "runs", "regularization/baseline", "jax", 0, columns)
    code = f"import sys\nfrom kerasdl import reports\nreports.write('runs', 'pages')\n{BACKENDS}"
    assert python("-c", code).stdout == "[]\n"
    assert (tmp_path / "pages" / "figures" / "regularization-baseline.svg").exists()
