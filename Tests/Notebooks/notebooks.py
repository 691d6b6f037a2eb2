"""The notebooks of `examples/notebooks`: they run, and show what is stored in them.

    notebooks.py [--accept] MOS

With `--accept` what they show is stored.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import nbclient
import nbformat

accepts = "--accept" in sys.argv
os.environ["MOS"] = os.path.abspath(sys.argv[-1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(ROOT.glob("examples/notebooks/*.ipynb"))
home = tempfile.TemporaryDirectory()
os.environ["XDG_STATE_HOME"] = home.name


def run(path):
    """A notebook after its cells have run, from above to below."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="mos", resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    ).execute()
    nbformat.validate(notebook)
    return notebook


def compare(stored, shown, path):
    for number, (before, after) in enumerate(zip(stored.cells, shown.cells), 1):
        assert before.get("outputs") == after.get("outputs"), (
            f"{path.name}: cell {number} shows something else than is stored; `make notebooks` stores what it shows\n"
            f"stored: {before.outputs}\nshown: {after.outputs}")


def convert(path):
    """What `nbconvert` makes of it by running it."""
    page = pathlib.Path(home.name, "page.html")
    subprocess.run([
        sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "--log-level", "ERROR", "--output", str(page),
        str(path)], check=True)
    text = page.read_text()
    assert "data:image/svg+xml" in text and "-28.0" in text, path


def failures_are_told():
    """A cell that fails stops the notebook, with the error and its place."""
    cells = [nbformat.v4.new_code_cell("1 + 1"), nbformat.v4.new_code_cell("let a = 1\nno_such_name")]
    try:
        nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells), kernel_name="mos").execute()
    except nbclient.exceptions.CellExecutionError as error:
        assert "no_such_name" in str(error) and error.ename == "name", error
    else:
        raise AssertionError("a cell that fails was taken for one that does not")


assert NOTEBOOKS, "there are no notebooks"
for path in NOTEBOOKS:
    shown = run(path)
    if accepts:
        nbformat.write(shown, path)
    else:
        compare(nbformat.read(path, as_version=4), shown, path)
        convert(path)
if not accepts:
    failures_are_told()
print(f"{len(NOTEBOOKS)} {'notebook' if len(NOTEBOOKS) == 1 else 'notebooks'}: all as stored")
