"""Files of a run, opened by the programs that they are for."""

import csv
import json
import os
import pathlib
import pickle
import subprocess

import numpy as np
import pytest

import forced_apart

N = 60
LABELS = np.arange(N) % 2
KINDS = {
    "vectors": lambda rng: rng.normal(size=(N, 5)) + np.arange(N)[:, None] % 4 + [1.7e9, 0, 0, 0, 5],
    "series": lambda rng: [rng.normal(size=(3 + i % 4, 2)) + i % 4 for i in range(N)],
    "texts": lambda rng: [
        f"{'red blue'.split()[i % 2]} {'car ship train'.split()[i // 2 % 3]} no{i % 9}" for i in range(N)
    ],
    "images": lambda rng: (rng.random((N, 8, 8, 3)) * 90 + 40 * (np.arange(N) % 4)[:, None, None, None]).astype(
        np.uint8
    ),
}
SETTINGS = {"texts": {"text.min_count": 1}, "images": {"network.engine": "ref"}}


@pytest.fixture(scope="module", params=KINDS)
def made(request, tmp_path_factory):
    kind = request.param
    data = KINDS[kind](np.random.default_rng(2))
    folder = tmp_path_factory.mktemp("runs") / kind
    run = forced_apart.discover(
        data, np.array(["odd", "even"])[LABELS], clusters=4, classes=np.arange(N) % 4, epochs=2, folder=folder,
        trainings=1, recipe=SETTINGS.get(kind),
    )  # fmt: skip
    return kind, data, run


def padded(series, dtype):
    lengths = np.array([len(one) for one in series], dtype=np.int64)
    out = np.zeros((len(series), lengths.max()) + np.shape(series[0])[1:], dtype=dtype)
    for i, one in enumerate(series):
        out[i, : lengths[i]] = one
    return {"input": out, "lengths": lengths}


def test_onnx_gives_what_embed_does(made, tmp_path):
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    kind, data, run = made
    path = str(tmp_path / "m.onnx")
    pickle.loads(pickle.dumps(run)).to_onnx(path)  # of a run in memory too
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    about = {one.key: one.value for one in model.metadata_props}
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    double = session.get_inputs()[0].type == "tensor(double)"
    assert double == (kind == "vectors")  # whose first column float32 does not tell apart
    if kind == "texts":
        number = {word: i + 1 for i, word in enumerate(about["vocabulary"].split("\n"))}
        given = padded([[number.get(word, 0) for word in text.split()] for text in data], np.int64)
    elif kind == "series":
        given = padded(data, np.float32)
    else:
        given = {"input": data}
    out = dict(zip([one.name for one in session.get_outputs()], session.run(None, given)))
    wanted = run.embed(data, layer=0)
    assert wanted.std() > 1e-3
    np.testing.assert_allclose(out["embedding"], wanted, atol=1e-5 * max(1, np.abs(wanted).max()))
    run.to_onnx(path, probabilities=True)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    odds = 1 / (1 + np.exp(-out["logits"].astype(float)))
    np.testing.assert_allclose(session.run(["probabilities"], given)[0], odds, atol=1e-5)


def test_augmented_images(made):
    kind, data, run = made
    if kind != "images":
        with pytest.raises(ValueError, match="the data hold no images; embed them as they are"):
            run.embed(data, layer=0, augment=2)
        return
    with pytest.raises(ValueError, match="augment is -1"):
        run.embed(data, layer=0, augment=-1)
    plain, one, two = (run.embed(data, layer=0, augment=n) for n in (0, 1, 2))
    assert not (plain == one).all() and not (one == two).all()
    # An image that is the training's mean everywhere is the same when it is mirrored or moved.
    flat = np.full((3, 8, 8, 3), round(data.mean()), dtype=np.uint8)
    near = np.abs(plain).max() / 100
    np.testing.assert_allclose(run.embed(flat, layer=0, augment=3), run.embed(flat, layer=0), atol=near)


