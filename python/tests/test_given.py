"""Samples and labels as people have them: what other libraries give, what is missing, what cannot be."""

import decimal
import datetime
import warnings

import numpy as np
import pytest

import forced_apart
from forced_apart import _library

N = 120
HIDDEN = np.arange(N) % 4
LABELS = np.array(["odd", "even"])[HIDDEN % 2]
X = (np.random.default_rng(0).normal(size=(N, 4)) + 8 * np.eye(4)[HIDDEN]).astype(np.float32)


def found(data, labels=LABELS, **options):
    return forced_apart.discover(data, labels, **{"clusters": 4, "epochs": 1, "trainings": 1, **options})


@pytest.fixture(scope="module")
def wanted():
    return found(X).clusters.tolist()


# ==== The same samples ====


def as_torch():
    torch = pytest.importorskip("torch")
    return torch.tensor(X, requires_grad=True)


def as_polars():
    polars, _ = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    return polars.DataFrame(X, schema=list("abcd"))


@pytest.mark.parametrize(
    "given",
    [
        lambda: np.asfortranarray(X),
        lambda: np.repeat(X, 2, 0)[::2],
        lambda: X[::-1][::-1],
        lambda: X.astype(">f4"),
        lambda: X.astype(object),
        lambda: X.tolist(),
        lambda: list(X),
        lambda: (row for row in X),
        lambda: np.ma.masked_array(X, np.zeros(X.shape, bool)),
        as_torch,
        lambda: list(as_torch()),
    ],
    ids="fortran strided turned big-endian objects lists rows generator unmasked torch torch-rows".split(),
)
def test_arrays_of_any_make_are_the_same(given, wanted):
    assert found(given()).clusters.tolist() == wanted


def test_read_only_and_half_precision_arrays_work(wanted):
    x = X.copy()
    x.flags.writeable = False
    assert found(x).clusters.tolist() == wanted and found(X.astype(np.float16)).n_clusters == 4
    torch = pytest.importorskip("torch")
    assert found(torch.tensor(X).bfloat16()).n_clusters == 4
    for without_values, text in ((torch.empty(9, 2, device="meta"), "meta"), (torch.tensor(X).to_sparse(), "to_dense")):
        with pytest.raises(ValueError, match=text):
            found(without_values)


