"""Notes, checkpoints and keys as C2SP writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger.notes import Head, Signer, Verifier, WrongNote, open_note

# The key and note that the specification and golang.org/x/mod/sumdb/note use as their example.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="+"), min_size=1)


def test_it_opens_the_example_of_the_specification():
    assert open_note(NOTE, [Verifier.parse(VKEY)]) == "This is an example message.\n"


def test_a_verifiers_key_reads_back():
    assert Verifier.parse(VKEY).vkey == VKEY


@given(name=NAMES, size=st.integers(0, 2**62), root=st.binary(min_size=32, max_size=32))
def test_what_was_signed_is_opened(name, size, root):
    signer, head = Signer.generate(name), Head(name, size, root)
    note = signer.sign(head.text())
    assert Head.parse(open_note(note, [Verifier.parse(signer.verifier.vkey)])) == head


def test_a_key_reads_back_from_its_file(tmp_path):
    signer = Signer.generate("a.example/log")
    signer.save(tmp_path / "key")
    assert Signer.load(tmp_path / "key").verifier.vkey == signer.verifier.vkey
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "key").read_text().startswith("PRIVATE+KEY+a.example/log+")


def test_a_key_is_never_overwritten(tmp_path):
    (tmp_path / "key").write_text("precious")
    with pytest.raises(FileExistsError):
        Signer.generate("a.example/log").save(tmp_path / "key")


def test_a_signer_does_not_show_its_key():
    signer = Signer.generate("a.example/log")
    assert signer.key.private_bytes_raw().hex() not in repr(signer)


def test_a_signature_of_a_stranger_is_ignored():
    stranger = Signer.generate("witness.example")
    line = stranger.sign("This is an example message.\n").split("\n\n")[1]
    assert open_note(NOTE + line, [Verifier.parse(VKEY)])


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (NOTE.replace("This", "That"), "signature of example.com/foo is false"),
        (NOTE.replace("example.com/foo", "example.com/bar"), "none of the keys given"),
        (NOTE.replace("\n\n", "\n"), "an empty line"),
        (NOTE[:-1], "an empty line"),
        (NOTE.replace("— ", "- "), "no signature line"),
        (NOTE.replace("aQM=", "aQN="), "not the one form"),
        (NOTE.replace("Uw2QOkn", "Uw2QOk"), "not base64"),
    ],
)
def test_it_refuses_a_note(note, why):
    with pytest.raises(WrongNote, match=why):
        open_note(note, [Verifier.parse(VKEY)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n1\nAAAA\n",
        "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "a\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n",
    ],
)
def test_it_refuses_a_checkpoint(text):
    with pytest.raises(WrongNote):
        Head.parse(text)


@pytest.mark.parametrize(
    "vkey",
    ["", "name", VKEY.replace("530d903a", "530d903b"), VKEY.replace("+Ae", "+Be"), "a b+00+AA=="],
)
def test_it_refuses_a_verifiers_key(vkey):
    with pytest.raises(WrongNote):
        Verifier.parse(vkey)


@pytest.mark.parametrize("content", ["", "PRIVATE+KEY+a+00000000+AA==", VKEY])
def test_it_refuses_a_signing_key(tmp_path, content):
    (tmp_path / "key").write_text(content)
    with pytest.raises(WrongNote):
        Signer.load(tmp_path / "key")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b"])
def test_it_refuses_a_keys_name(name):
    with pytest.raises(WrongNote, match="cannot name a key"):
        Signer.generate(name)


@pytest.mark.parametrize("text", ["no newline", "bell \x07\n", "tab\t\n"])
def test_it_refuses_to_sign(text):
    with pytest.raises(WrongNote, match="control characters"):
        Signer.generate("a").sign(text)