def test_tensorboard_reads_its_folder(made, tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    kind, data, run = made
    assert run.to_tensorboard(tmp_path / "board") == ""
    events = reader.EventAccumulator(str(tmp_path / "board")).Reload()
    for name in ("task_loss", "validation_accuracy"):
        [found] = [tag for tag in events.Tags()["scalars"] if tag.endswith(name)]
        values = [(one.step, one.value) for one in events.Scalars(found)]
        assert values == [(row["epoch"], pytest.approx(row[name], rel=1e-5)) for row in run.history]
    vectors = np.loadtxt(tmp_path / "board" / "vectors.tsv", delimiter="\t", ndmin=2)
    np.testing.assert_allclose(vectors, run.embeddings, rtol=1e-5, atol=1e-6)
    # The projector, as its plugin reads it.
    projector = pytest.importorskip("tensorboard.plugins.projector.projector_config_pb2")
    text_format = pytest.importorskip("google.protobuf.text_format")
    config = text_format.Parse((tmp_path / "board" / "projector_config.pbtxt").read_text(), projector.ProjectorConfig())
    [shown] = config.embeddings
    assert shown.tensor_name == kind and shown.tensor_path == "vectors.tsv"
    with open(tmp_path / "board" / shown.metadata_path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == len(vectors) and [int(row["cluster"]) for row in rows] == run.clusters.tolist()
    assert [row["coarse"] for row in rows] == [("odd", "even")[y] for y in LABELS]


def test_tables_are_read_by_pandas(made, tmp_path):
    pandas = pytest.importorskip("pandas")
    kind, data, run = made
    assert run.to_csv(tmp_path / "t.csv") == ""
    table = pandas.read_csv(tmp_path / "t.csv")
    assert table["cluster"].tolist() == run.clusters.tolist() and table["id"].tolist() == list(range(N))
    assert table["coarse"].tolist() == [("odd", "even")[y] for y in LABELS]
    assert kind != "texts" or table["text"].tolist() == data
    pytest.importorskip("pyarrow")
    run.to_parquet(tmp_path / "t.parquet", embeddings=True)
    back = pandas.read_parquet(tmp_path / "t.parquet")
    assert back["cluster"].tolist() == run.clusters.tolist() and back["coarse"].tolist() == table["coarse"].tolist()
    np.testing.assert_array_equal(np.stack(back["embedding"]), run.embeddings)


def test_tables_are_opened_in_spotlight(made, tmp_path):
    python = os.environ.get("FA_SPOTLIGHT")
    if not python:
        pytest.skip("FA_SPOTLIGHT is not set to a Python with renumics-spotlight; scripts/check --long installs it")
    pytest.importorskip("pyarrow")
    _, _, run = made
    run.to_parquet(tmp_path / "t.parquet", embeddings=True)
    run.to_csv(tmp_path / "t.csv")
    script = pathlib.Path(__file__).with_name("spotlight_serves.py")
    done = subprocess.run(
        [python, script, tmp_path / "t.parquet", tmp_path / "t.csv"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    parquet, table = json.loads(done.stdout.splitlines()[-1])
    assert parquet["types"]["embedding"] == "Embedding" and parquet["types"]["confidence"] == "float"
    np.testing.assert_allclose(parquet["embedding"], run.embeddings[0], rtol=1e-6)
    assert table["types"]["x"] == table["types"]["y"] == "float" and table["types"]["coarse"] == "str"
    assert parquet["clusters"] == table["clusters"] == run.clusters.tolist()


def test_tensors_are_read_by_safetensors(made):
    numpy = pytest.importorskip("safetensors.numpy")
    _, _, run = made
    tensors = numpy.load_file(run.folder / "model.safetensors")
    assert sum(one.size for one in tensors.values() if one.dtype == np.float32) > 20
    assert numpy.load_file(run.folder / "clusters.safetensors")["centres"].shape == run.centres.shape


def test_pages_are_shown_in_a_notebook(made, tmp_path, monkeypatch):
    kind, data, run = made
    page = run.explore(tmp_path / "page.html")
    assert page.without == "" and page.path == str(tmp_path / "page.html") and repr(page).endswith("page.html>")
    shown = page._repr_html_()
    assert shown.startswith('<iframe srcdoc="') and shown.count('"') == 4  # nothing ends the attribute early
    report = run.report()
    assert pathlib.Path(report.path) == run.folder / "report.html" and "<iframe" in report._repr_html_()
    monkeypatch.setattr(forced_apart._page, "SHOWN_MAX", 100)
    assert page._repr_html_() == f'<p><a href="{(tmp_path / "page.html").as_uri()}">{tmp_path / "page.html"}</a></p>'


def test_what_cannot_be_written_is_one_clear_error(made, tmp_path):
    kind, data, run = made
    (tmp_path / "file").write_text("")
    for write in (run.to_onnx, run.to_csv, run.to_tensorboard, run.explore):
        with pytest.raises(OSError, match="file"):
            write(tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == ""
    free = forced_apart.discover(np.random.default_rng(0).normal(size=(N, 3)), clusters=2, epochs=1)
    with pytest.raises(ValueError, match="autoencoder|probabilities"):
        free.to_onnx(tmp_path / "m.onnx", probabilities=True)
    with pytest.raises(ValueError, match="layer is"):
        run.embed(data, layer="target")
    with pytest.raises(ValueError, match="layer"):
        run.embed(data, layer=99)
    assert not (tmp_path / "m.onnx").exists()


def test_a_candidate_table_is_as_in_the_folder(made):
    kind, data, run = made
    with open(run.folder / "candidates.csv", newline="") as file:
        names = next(csv.reader(file))
    assert list(run.candidates) == names[1:]
