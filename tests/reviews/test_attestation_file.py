"""The file: what is whole is accepted, and nothing else is."""

import csv
import io
import json

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.ledger.notes import Signer, WrongNote
from reviews.reports.attestation import BUCKETS, COLUMNS, WrongAttestation, count, draft, harmless, table, verify
from tests.reviews.attested import ORIGIN, ROWS, SIGNER, Attested, row

VKEY = SIGNER.verifier.vkey
WHOLE = Attested(ROWS)
FILE = WHOLE.document + b"\n"  # as the command writes it
OTHER = Signer.generate(ORIGIN)


def refused(data: bytes, *, vkey: str = VKEY, csv_table: bytes | None = None) -> str:
    """The first wrong part."""
    with pytest.raises(WrongAttestation) as wrong:
        verify(data, vkey=vkey, csv_table=csv_table)
    return str(wrong.value)


def rewritten(change) -> bytes:
    """The file with another content, in its one form."""
    content = json.loads(FILE)
    change(content)
    return rfc8785.dumps(content)


# -- whole


@pytest.mark.parametrize("data", [WHOLE.document, FILE])
def test_a_whole_file_is_accepted(data):
    manifest = verify(data, vkey=VKEY, csv_table=WHOLE.table)
    assert manifest == WHOLE.manifest
    assert manifest["counts"]["population"] == 10
    assert manifest["counts"]["difference"] == 0


@pytest.mark.parametrize("before", range(1, 9))
@pytest.mark.parametrize("after", [1, 2, 5])
def test_a_tree_of_any_size_is_accepted(before, after):
    made = Attested(ROWS, before=before, after=after)
    assert verify(made.document, vkey=VKEY) == made.manifest


def test_a_period_without_grants_is_accepted():
    assert verify(Attested([]).document, vkey=VKEY)["counts"]["population"] == 0


def test_a_key_that_followed_another_is_accepted_with_both():
    rotated = Attested(ROWS, sealer=OTHER)
    assert verify(rotated.document, vkey=f"{VKEY} {OTHER.verifier.vkey}") == rotated.manifest
    assert refused(rotated.document).startswith("checkpoint: signed by")


# -- one changed byte


def test_each_byte_counts():
    """Every position, once: the lowest bit is turned over."""
    for place in range(len(FILE)):
        changed = bytearray(FILE)
        changed[place] ^= 1
        refused(bytes(changed))


def place_of(part: str) -> tuple[int, int]:
    """Where a part of the file begins and ends."""
    start = FILE.index(f'"{part}":'.encode())
    ends = {
        "manifest": b',"rows":[',
        "rows": b',"seal":{',
        "checkpoint": b'","',
        "consistency": b"],",
        "index": b",",
        "leaf": b'","',
        "path": b"]}",
    }
    start = FILE.index(f'"{part}":'.encode(), FILE.index(b'"seal":') if part not in {"manifest", "rows"} else 0)
    return start, FILE.index(ends[part], start)


@pytest.mark.parametrize("part", ["manifest", "rows", "leaf", "index", "path", "checkpoint", "consistency"])
@settings(max_examples=30)
@given(data=st.data())
def test_one_changed_byte_is_refused(part, data):
    start, end = place_of(part)
    place = data.draw(st.integers(start, end))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != FILE[place]))
    refused(FILE[:place] + bytes([byte]) + FILE[place + 1 :])


@settings(max_examples=80)
@given(place=st.integers(0, len(FILE) - 2), length=st.integers(1, 40))
@example(place=0, length=len(FILE))
def test_a_missing_piece_is_refused(place, length):
    refused(FILE[:place] + FILE[place + length :])


@settings(max_examples=80)
@given(
    place=st.integers(0, len(FILE)), piece=st.binary(min_size=1, max_size=4).filter(lambda piece: piece.strip(b"\n"))
)
@example(place=len(FILE), piece=b"{}")
@example(place=0, piece=b"\xef\xbb\xbf")
def test_an_added_piece_is_refused(place, piece):
    refused(FILE[:place] + piece + FILE[place:])


# -- the first wrong part is named


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b"null", b"[" * 100_000, b'{"manifest":{},"rows":[]}'])
def test_something_else_is_no_attestation(data):
    assert refused(data).startswith("form: ")


def test_what_is_not_sealed_yet_is_refused():
    assert refused(draft(WHOLE.manifest, ROWS).encode()) == "form: manifest, rows and seal are wanted, and nothing else"


def test_more_than_is_wanted_is_refused():
    assert "and nothing else" in refused(rewritten(lambda content: content.update(note="trust me")))


def test_the_same_in_another_form_is_refused():
    pretty = json.dumps(json.loads(FILE), indent=2).encode()
    assert refused(pretty) == "form: the bytes are not the one form (RFC 8785) of their content"


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["rows"].pop(),
        lambda content: content["rows"].append(row(100)),
        lambda content: content["rows"].reverse(),
        lambda content: content["rows"][0].update(bucket="revoked"),
        lambda content: content["rows"][0].update(reason_given="yes"),
        lambda content: content["rows"][0].update(unread="Nothing."),
        lambda content: content["rows"][0].pop("unread"),
    ],
)
def test_other_rows_are_named(change):
    assert refused(rewritten(change)) == "rows: not those that the manifest names"


@pytest.mark.parametrize("rows", [None, 3, [1], ["row"], [{"bucket": "kept"}], {"0": 1}])
def test_rows_that_are_none_are_refused(rows):
    assert refused(rewritten(lambda content: content.update(rows=rows))).startswith(("rows: ", "form: "))


