"""ForcedApart as a scikit-learn estimator."""

import pickle
import warnings

import numpy as np
import pytest
from conftest import partition

pytest.importorskip("sklearn", minversion="1.6")
from sklearn.base import clone  # noqa: E402
from sklearn.metrics import adjusted_rand_score  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

import forced_apart  # noqa: E402
from forced_apart import ForcedApart  # noqa: E402


def test_scikit_learns_checks_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that array API is not switched on
        results = check_estimator(ForcedApart(), on_fail=None)
    failed = [
        f"{one['check_name']}: {one['exception']!r}" for one in results if one["status"] not in ("passed", "skipped")
    ]
    assert not failed and len(results) > 40


def test_hidden_groups_are_found_inside_coarse_labels(blobs):
    x, coarse, hidden = blobs
    model = ForcedApart(6, epochs=5, random_state=0).fit(x, coarse)
    assert adjusted_rand_score(hidden, model.labels_) > 0.9
    assert ((0 <= model.confidence_) & (model.confidence_ <= 1)).all()
    assert model.cluster_centers_.shape == (6, model.transform(x).shape[1])
    assert model.score(x, coarse) > 0.3


def test_auto_finds_how_many_there_are(blobs):
    x, coarse, _ = blobs
    model = ForcedApart(random_state=0).fit(x, coarse)
    assert len(model.cluster_centers_) == 6 and model.run_.scores["choice"] == "3 in 0, 3 in 1"


def test_predict_is_the_nearest_centre_of_the_transformed(digits):
    x, y = digits
    model = ForcedApart(10, within=None, epochs=3, random_state=1).fit(x[:900], y[:900] // 5)
    new = x[900:1300]
    squared = ((model.transform(new)[:, None].astype(float) - model.cluster_centers_) ** 2).sum(-1)
    assert (squared.argmin(1) == model.predict(new)).mean() > 0.999
    assert (model.predict(x[:900]) == model.labels_).all()
    # Confidence by its equation.
    own, other = np.sort(np.sqrt(squared), 1)[:, :2].T
    np.testing.assert_allclose(model.confidence(new), 1 - own / other, atol=1e-5)


def test_labels_of_new_samples_are_predicted_from_few_rows(digits):
    """A coarse label is a union of digits, which no plane divides from the other: .78 of new rows by a linear map."""
    x, y = digits
    coarse, new = y // 5, slice(240, None)
    right = []
    for seed in (1, 2, 3):
        model = ForcedApart(10, random_state=seed).fit(x[:240], coarse[:240])
        own = np.array([np.bincount(coarse[:240][model.labels_ == k]).argmax() for k in range(10)])
        right.append((own[model.predict(x[new])] == coarse[new]).mean())
    assert np.mean(right) > 0.84


def test_clusters_lie_within_the_labels_that_are_given_or_predicted(blobs):
    x, coarse, hidden = blobs
    words = np.array(["sick", "well"])[coarse]
    given = ForcedApart({"sick": 3, "well": 3}, within="given", random_state=0).fit(x, words)
    assert adjusted_rand_score(hidden, given.labels_) > 0.9 and given.run_.scores["within"] == "given"
    assert (given.predict(x, words) == given.labels_).all()
    np.testing.assert_array_equal(given.confidence(x, words), given.confidence_)
    # Told the other label, each goes to a cluster of that one; without one, to those of the label that is predicted.
    other = given.predict(x, np.array(["well", "sick"])[coarse])
    assert not set(other[coarse == 0]) & set(given.labels_[coarse == 0])
    some = words.astype(object)
    some[::2] = None
    assert ((given.predict(x, some) < 3) == (coarse == 0)).all()
    predicted = ForcedApart(6, within="predicted", epochs=5, random_state=0).fit(x, words)
    assert (predicted.predict(x, np.array(["well", "sick"])[coarse]) == predicted.labels_).all()
    # Over all samples one cluster may hold both labels.
    over = ForcedApart(3, within=None, epochs=1, random_state=0).fit(x[:, :2], words)
    assert any(len(set(coarse[over.labels_ == k])) == 2 for k in range(3))
    assert ForcedApart(1, epochs=1, random_state=0).fit(x, words).run_.scores["within"] == "none"


def test_score_is_scikit_learns_silhouette(blobs):
    from sklearn.metrics import silhouette_score

    x, coarse, _ = blobs
    model = ForcedApart(4, epochs=2, random_state=1).fit(x, coarse)
    assert model.score(x) == pytest.approx(
        silhouette_score(model.transform(x).astype(float), model.predict(x)), abs=1e-5
    )


def test_same_seed_same_bytes_another_seed_others(blobs):
    x, coarse, _ = blobs
    a, b, c = (ForcedApart(6, loss="multi", epochs=2, random_state=seed).fit(x, coarse) for seed in (7, 7, 8))
    assert a.transform(x).tobytes() == b.transform(x).tobytes() != c.transform(x).tobytes()


def test_labels_of_any_kind_mean_the_same(blobs):
    x, coarse, _ = blobs
    words = np.array(["sick", "well"])[coarse]
    a, b = (ForcedApart(6, epochs=2, random_state=1).fit(x, y) for y in (coarse, words))
    assert (a.labels_ == b.labels_).all()
    some = words.astype(object)
    some[::5] = None
    c = ForcedApart(6, epochs=2, random_state=1).fit(x, some)
    assert set(c.run_.coarse[::5]) == {-1} and c.run_.coarse_names == ["sick", "well"]
    minus = ForcedApart(6, epochs=2, random_state=1).fit(x, 2 * coarse - 1)  # -1 is a label here
    assert (minus.labels_ == a.labels_).all()


def test_pickle_and_clone_keep_what_they_should(blobs):
    x, coarse, _ = blobs
    model = ForcedApart(6, loss="multi", margin=0.2, epochs=2, random_state=1).fit(x, coarse)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(x) == model.labels_).all() and again.transform(x).tobytes() == model.transform(x).tobytes()
    fresh = clone(model)
    assert fresh.get_params() == model.get_params() and not hasattr(fresh, "run_")


