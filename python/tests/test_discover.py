"""discover: the same as the command line, what it compared, what it keeps, and what it refuses."""

import json
import pickle
import subprocess
import warnings

import numpy as np
import pytest

import forced_apart
from forced_apart import _library


def by_command(program, *arguments):
    made = subprocess.run([program, "discover", *map(str, arguments), "--json"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def same(run, other, found=None):
    """Byte for byte what was learnt and found, and what the choice rests on."""
    for name in ("embeddings", "clusters", "confidence", "coarse", "classes", "samples", "centres"):
        a, b = getattr(run, name), getattr(other, name)
        assert (a is None) == (b is None) and (a is None or a.tobytes() == b.tobytes()), name
    assert len(run.compared) == len(other.compared)
    for a, b in zip(run.compared, other.compared):
        assert a == {key: pytest.approx(value, rel=1e-5, nan_ok=True) if isinstance(value, float) else value
                     for key, value in b.items()}  # fmt: skip
    assert found is None or found["why"] == run.choice


# ==== The command line ====


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64])
def test_vectors_are_the_command_lines(program, blobs, tmp_path, kind):
    x, coarse, hidden = blobs
    x = (x * 100).round().astype(kind) + (1700000000 if kind != np.float32 else 0)
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "colours.txt").write_text("".join(f"{'uv'[one]}\n" for one in coarse))
    np.save(tmp_path / "kinds.npy", hidden)
    found = by_command(
        program, tmp_path / "x.npy", "--labels", tmp_path / "colours.txt", "--hidden", tmp_path / "kinds.npy",
        "--epochs", 4, "--seed", 3, "-k", 6, "-o", tmp_path / "line",
    )  # fmt: skip
    line = forced_apart.Run.open(tmp_path / "line")
    given = dict(clusters=6, epochs=4, seed=3)
    run = forced_apart.discover(x, np.array(["u", "v"])[coarse], classes=hidden, folder=tmp_path / "here", **given)
    same(run, line, found)
    same(run, forced_apart.Run.open(tmp_path / "here"))
    read = forced_apart.discover(
        tmp_path / "x.npy", str(tmp_path / "colours.txt"), classes=tmp_path / "kinds.npy", **given
    )
    same(read, line, found)
    # New samples go the same way, also what float32 would not tell apart.
    assert (run.assign(x)["cluster"] == line.assign(tmp_path / "x.npy")["cluster"]).all()


def test_clusters_are_as_many_as_hidden_classes_as_on_the_command_line(program, blobs, tmp_path):
    x, coarse, hidden = blobs
    np.savez(tmp_path / "x.npz", x=x, labels=hidden, coarse=coarse)
    by_command(program, tmp_path / "x.npz", "--epochs", 2, "-o", tmp_path / "line")
    line = forced_apart.Run.open(tmp_path / "line")
    run = forced_apart.discover(x, coarse, classes=hidden, epochs=2)
    same(run, line)
    assert run.n_clusters == 6
    same(forced_apart.discover(tmp_path / "x.npz", epochs=2), line)


@pytest.mark.parametrize("tolerance", [0, 0.5])
def test_a_search_is_the_command_lines(program, blobs, tmp_path, tolerance):
    x, coarse, _ = blobs
    np.savez(tmp_path / "x.npz", x=x, coarse=coarse)
    by_command(
        program, tmp_path / "x.npz", "--epochs", 2, "--search", 2, "--trainings", 1, "-k", 6, "-o", tmp_path / "line",
        "--tolerance", tolerance, "--set", "cluster.within=none",
    )  # fmt: skip
    run = forced_apart.discover(
        x, coarse, clusters=6, epochs=2, search=2, trainings=1, tolerance=tolerance, recipe={"cluster.within": "none"}
    )
    same(run, forced_apart.Run.open(tmp_path / "line"))
    assert {one["margin"] for one in run.compared} > {""} and run.scores["within"] == "none"


def test_methods_are_the_command_lines(program, blobs, tmp_path):
    x, coarse, _ = blobs
    np.savez(tmp_path / "x.npz", x=x, coarse=coarse)
    by_command(
        program, tmp_path / "x.npz", "--epochs", 2, "--methods", "plain,information", "-k", 6, "-o", tmp_path / "line",
    )  # fmt: skip
    run = forced_apart.discover(x, coarse, clusters=6, epochs=2, methods=["plain", "information"])
    same(run, forced_apart.Run.open(tmp_path / "line"))
    assert {one["training"] for one in run.compared} == {"", "plain", "information"}
    with pytest.raises(ValueError, match="'held-up' is none of plain, multi"):
        forced_apart.discover(x, coarse, methods="held-up")