@pytest.mark.parametrize("other", [b"", WHOLE.table + b"x", WHOLE.table[:-1], WHOLE.table.replace(b"\r", b"")])
def test_another_table_is_named(other):
    assert refused(FILE, csv_table=other) == "table: not the one that the manifest names"


@settings(max_examples=80)
@given(place=st.integers(0, len(WHOLE.table) - 1), byte=st.integers(0, 255))
def test_one_changed_byte_of_the_table_is_refused(place, byte):
    changed = WHOLE.table[:place] + bytes([byte]) + WHOLE.table[place + 1 :]
    if byte != WHOLE.table[place]:
        refused(FILE, csv_table=changed)


@pytest.mark.parametrize("name", ["population", "kept", "not_asked", "difference"])
def test_a_count_that_does_not_add_up_is_named_even_when_signed(name):
    counts = {**count(ROWS), name: 7}
    text = refused(Attested(ROWS, more=(("counts", counts),)).document)
    assert text == f"counts: {name} is 7, the rows say {count(ROWS)[name]}"


def test_a_missing_count_is_named():
    assert refused(Attested(ROWS, more=(("counts", {}),)).document) == "counts: population is None, the rows say 10"


def test_a_row_in_no_bucket_is_named_even_when_signed():
    made = Attested([*ROWS, row(100, "forgotten")])
    assert made.manifest["counts"]["difference"] == 1
    assert refused(made.document) == "counts: a row lies in no bucket"


def test_a_manifest_that_the_ledger_does_not_name_is_named():
    change = rewritten(lambda content: content["manifest"].update(organisation="Another Air"))
    assert refused(change) == "entry: the ledger names another manifest"


def test_another_act_of_the_ledger_does_not_seal():
    assert refused(Attested(ROWS, act="campaign.closed").document) == "entry: the ledger names another manifest"


def test_another_key_is_refused():
    assert refused(FILE, vkey=OTHER.verifier.vkey).startswith("checkpoint: signed by countersign.example/ledger")


def test_without_a_key_it_is_refused():
    assert refused(FILE, vkey="").startswith("checkpoint: ")


@pytest.mark.parametrize("vkey", ["no key", VKEY[:-4], VKEY.replace("+", "-")], ids=["words", "cut", "dashes"])
def test_a_key_that_is_none_says_nothing_of_the_file(vkey):
    with pytest.raises(WrongNote):
        verify(FILE, vkey=vkey)


def test_a_file_that_another_signed_is_refused_whole():
    assert refused(Attested(ROWS, signer=OTHER, sealer=OTHER).document).startswith("checkpoint: signed by")


def test_a_second_signature_is_refused():
    def cosign(content):
        second = OTHER.sign("x\n").split("\n")[-2]
        content["seal"]["checkpoint"] += f"{second}\n"

    assert refused(rewritten(cosign)) == "checkpoint: it carries more than one signature"


@pytest.mark.parametrize("index", [0, 4, 10**9, -1, "3", None, 3.5])
def test_another_place_in_the_tree_is_refused(index):
    assert refused(rewritten(lambda content: content["seal"].update(index=index))).startswith(("seal: ", "form: "))


@pytest.mark.parametrize("part", ["path", "consistency"])
@pytest.mark.parametrize("change", [lambda proof: proof[:-1], lambda proof: [*proof, proof[0]], lambda _: ["AAAA"]])
def test_another_proof_is_refused(part, change):
    data = rewritten(lambda content: content["seal"].update({part: change(content["seal"][part])}))
    assert refused(data).startswith("seal: ")


def test_the_seal_of_another_file_is_refused():
    other = json.loads(Attested(ROWS[:1]).document)
    assert refused(rewritten(lambda content: content.update(seal=other["seal"]))).startswith("entry: ")


def test_a_ledger_that_was_rewritten_in_between_is_refused():
    """Both checkpoints are signed by the key, but the later does not continue the earlier."""
    assert refused(Attested(ROWS, rewritten=True).document).startswith("seal: ")


# -- counting


def test_each_bucket_is_counted():
    counts = count(ROWS)
    assert counts == {"population": 10, **dict.fromkeys(BUCKETS, 1), "revoked": 2, "difference": 0}
    assert next(iter(counts)) == "population"


# -- the table


def test_the_table_has_a_line_for_each_row():
    lines = list(csv.DictReader(io.StringIO(table(ROWS))))
    assert [line["grant"] for line in lines] == [each["grant"] for each in ROWS]
    assert tuple(lines[0]) == COLUMNS
    assert lines[-1]["other_paths"] == "PUBLIC"


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\0x", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]


HIDDEN = ["  =1", "\n=1", "\t+1", "\u00a0@x", "  \uff1d1"]


@pytest.mark.parametrize("text", [*FORMULAS, *HIDDEN, "\t"])
def test_a_cell_that_would_be_computed_gets_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "refund_payment", "a=1", "1-2", "'=1", "2026-10-01T00:00:00.000000Z"])
def test_an_ordinary_cell_stays(text):
    assert harmless(text) == text


def test_a_list_is_one_cell():
    assert harmless(["PUBLIC", "the role pilots"]) == "PUBLIC; the role pilots"
    assert harmless(["=1", "x"]) == "'=1; x"
    assert harmless(None) == ""
    assert harmless(3) == "3"


@settings(max_examples=100)
@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_no_cell_of_any_table_begins_a_formula(texts):
    written = table([row(number, entitlement=text) for number, text in enumerate(texts)])
    cells = [cell for line in csv.reader(io.StringIO(written, newline="")) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