def test_pipeline_and_grid_search(blobs):
    x, coarse, _ = blobs
    pipe = make_pipeline(StandardScaler(), ForcedApart(6, epochs=2, random_state=0)).fit(x, coarse)
    assert pipe.predict(x).shape == (len(x),) and pipe.transform(x).shape[0] == len(x)
    search = GridSearchCV(
        ForcedApart(loss="multi", epochs=2, random_state=0), {"n_clusters": [2, 6], "margin": [0.1, 0.5]}, cv=2
    )
    search.fit(x, coarse)
    assert search.best_params_["n_clusters"] == 6 and np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_set_output_names_the_columns(blobs):
    pytest.importorskip("pandas")
    x, coarse, _ = blobs
    model = ForcedApart(6, epochs=1, random_state=0).set_output(transform="pandas").fit(x, coarse)
    assert list(model.transform(x).columns[:2]) == ["forcedapart0", "forcedapart1"]


# ==== Kinds of data ====


def people(n=200, seed=0):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(seed)
    hidden = rng.integers(0, 4, n)
    frame = pandas.DataFrame(
        {
            "height": 10.0 * (hidden % 2) + rng.normal(size=n),
            "age": rng.integers(20, 60, n),
            "colour": pandas.Categorical(np.array(["red", "blue"])[hidden // 2]),
            "since": 1.7e9 + rng.normal(size=n),
            "member": rng.random(n) < 0.5,
        }
    )
    frame.loc[::9, "height"] = np.nan
    frame.loc[::7, "colour"] = None
    return frame, hidden


def test_data_frames_with_categories_and_missing_values():
    frame, hidden = people()
    model = ForcedApart(4, epochs=5, random_state=0).fit(frame, hidden % 2)
    assert list(model.feature_names_in_) == list(frame.columns) and model.n_features_in_ == 5
    assert model.run_.encoder.names == [
        "height",
        "height=missing",
        "age",
        "colour=blue",
        "colour=red",
        "colour=missing",
        "since",
        "member=False",
        "member=True",
    ]
    assert (model.predict(frame, hidden % 2) == model.labels_).all()
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(frame.iloc[50:60], (hidden % 2)[50:60]) == model.labels_[50:60]).all()
    # A colour that was never seen is no colour, and columns may come in another order.
    other = frame.copy()
    other["colour"] = other["colour"].astype(object)
    other.loc[3, "colour"] = "green"
    assert model.predict(other).shape == (len(frame),)
    with pytest.raises(ValueError, match="colour"):
        model.predict(frame.drop(columns="colour"))


def test_a_column_far_from_zero_keeps_its_differences():
    pandas = pytest.importorskip("pandas")
    far = np.repeat([0.0, 1.0], 60) + 1.7e9  # float32 knows only every 128th of these
    for x in (pandas.DataFrame({"when": far, "what": ["x"] * 120}), np.column_stack([far, np.zeros(120)])):
        model = ForcedApart(2, random_state=0).fit(x)
        assert partition(model.labels_) == partition(far > 1.7e9 + 0.5)


@pytest.mark.parametrize(
    "change,text",
    [
        (lambda f: f.assign(when=np.datetime64("2024-01-01")), "when.*hours"),
        (lambda f: f.assign(name=[f"p{i}" for i in range(len(f))]), "name.*different words"),
        (lambda f: f.assign(empty=np.nan), "empty has no value"),
    ],
)
def test_columns_that_cannot_be_used_are_named(change, text):
    frame, hidden = people()
    with pytest.raises(ValueError, match=text):
        ForcedApart(4, epochs=1).fit(change(frame), hidden % 2)


def test_missing_values_where_there_were_none_are_named():
    frame, hidden = people()
    model = ForcedApart(4, epochs=1, random_state=0).fit(frame, hidden % 2)
    frame.loc[4, "age"] = None
    with pytest.raises(ValueError, match="age.*row 4"):
        model.predict(frame)


def waves(n=60, seed=0):
    rng = np.random.default_rng(seed)
    hidden = np.arange(n) % 4
    return [
        np.column_stack(
            [
                np.sin(np.arange(12 + i % 5) * (0.3 + 0.5 * (k % 2))) * (1 + 2 * (k // 2)),
                rng.normal(size=12 + i % 5) / 9,
            ]
        )
        for i, k in enumerate(hidden)
    ], hidden


def test_ragged_series_of_equal_length_or_not():
    series, hidden = waves()
    model = ForcedApart(4, epochs=2, random_state=0).fit(series, hidden // 2)
    assert (model.predict(series[:7], hidden[:7] // 2) == model.labels_[:7]).all()
    even = np.stack([one[:12] for one in series])
    a, b = (ForcedApart(4, epochs=1, random_state=0).fit(x, hidden // 2) for x in (even, list(even)))
    assert (a.labels_ == b.labels_).all()
    with pytest.raises(ValueError, match="series 1 has 3 features, series 0 has 2"):
        ForcedApart(4).fit([series[0], np.zeros((4, 3))], [0, 1])


def test_texts_as_a_list_or_a_column():
    pandas = pytest.importorskip("pandas")
    words = [["the river and the sea", "a boat on the water"], ["stocks fell again", "the market rose"]]
    texts = [words[i % 2][i // 2 % 2] + " today" * (i % 3) for i in range(60)]
    y = [i % 2 for i in range(60)]
    recipe = {"text.min_count": 1}
    a = ForcedApart(4, epochs=2, recipe=recipe, random_state=0).fit(texts, y)
    b = ForcedApart(4, epochs=2, recipe=recipe, random_state=0).fit(pandas.Series(texts), y)
    assert (a.labels_ == b.labels_).all() and (a.predict(texts[:5]) == a.labels_[:5]).all()
    with pytest.raises(ValueError, match=r"text 1 has a character U\+0000"):
        ForcedApart(2).fit(["a", "b\0c"], [0, 1])


def test_images_by_the_reference_engine_and_refused_by_others():
    rng = np.random.default_rng(0)
    hidden = np.arange(48) % 4
    images = (rng.random((48, 8, 8)) * 40 + 50 * hidden[:, None, None]).astype(np.uint8)
    recipe = {"network.engine": "ref", "network.layers": "conv 4 3x3 relu, maxpool 2, linear 8 relu target, linear out"}
    model = ForcedApart(4, epochs=2, recipe=recipe, random_state=0).fit(images, hidden // 2)
    assert (model.predict(list(images[:9])) == model.labels_[:9]).all()
    if forced_apart.capabilities()["onednn"] is None:
        layers = {"network.layers": recipe["network.layers"]}
        with pytest.raises(NotImplementedError, match="oneDNN|ref"):
            ForcedApart(4, epochs=1, recipe=layers).fit(images, hidden // 2)


def test_settings_that_do_not_fit_are_one_error(blobs):
    x, coarse, _ = blobs
    for model, text in (
        (ForcedApart(0.5), "cluster.k"),
        (ForcedApart(loss="mutli"), "multi"),
        (ForcedApart(loss="multi", margin=-1), "margin"),
        (ForcedApart(margin=0.1), "loss='multi'"),
        (ForcedApart(within="label"), "'given', 'predicted'"),
        (ForcedApart(1, within="given"), "at least one cluster"),
        (ForcedApart({0: 2}), "says nothing of the coarse label '1'"),
        (ForcedApart(random_state="x"), "seed"),
        (ForcedApart(recipe={"loss.magrin": 1}), "loss.margin"),
        (ForcedApart(500), "500"),
    ):
        with pytest.raises(ValueError, match=text):
            model.fit(x, coarse)
    with pytest.raises(ValueError, match=r"fit\(X\) trains without"):
        ForcedApart(2).fit(x, [None] * len(x))
    with pytest.raises(ValueError, match="labels y have the shape"):
        ForcedApart(2).fit(x, coarse[:-1])
