"""The notebooks of examples/ run from their first cell to their last."""

import pathlib
import re

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def run(name, folder, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # of PyTorch and scikit-learn, which spin where cores are few
    notebook = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.get("outputs") for cell in notebook.cells)  # what is committed has none
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    text = "".join(one.get("text", "") or one.get("data", {}).get("text/plain", "") for one in outputs)
    return text, "".join(one.get("data", {}).get("text/html", "") for one in outputs)


def number(pattern, text):
    return float(re.search(pattern + r" ([0-9.]+)", text).group(1).rstrip("."))


def test_digits(tmp_path, monkeypatch):
    pytest.importorskip("sklearn"), pytest.importorskip("pandas")
    text, shown = run("digits", tmp_path, monkeypatch)
    assert number("with the digits:", text) > 0.8 > number("without the labels:", text)
    assert "explore.html" in shown and "in 10 clusters" in shown


def test_topics(tmp_path, monkeypatch):
    pytest.importorskip("sklearn"), pytest.importorskip("pandas")
    text, shown = run("topics", tmp_path, monkeypatch)
    assert number("they were made of:", text) > 0.9
    assert "<iframe srcdoc=" in shown or "explore.html" in shown


def test_pytorch(tmp_path, monkeypatch):
    pytest.importorskip("sklearn"), pytest.importorskip("torch")
    text, _ = run("pytorch", tmp_path, monkeypatch)
    alone, pushed, held = (number(f"{name} +AMI with the digits", text) for name in ("alone", "LMulti", "Hold"))
    assert held > 0.7 and held > pushed > alone