def test_polars_frames_are_as_those_of_pandas():
    polars, frame = pytest.importorskip("polars"), as_polars()
    words = frame.with_columns(
        w=polars.Series([None if i % 9 == 0 else "uv"[i % 2] for i in range(N)]), m=polars.Series([1, None] * (N // 2))
    )
    for one, labels in ((frame, polars.Series(LABELS)), (words, polars.Series(LABELS).cast(polars.Categorical))):
        a, b = found(one, labels), found(one.to_pandas(), LABELS)
        assert a.clusters.tolist() == b.clusters.tolist() and a.encoder.columns == b.encoder.columns
        assert a.assign(one, labels)["cluster"].tolist() == a.clusters.tolist()
    pytest.importorskip("sklearn")
    model = forced_apart.ForcedApart(4, epochs=1, random_state=0).fit(words, LABELS)
    assert (model.predict(words, LABELS) == model.labels_).all()
    with pytest.raises(ValueError, match="column d is of type datetime64"):
        found(frame.with_columns(d=polars.Series([datetime.date(2020, 1, 1)] * N)))


def test_objects_of_numbers_are_numbers_with_what_is_missing():
    pandas = pytest.importorskip("pandas")
    numbers = [None if i % 9 == 0 else decimal.Decimal(i % 4) for i in range(N)]
    plain = [np.nan if one is None else float(one) for one in numbers]
    frames = [pandas.DataFrame(X).assign(n=pandas.Series(one)) for one in (
        pandas.Series(numbers, dtype=object), plain, pandas.array([None if a is None else int(a) for a in numbers],
                                                                  dtype="Int64"),
    )]  # fmt: skip
    made = [found(one) for one in frames]
    assert made[0].encoder.columns[4] == {"name": "n", "median": 2.0, "missing": True}
    assert len({one.embeddings.tobytes() for one in made}) == 1


@pytest.mark.parametrize("texts", [
    lambda words: np.array(words),
    lambda words: [one.encode() for one in words],
    lambda words: (one for one in words),
    lambda words: pytest.importorskip("pandas").Series(words),
    lambda words: pytest.importorskip("polars").Series(words),
], ids="array bytes generator pandas polars".split())  # fmt: skip
def test_texts_of_any_make_are_the_same(texts):
    words = [f"{'red blue'.split()[i % 2]} {'car ship'.split()[i // 2 % 2]} n{i % 9}" for i in range(N)]
    recipe = {"text.min_count": 1}
    assert found(texts(words), recipe=recipe).embeddings.tobytes() == found(words, recipe=recipe).embeddings.tobytes()


def test_texts_that_are_missing_are_empty_for_the_estimator_too():
    pytest.importorskip("sklearn")
    words = [None if i % 9 == 0 else f"{'red blue'.split()[i % 2]} n{i % 3}" for i in range(N)]
    model = forced_apart.ForcedApart(4, epochs=1, recipe={"text.min_count": 1}, random_state=0).fit(words, LABELS)
    assert (model.predict(words, LABELS) == model.labels_).all()


# ==== The same labels ====


def test_labels_of_any_make_are_the_same():
    pandas = pytest.importorskip("pandas")
    some = [None if i % 7 == 0 else one for i, one in enumerate(LABELS)]
    made = [found(X, one) for one in (
        some, [np.nan if one is None else one for one in some], pandas.Categorical(some),
        pandas.Series(some, dtype="string"), pandas.DataFrame({"y": some}),
        [None if one is None else one.encode() for one in some],
    )]  # fmt: skip
    assert {tuple(one.coarse.tolist()) for one in made} == {tuple(-1 if a is None else a == "odd" for a in some)}
    assert all(one.coarse_names == ["even", "odd"] and type(one.coarse_names[0]) is str for one in made)


def test_whole_numbers_stay_whole_beside_missing_ones():
    pandas = pytest.importorskip("pandas")
    y = [None if i % 7 == 0 else int(i % 2) for i in range(N)]
    for labels in (np.array(y, dtype=float), pandas.Series(y, dtype="Int64"), y):
        run = found(X, labels, clusters={0: 2, 1: 3})
        assert run.coarse_names == [0, 1] and run.n_clusters == 5
        assert run.assign(X, y)["cluster"].tolist() == run.clusters.tolist()


def test_labels_that_no_sample_had_are_told():
    pytest.importorskip("pandas")
    run = found(X)
    with pytest.raises(ValueError, match="had the label 'green'; known are 'even', 'odd'; None is no label"):
        run.assign(X, ["green"] * N)
    some = LABELS.astype(object)
    some[3] = "green"
    with pytest.warns(UserWarning, match="'green'.*by the label that is predicted"):
        told = run.assign(X, some)["cluster"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        some[3] = None
        assert told.tolist() == run.assign(X, some)["cluster"].tolist()


# ==== What cannot be ====


@pytest.mark.parametrize(
    "data,options,text",
    [
        (np.ma.masked_greater(X, 8), {}, "of the values are masked: fill them"),
        ([{"a": 1.0}] * N, {}, r"value 0 is a dict.*pandas.DataFrame makes columns"),
        (np.zeros((N, 3, 8, 8), np.uint8), {}, r"8 channels.*images.transpose\(0, 2, 3, 1\)"),
        (np.zeros((N, 8, 8, 4), np.uint8), {}, r"4 channels.*images\[\.\.\., :3\]"),
        (np.zeros((N, 8, 8, 3)), {}, r"\(255 \* images\).astype"),
        (["a", "b \ud800"] * 60, {}, "text 1 has half a character"),
        (X, {"labels": "odd"}, r"labels are 'odd'.*frame.pop\(column\)"),
        (X, {"labels": np.eye(2)[HIDDEN % 2]}, r"shape \(120, 2\).*argmax\(axis=1\)"),
        (X, {"labels": ["a"] * N}, "all labels are 'a'.*label_free=True"),
        (X, {"labels": [None] * N}, "none of the 120 labels.*label_free=True"),
        (X, {"clusters": 0}, "is 0; it must be a whole number from 1 on"),
        (X, {"clusters": True}, "is True; it must"),
        (X, {"clusters": {}}, r"is {}; it must"),
        (X, {"clusters": {"odd": 1.5, "even": 2}}, r"'odd': 1.5.*must be a whole number"),
        (X, {"clusters": {"odd": 0, "even": 2}}, r"'odd': 0.*must be a whole number"),
        (X, {"seed": 2**53}, r"seed is 9007199254740992.*2\*\*53 - 1"),
        (X, {"recipe": ["loss.margin"]}, "recipe is a list; it must be a dict"),
    ],
)
def test_what_cannot_be_is_named_with_what_works(data, options, text):
    with pytest.raises(_library.InputError, match=text):
        found(data, **options)


def test_sparse_matrices_are_named_with_what_works():
    sparse = pytest.importorskip("scipy.sparse")
    for one in (sparse.csr_matrix(X), sparse.coo_array(X)):
        with pytest.raises(_library.InputError, match=r"Sparse data of shape \(120, 4\).*toarray"):
            found(one)


@pytest.mark.parametrize(
    "change,text",
    [
        (lambda f: f.assign(d=[datetime.date(2020, 1, 1 + i % 9) for i in range(N)]), "column d holds a date, 2020"),
        (lambda f: f.assign(d=[[1, 2]] * N), r"column d holds a list, \[1, 2\]"),
        (lambda f: f.assign(d=[np.inf] + [0] * (N - 1)), "column d is inf in row 0"),
        (lambda f: f.iloc[:0], r"0 samples \(shape=\(0, 4\)\)"),
        (lambda f: f[[]], r"0 feature\(s\) \(shape=\(120, 0\)\)"),
        (lambda f: f.set_axis(list("abca"), axis=1), "several columns are named a"),
    ],
)
def test_frames_that_cannot_be_are_named(change, text):
    pandas = pytest.importorskip("pandas")
    with pytest.raises(_library.InputError, match=text):
        found(change(pandas.DataFrame(X, columns=list("abcd"))))


def test_new_samples_of_another_form_are_named():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd")).assign(w=[*"uvw"] * 40)
    run = found(frame)
    assert run.assign(frame[list("wdcba")], LABELS)["cluster"].tolist() == run.clusters.tolist()  # in any order
    for new, text in (
        (frame.drop(columns=["a", "w"]), "no column a, w; it has b, c, d, and needs a, b, c, d, w"),
        (X, "give one with its columns, a, b, c, d, w"),
        (frame.assign(w=1.5), "column w was words, such as 'u', and is now float64, such as 1.5"),
        (frame.assign(a="x"), "column a was numbers"),
        (frame.iloc[:0], "0 samples"),
    ):
        with pytest.raises(_library.InputError, match=text):
            run.assign(new)
    with pytest.raises(_library.InputError, match=r"give frame.to_numpy\(\)"):
        found(X).assign(frame)


def test_a_run_is_not_replaced_unasked(tmp_path):
    found(X, folder=tmp_path / "run")
    before = sorted((one.name, one.stat().st_mtime_ns) for one in (tmp_path / "run").iterdir())
    with pytest.raises(_library.InputError, match="holds a run already; overwrite=True replaces it"):
        found(X, folder=tmp_path / "run")
    assert before == sorted((one.name, one.stat().st_mtime_ns) for one in (tmp_path / "run").iterdir())
    assert found(X, folder=tmp_path / "run", overwrite=True).folder == tmp_path / "run"


def test_threads_are_a_whole_number():
    for count in (-1, 1.5, "two"):
        with pytest.raises(_library.InputError, match="the number of threads is"):
            forced_apart.threads(count)


def test_what_is_missing_for_the_estimator_is_named():
    pytest.importorskip("sklearn")
    with pytest.raises(ValueError, match=r"no coarse labels: fit\(X, y\)"):
        forced_apart.ForcedApart(4, within="given").fit(X)
    with pytest.raises(ValueError, match=r"all labels y are 'a'.*fit\(X\) trains without"):
        forced_apart.ForcedApart(4).fit(X, ["a"] * N)
    with pytest.raises(ValueError, match="samples are a str"):
        forced_apart.ForcedApart(4).fit("data.csv", LABELS)