def test_texts_and_series_are_the_command_lines(program, tmp_path):
    rng = np.random.default_rng(5)
    texts = [
        f"{'good book' if i % 2 else 'bad film'} {'one two six ten'.split()[i // 2 % 4]}, word{i % 5}"
        for i in range(80)
    ]
    labels = ["many" if i % 2 else "few" for i in range(80)]
    (tmp_path / "t.csv").write_text("text,stars\n" + "".join(f'"{a}",{b}\n' for a, b in zip(texts, labels)))
    by_command(
        program, tmp_path / "t.csv", "--text-column", "text", "--labels", "stars", "--epochs", 2, "-k", 4,
        "--set", "text.min_count=1", "-o", tmp_path / "texts",
    )  # fmt: skip
    run = forced_apart.discover(texts, labels, clusters=4, epochs=2, recipe={"text.min_count": 1})
    same(run, forced_apart.Run.open(tmp_path / "texts"))

    steps = rng.integers(3, 9, 60)
    series = [rng.normal(size=(n, 2)).astype(np.float32) + i % 4 for i, n in enumerate(steps)]
    coarse = np.arange(60) % 2
    np.savez(tmp_path / "s.npz", points=np.concatenate(series), offsets=np.r_[0, np.cumsum(steps)], coarse=coarse)
    by_command(program, tmp_path / "s.npz", "--epochs", 2, "-k", 4, "-o", tmp_path / "series")
    run = forced_apart.discover(series, coarse, clusters=4, epochs=2)
    same(run, forced_apart.Run.open(tmp_path / "series"))


def test_a_folder_of_both_parts_clusters_its_test_part(program, tmp_path):
    rng = np.random.default_rng(0)
    for part, n in (("train", 40), ("test", 20)):
        lines = [f'{i % 2 + 1},"word{i % 4} word{rng.integers(9)}","and more"' for i in range(n)]
        (tmp_path / "both").mkdir(exist_ok=True)
        (tmp_path / "both" / f"{part}.csv").write_text("\n".join(lines) + "\n")
    settings = {"text.min_count": 1}
    by_command(program, tmp_path / "both", "--epochs", 1, "-k", 4, "--set", "text.min_count=1", "-o", tmp_path / "line")
    run = forced_apart.discover(tmp_path / "both", clusters=4, epochs=1, recipe=settings)
    same(run, forced_apart.Run.open(tmp_path / "line"))
    assert len(run.clusters) == 20


# ==== What it compared ====


def test_the_candidates_and_the_choice_are_told(blobs, tmp_path):
    pandas = pytest.importorskip("pandas")
    x, coarse, hidden = blobs
    run = forced_apart.discover(x, coarse, clusters=6, classes=hidden, epochs=5, folder=tmp_path / "run")
    table = run.candidates
    assert set(table["space"]) == {"input", "input-unit", "input-standard", "input-pca", "target"}
    assert table["chosen"].sum() == 1
    assert (table["k"] == 6).all() and table[table["chosen"]]["possible"].all()
    best = table[table["chosen"]].iloc[0]
    assert run.choice.startswith(f"{best['space']}: ") and f"{best['agreement']:.3f}" in run.choice
    assert run.recipe["cluster.space"] == ("target" if best["training"] else "input")
    # The score that no choice looks at is that of the clusters there.
    assert best["ami_max_not_used"] == pytest.approx(run.scores["ami_max"], abs=1e-6)
    again = forced_apart.Run.open(tmp_path / "run")
    assert again.choice == run.choice
    pandas.testing.assert_frame_equal(again.candidates, table, rtol=1e-5)
    assert pickle.loads(pickle.dumps(run)).choice == run.choice
    assert run.choice.split(":")[0] in run._repr_html_()


def test_clusters_lie_within_the_coarse_labels(blobs):
    x, coarse, _ = blobs
    words = np.array(["sick", "well"])[coarse]
    run = forced_apart.discover(x, words, clusters={"sick": 2, "well": 3}, epochs=2)
    assert run.n_clusters == 5 and len(set(run.clusters[coarse == 0])) == 2 and len(set(run.clusters[coarse == 1])) == 3
    assert not set(run.clusters[coarse == 0]) & set(run.clusters[coarse == 1])
    # A new sample goes to the clusters of the label that it is given, by its name.
    other = run.assign(x, np.array(["well", "sick"])[coarse])["cluster"].to_numpy()
    assert not set(other[coarse == 0]) & set(run.clusters[coarse == 0])
    assert (run.assign(x, words)["cluster"] == run.clusters).all()


