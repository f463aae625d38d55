"""discover, Run, and folders."""

import pickle

import numpy as np
import pytest

import forced_apart
from forced_apart import _library


def test_discover_without_a_folder_writes_nothing(blobs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, coarse, hidden = blobs
    run = forced_apart.discover(x, coarse, clusters=6, classes=hidden, epochs=5)
    assert run.scores["ami_max"] > 0.9 and run.scores["k"] == run.n_clusters == 6 and run.folder is None
    assert run.embeddings.shape == (len(x), 4) and (run.samples == np.arange(len(x))).all()
    assert (run.coarse == coarse).all() and (run.classes == hidden).all()
    assert len(run.history) == 5 and run.history[-1]["epoch"] == 5 and run.recipe["cluster.within"] == "given"
    assert list(tmp_path.iterdir()) == []
    for write in (run.report, run.explore, lambda: run.to_csv("x.csv"), lambda: run.to_tensorboard("x")):
        with pytest.raises(ValueError, match="folder="):
            write()


def test_a_run_outlives_pickle(blobs):
    x, coarse, _ = blobs
    run = forced_apart.discover(x, coarse, clusters=6, epochs=2)
    again = pickle.loads(pickle.dumps(run))
    assert again.embed(x).tobytes() == run.embeddings.tobytes() and repr(again.history) == repr(run.history)


def test_open_gives_the_run_that_was_left(blobs, tmp_path):
    x, coarse, hidden = blobs
    words = np.array(["sick", "well"])[coarse]
    names = [f"patient {i}" for i in range(len(x))]
    folder = tmp_path / "run"
    run = forced_apart.discover(x, words, clusters=6, classes=hidden, names=names, epochs=2, folder=folder)
    again = forced_apart.Run.open(folder)
    assert again.folder == folder and again.recipe == run.recipe
    assert again.scores == {
        key: pytest.approx(value, rel=1e-8) if isinstance(value, float) else value for key, value in run.scores.items()
    }
    for name in ("embeddings", "clusters", "confidence", "coarse", "classes", "samples", "centres"):
        assert getattr(again, name).tobytes() == getattr(run, name).tobytes(), name
    pandas = pytest.importorskip("pandas")
    table = run.assignments
    assert list(table) == ["sample", "name", "coarse", "cluster", "distance", "confidence", "class"]
    assert table["name"][3] == "patient 3" and table["coarse"].tolist() == words.tolist()
    pandas.testing.assert_frame_equal(table, again.assignments)
    with pytest.raises(ValueError, match="overwrite|run"):
        forced_apart.discover(x, words, clusters=6, folder=folder, epochs=1)
    forced_apart.discover(x, coarse, clusters=3, folder=folder, epochs=1, overwrite=True)
    assert forced_apart.Run.open(folder).n_clusters == 3


def test_a_folder_of_another_training_does_not_borrow_names(blobs, tmp_path):
    x, coarse, _ = blobs
    forced_apart.discover(x, coarse, clusters=2, folder=tmp_path / "a", epochs=1)
    forced_apart.discover(x, coarse, clusters=2, folder=tmp_path / "b", epochs=1, seed=2)
    (tmp_path / "a" / "python.json").replace(tmp_path / "b" / "python.json")
    assert forced_apart.Run.open(tmp_path / "b").encoder is None
    # As a run of the command line, which has none.
    assert (forced_apart.Run.open(tmp_path / "a").assign(x.astype(np.float32))["cluster"].to_numpy().shape) == (len(x),)


def test_assign_takes_a_data_frame_back(tmp_path):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(1)
    frame = pandas.DataFrame(
        {"a": rng.normal(size=80) + 1e9, "b": rng.choice(["x", "y"], 80)}, index=[f"row{i}" for i in range(80)]
    )
    frame.loc["row3", "b"] = None
    run = forced_apart.discover(frame, frame["b"].fillna("x"), clusters=3, epochs=2, folder=tmp_path / "run")
    assert run.assignments["name"].tolist() == list(frame.index)
    for one in (run, forced_apart.Run.open(tmp_path / "run")):
        new = one.assign(frame.iloc[10:20], frame["b"].iloc[10:20])
        assert list(new.index) == list(frame.index[10:20])
        assert new["cluster"].tolist() == run.clusters[10:20].tolist()
    path = tmp_path / "table.parquet"
    pytest.importorskip("pyarrow")
    run.to_parquet(path, embeddings=True)
    back = pandas.read_parquet(path)
    assert back["cluster"].tolist() == run.clusters.tolist()
    np.testing.assert_array_equal(np.stack(back["embedding"]), run.embeddings)


def test_a_path_is_read_as_the_command_line_reads_it(blobs, tmp_path):
    x, coarse, hidden = blobs
    path = tmp_path / "table.csv"
    rows = [f"{a},{b},{c},{d},{'uv'[y]},{'abcdef'[z]}" for (a, b, c, d), y, z in zip(x, coarse, hidden)]
    path.write_text("a,b,c,d,colour,kind\n" + "\n".join(rows) + "\n")
    run = forced_apart.discover(path, "colour", classes="kind", clusters=6, epochs=5)
    assert run.coarse_names == ["u", "v"] and run.scores["ami_max"] > 0.9
    assert sorted(set(run.assignments["class"])) == list("abcdef")
    # New rows need no labels, and columns may come in another order.
    new = tmp_path / "new.csv"
    new.write_text("d,c,b,a\n" + "\n".join(f"{d},{c},{b},{a}" for a, b, c, d in x[:20]) + "\n")
    other = tmp_path / "other.csv"
    other.write_text("a,b,c,d\n" + "\n".join(f"{a},{b},{c},{d}" for a, b, c, d in x[:20]) + "\n")
    assert run.assign(new).equals(run.assign(other))
    assert run.assign(path)["cluster"].tolist() == run.clusters.tolist()
    free = forced_apart.discover(path, "colour", classes="kind", clusters=6, epochs=2, label_free=True)
    assert free.recipe["train.task"] == "reconstruction" and free.coarse_names is None
    with pytest.raises(OSError, match="nowhere"):
        forced_apart.discover(tmp_path / "nowhere.csv")


def test_no_labels_is_an_autoencoder(blobs):
    x, _, hidden = blobs
    run = forced_apart.discover(x, clusters=6, classes=hidden, epochs=10)
    assert run.recipe["train.task"] == "reconstruction" and run.scores["accuracy"] is None
    assert run.scores["reconstruction"] > 0 and run.coarse is None


def test_other_samples_are_clustered_in_their_place(blobs):
    x, coarse, _ = blobs
    run = forced_apart.discover(
        x[:200], coarse[:200], test=x[200:], clusters=6, epochs=2, names=[str(i) for i in range(200)]
    )
    assert len(run.clusters) == len(x) - 200 and run.names is None


def test_report_and_html_are_shown_and_escaped(blobs, tmp_path):
    x, coarse, _ = blobs
    run = forced_apart.discover(x, np.array(["<b>", "&"])[coarse], clusters=6, epochs=2, folder=tmp_path / "run")
    text = run._repr_html_()
    assert (
        "coarse &lt;b&gt;" in text and "<b>" not in text.replace("<b>forced_apart.Run", "") and text.count("<tr>") == 7
    )
    page = run.report()
    assert page.path == str(tmp_path / "run" / "report.html") and "<iframe srcdoc=" in page._repr_html_()


def test_clusters_can_be_named(blobs, tmp_path):
    pytest.importorskip("pandas")
    x, coarse, _ = blobs
    run = forced_apart.discover(x, coarse, clusters=6, epochs=2, folder=tmp_path / "run")
    assert "cluster_name" not in run.assignments
    run.name_clusters({1: 'wolves, "old"', 4: "sheep"})
    assert run.cluster_names == [None, 'wolves, "old"', None, None, "sheep", None]
    table = run.assign(x[:30], coarse[:30])
    assert list(table)[:2] == ["cluster", "cluster_name"]
    assert (table["cluster_name"][table["cluster"] == 4] == "sheep").all()
    assert run.assignments["cluster_name"].notna().sum() == np.isin(run.clusters, [1, 4]).sum()
    saved = tmp_path / "names.csv"
    saved.write_text("cluster,name\n0,<b>cats\n")
    assert run.name_clusters(saved).cluster_names[:2] == ["<b>cats", None]
    assert 'id="cluster-names">&lt;b&gt;cats<hr>' in open(run.explore(names=saved).path).read()
    for names, text in (({6: "x"}, "no cluster 6; the run has 0 to 5"), ({"a": "x"}, "no cluster 'a'")):
        with pytest.raises(ValueError, match=text):
            run.name_clusters(names)
    with pytest.raises(OSError, match="nowhere"):
        run.name_clusters(tmp_path / "nowhere.csv")
    assert run.cluster_names[0] == "<b>cats"


def test_progress_tells_and_stops(blobs):
    x, coarse, _ = blobs
    seen = []
    run = forced_apart.discover(x, coarse, clusters=6, epochs=3, progress=seen.append)
    assert {one["epoch"] for one in seen} >= {1, 2, 3} and not run.scores["stopped"]
    stopped = forced_apart.discover(x, coarse, clusters=6, epochs=500, progress=lambda step: step["epoch"] < 3)
    assert stopped.scores["stopped"] and stopped.scores["epochs"] <= 3
    with pytest.raises(ZeroDivisionError):
        forced_apart.discover(x, coarse, clusters=6, epochs=3, progress=lambda step: 1 / 0)


def test_a_bar_is_drawn_where_it_is_asked_for(blobs, capsys):
    pytest.importorskip("tqdm")
    x, coarse, _ = blobs
    forced_apart.discover(x, coarse, clusters=6, epochs=3, progress=True)
    assert "sample" in capsys.readouterr().err
    forced_apart.discover(x, coarse, clusters=6, epochs=3, progress=False)
    assert capsys.readouterr().err == ""


def test_threads_are_set_and_set_back():
    before = forced_apart.threads()
    with forced_apart.threads(1):
        assert _library.lib.fa_threads_get() == 1
    assert forced_apart.threads() == before
