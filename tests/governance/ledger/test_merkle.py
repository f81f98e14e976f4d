"""The tree agrees with the world's test vectors, and with the definition in RFC 9162."""

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger import merkle
from governance.ledger.merkle import Frontier, WrongProof, leaf_hash, levels_of

VECTORS = json.loads((Path(__file__).parents[2] / "data/merkle_proof_vectors.json").read_text())
LEAVES = st.lists(st.binary(max_size=8).map(leaf_hash), min_size=1, max_size=70)


def definition(leaves):
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = max(2**k for k in range(12) if 2**k < len(leaves))
    return sha256(b"\1" + definition(leaves[:half]) + definition(leaves[half:])).digest()


def raw(text):
    return base64.b64decode(text)


def judged(verify):
    try:
        verify()
    except WrongProof:
        return True
    return False


@pytest.mark.parametrize("name", VECTORS["inclusion"])
def test_it_judges_an_inclusion_proof_as_the_vector_says(name):
    vector = VECTORS["inclusion"][name]
    refused = judged(
        lambda: merkle.verify_inclusion(
            index=vector["leafIdx"],
            size=vector["treeSize"],
            leaf=raw(vector["leafHash"]),
            proof=[raw(each) for each in vector["proof"] or []],
            root=raw(vector["root"]),
        )
    )
    assert refused == vector["wantErr"], vector["desc"]


@pytest.mark.parametrize("name", VECTORS["consistency"])
def test_it_judges_a_consistency_proof_as_the_vector_says(name):
    vector = VECTORS["consistency"][name]
    refused = judged(
        lambda: merkle.verify_consistency(
            old=vector["size1"],
            new=vector["size2"],
            old_root=raw(vector["root1"]),
            new_root=raw(vector["root2"]),
            proof=[raw(each) for each in vector["proof"] or []],
        )
    )
    assert refused == vector["wantErr"], vector["desc"]


def test_there_are_98_vectors():
    assert [len(VECTORS["inclusion"]), len(VECTORS["consistency"])] == [49, 49]


@given(leaves=st.lists(st.binary(max_size=8).map(leaf_hash), max_size=70))
def test_a_frontier_has_the_root_of_the_definition(leaves):
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
        tree = Frontier.load(tree.size, tree.stored())
    assert tree.root() == merkle.root_of(leaves) == definition(leaves)


@given(leaves=LEAVES)
def test_levels_end_in_the_root(leaves):
    assert levels_of(leaves)[-1] == [definition(leaves)]


@given(leaves=LEAVES, data=st.data())
def test_every_leaf_can_be_proved(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(levels_of(leaves), index)
    claim = {"size": len(leaves), "proof": proof, "root": definition(leaves)}
    merkle.verify_inclusion(index=index, leaf=leaves[index], **claim)
    with pytest.raises(WrongProof):
        merkle.verify_inclusion(index=index, leaf=leaf_hash(b"another leaf"), **claim)


@given(leaves=LEAVES, data=st.data())
def test_every_earlier_tree_can_be_proved_and_no_other(leaves, data):
    old = data.draw(st.integers(1, len(leaves)))
    claim = {
        "old": old,
        "new": len(leaves),
        "new_root": definition(leaves),
        "proof": merkle.consistency_proof(leaves, old),
    }
    merkle.verify_consistency(old_root=definition(leaves[:old]), **claim)
    with pytest.raises(WrongProof):
        merkle.verify_consistency(old_root=leaf_hash(b"another history"), **claim)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Frontier.load(3, b"\0" * 32),
        lambda: merkle.inclusion_proof([[b""]], 1),
        lambda: merkle.consistency_proof([b""], 0),
    ],
)
def test_it_refuses_to_prove_what_is_not_there(wrong):
    with pytest.raises(ValueError, match=r"size|no leaf|no proof"):
        wrong()