def test_seed_0_is_another_than_seed_1(blobs):
    x, coarse, _ = blobs
    made = [
        forced_apart.discover(x, coarse, clusters=6, epochs=1, seed=seed, recipe={"cluster.space": "layer"})
        for seed in (0, 1, 0)
    ]
    a, b, c = (one.embeddings.tobytes() for one in made)
    assert a == c != b and made[0].recipe["train.seed"] == "0"


# ==== What it keeps ====


def kept(run, data):
    """The folder alone has samples, labels and names: all that a page shows."""
    page = open(run.explore().path, encoding="utf-8").read()
    assert run.explore().without == "" and "The samples themselves are not here" not in page
    for one in data:
        assert one in page, one
    return page


def test_pages_show_the_samples_of_arrays(blobs, tmp_path):
    x, coarse, hidden = blobs
    words = np.array(["sick", "well"])[coarse]
    given = dict(clusters=6, epochs=1, classes=hidden)
    run = forced_apart.discover(x, words, folder=tmp_path / "a", **given)
    kept(run, ["sick", "well"])
    names = [f"case {i}" for i in range(len(x))]
    run = forced_apart.discover(x, words, names=names, folder=tmp_path / "b", **given)
    kept(run, ["case 17", "sick"])
    wide = np.tile(x, (1, 100))  # more names than go into one line of a recipe
    kept(forced_apart.discover(wide, words, names=names, folder=tmp_path / "d", **given), ["case 18"])
    run = forced_apart.discover(x, words, folder=tmp_path / "c", keep_data=False, **given)
    assert "The samples themselves are not here" in open(run.explore().path, encoding="utf-8").read()


def test_pages_show_the_samples_of_data_frames(tmp_path):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(1)
    frame = pandas.DataFrame(
        {"label": 1e9 + rng.normal(size=80), "name": rng.choice(["x", "y"], 80), 'a "quoted" one': np.arange(80)},
        index=[f"row, {i}" for i in range(80)],
    )
    frame.iloc[3, 1] = None
    labels = ["p" if i % 2 else None for i in range(40)] + ["q"] * 40
    run = forced_apart.discover(frame, labels, clusters=4, epochs=1, folder=tmp_path / "run")
    kept(run, ["row, 7", "p<hr>q"])
    assert forced_apart.Run.open(tmp_path / "run").assign(frame, labels)["cluster"].tolist() == run.clusters.tolist()


def test_pages_show_texts_series_and_images(tmp_path):
    rng = np.random.default_rng(1)
    texts = [f'say "{w}",\nline {i}' for i, w in enumerate(["one", "two", "six", "ten"] * 10)]
    labels = np.arange(40) % 2
    recipe = {"text.min_count": 1}
    run = forced_apart.discover(texts, labels, clusters=4, epochs=1, recipe=recipe, folder=tmp_path / "t")
    kept(run, ["say &quot;six&quot;"])
    series = [rng.normal(size=(4 + i % 3, 2)) for i in range(40)]
    kept(forced_apart.discover(series, labels, clusters=4, epochs=1, folder=tmp_path / "s"), ["<svg"])
    images = rng.integers(0, 256, (40, 8, 8)).astype(np.uint8)
    recipe = {"network.engine": "ref"}
    run = forced_apart.discover(images, labels, clusters=4, epochs=1, recipe=recipe, folder=tmp_path / "i")
    kept(run, ["<img"])


# ==== What it refuses ====


@pytest.mark.parametrize(
    "data,options,text",
    [
        (np.zeros((0, 3)), {}, "samples"),
        ([], {}, "no samples"),
        (np.full((9, 2), np.nan), {}, r"x\[0, 0\] is nan"),
        (np.full((9, 2), 1e300) * [[1, 0]] * np.arange(9)[:, None], {}, "float32"),
        (np.zeros((9, 2), complex), {}, "omplex"),
        (np.zeros(9), {}, r"Reshape|shape \(9,\)"),
        ([[1, 2], [3, "four"]], {}, "'four': columns"),
        (np.zeros((9, 2)), {"labels": [0] * 8}, r"\(8,\); there are 9 samples"),
        (np.zeros((9, 2)), {"labels": []}, "there are 9 samples"),
        (np.zeros((9, 2)), {"labels": [None] * 9}, "label"),
        (np.random.rand(9, 2), {"labels": [0, 1] * 4 + [0], "clusters": 10}, "10"),
        (np.random.rand(9, 2), {"labels": [0, 1] * 4 + [0], "clusters": 1}, "cluster.k"),
        (np.random.rand(9, 2), {"clusters": "many"}, "many"),
        (np.random.rand(9, 2), {"clusters": -3}, "cluster.k"),
        (np.random.rand(9, 2), {"labels": ["a", "b", "c"] * 3, "clusters": {"a": 2, "d": 1}}, "named 'd'"),
        (np.random.rand(9, 2), {"clusters": 2, "epochs": 0}, "epochs is 0"),
        (np.random.rand(9, 2), {"clusters": 2, "epochs": 1.5}, "epochs is 1.5"),
        (np.random.rand(9, 2), {"clusters": 2, "epochs": "ten"}, "epochs is 'ten'"),
        (np.random.rand(9, 2), {"clusters": 2, "seed": -1}, "seed is -1"),
        (np.random.rand(9, 2), {"clusters": 2, "trainings": 10}, "trainings is 10"),
        (np.random.rand(9, 2), {"clusters": 2, "tolerance": 2}, "tolerance is 2"),
        (np.random.rand(9, 2), {"clusters": 2, "tolerance": "little"}, "tolerance is 'little'; it must be a number"),
        (np.random.rand(9, 2), {"clusters": 2, "recipe": {"loss.magrin": 1}}, "loss.margin"),
        (np.random.rand(9, 2), {"clusters": 2, "names": ["a"]}, "1 names for 9 samples"),
        (np.random.rand(9, 2), {"clusters": 2, "classes": [0, 1] * 4 + [None]}, "class 8 is missing"),
        (np.random.rand(9, 2), {"clusters": 2, "test": np.zeros((3, 4))}, "2|4"),
        (["one", "two\0"], {"clusters": 2}, r"U\+0000"),
        ([np.zeros((3, 2)), np.zeros((0, 2))] * 4, {"clusters": 2}, "series 1"),
        (None, {}, "NoneType"),
        (7, {}, "int"),
    ],
)
def test_bad_input_is_one_clear_error(data, options, text):
    options = {"epochs": 1, **options}
    with pytest.raises(ValueError, match=text):
        forced_apart.discover(data, options.pop("labels", None), **options)


@pytest.fixture
def table():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(5)
    return pandas.DataFrame(
        {
            "a": rng.normal(size=40),
            "city": ["Rome", "Oslo"] * 20,
            "label": ["x", "x", "y", "y"] * 10,
            "kind": [1, 2] * 20,
        }
    )


def test_a_column_of_the_labels_themselves_is_refused(table):
    with pytest.raises(ValueError, match="column label holds the labels themselves"):
        forced_apart.discover(table, table["label"], clusters=2, epochs=1)
    labels = table.pop("label")
    with pytest.raises(ValueError, match="column kind holds the classes themselves"):
        forced_apart.discover(table, labels, classes=table["kind"].astype(float), clusters=2, epochs=1)


def test_labels_of_a_path_are_a_name_a_number_or_a_file(table, tmp_path):
    path = tmp_path / "table.csv"
    table.drop(columns="kind").to_csv(path, index=False)
    for labels in ("label", 3, np.int64(3)):
        run = forced_apart.discover(path, labels, clusters=2, epochs=1)
        assert sorted(set(run.assignments["coarse"])) == ["x", "y"]
    with pytest.raises(ValueError, match="labels and classes of a path are a column, .* and this is a Series; read"):
        forced_apart.discover(path, table["label"], clusters=2, epochs=1)


def test_words_that_were_not_learnt_are_warned_of(table):
    labels = table.pop("label")
    run = forced_apart.discover(table, labels, clusters=2, epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.assign(table)
    table.loc[[3, 4], "city"] = ["Bern", "Kiel"]
    with pytest.warns(UserWarning, match="column city: 2 of 40 words are none that was learnt .the first: 'Bern'."):
        assert len(run.assign(table)) == 40


def test_a_setting_without_effect_is_warned_of(blobs):
    x, coarse, _ = blobs
    options = {"clusters": 6, "epochs": 1, "trainings": 1}
    with pytest.warns(UserWarning, match="loss.margin = 0.3 has no effect: loss.kind is infonce; it needs"):
        forced_apart.discover(x, coarse, **options, recipe={"loss.margin": 0.3})
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the default says nothing new
        forced_apart.discover(x, coarse, **options, recipe={"loss.margin": 0.1, "loss.temperature": 0.2})


def test_a_stop_in_a_later_training_says_so(blobs):
    x, coarse, _ = blobs
    seen = []

    def stop(step):
        seen.append(step["training"])
        return not step["training"]

    with pytest.raises(forced_apart.Error, match="second training") as told:
        forced_apart.discover(x, coarse, clusters=6, epochs=2, progress=stop)
    assert isinstance(told.value, _library.Stopped) and seen[0] == "" and "second" in seen[-1]
