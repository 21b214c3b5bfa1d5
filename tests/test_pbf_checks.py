"""Files that the own reader leaves to another, and texts that must not reach that one."""

from __future__ import annotations

import zlib

import pytest

from kepu.geo.blocks import FEATURES, LARGEST_BYTES, blocks_of, unpacked
from kepu.geo.pbf import check_texts
from kepu.geo.wire import UnusualError, fields_of


def varint(number):
    found = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        found.append(low | (0x80 if number else 0))
        if not number:
            return bytes(found)


def told(field, content):
    """A field of bytes."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field, value):
    return varint(field << 3) + varint(value)


def block(kind, body, *, deflated=False):
    blob = number(2, len(body)) + told(3, zlib.compress(body)) if deflated else told(1, body)
    header = told(1, kind) + number(3, len(blob))
    return len(header).to_bytes(4, "big") + header + blob


def header(*features):
    return block(b"OSMHeader", b"".join(told(4, feature) for feature in features))


def written(folder, *parts):
    path = folder / "a.osm.pbf"
    path.write_bytes(b"".join(parts))
    return path


@pytest.mark.parametrize("deflated", [False, True])
def test_a_text_with_a_nul_is_refused(tmp_path, deflated):
    """libosmium would read on beyond the object."""
    texts, clean = (told(1, told(1, b"") + told(1, b"na%cme" % mark)) for mark in (0, 45))
    data = block(b"OSMData", texts, deflated=deflated)
    with pytest.raises(ValueError, match="NUL"):
        check_texts(written(tmp_path, header(), data))
    good = block(b"OSMData", clean, deflated=deflated)
    check_texts(written(tmp_path, header(), good, good))
    with pytest.raises(ValueError, match="NUL"):
        check_texts(written(tmp_path, header(), good, block(b"else", b"\0"), data))


@pytest.mark.parametrize(
    ("blob_more", "header_more"),
    [(number(9, 1), b""), (b"\x7d\1\2\3\4", b""), (b"", b"\x7d\1\2\3\4"),
     (b"", told(1, b"OSMData")), (told(1, b""), b"")],
    ids=["unknown number", "unknown four bytes", "four bytes in the header", "kind twice", "two"],
)  # fmt: skip
def test_a_nul_does_not_hide_behind_what_is_not_understood(tmp_path, blob_more, header_more):
    """libosmium skips such fields, and would read the text behind them."""
    body = told(1, told(1, b"") + told(1, b"na\0me"))
    blob = number(2, len(body)) + told(3, zlib.compress(body)) + blob_more
    head = told(1, b"OSMData") + number(3, len(blob)) + header_more
    path = written(tmp_path, header(), len(head).to_bytes(4, "big"), head, blob)
    with pytest.raises(ValueError, match="block"):
        check_texts(path)


def test_a_plain_block_may_tell_its_size(tmp_path):
    body = told(1, told(1, b"") + told(1, b"na\0me"))
    blob = number(2, len(body)) + told(1, body)
    head = told(1, b"OSMData") + number(3, len(blob))
    with pytest.raises(ValueError, match="NUL"):
        check_texts(written(tmp_path, header(), len(head).to_bytes(4, "big"), head, blob))


@pytest.mark.parametrize("field", [4, 6, 7])
def test_what_is_packed_otherwise_is_left_to_libosmium(tmp_path, field):
    blob = number(2, 9) + told(field, b"\0\1\2")
    head = told(1, b"OSMData") + number(3, len(blob))
    check_texts(written(tmp_path, header(), len(head).to_bytes(4, "big"), head, blob))


def test_a_file_may_say_less_than_all_that_is_known_but_nothing_more(tmp_path):
    known = sorted(FEATURES)
    for features in ([], known[:1], known):
        assert list(blocks_of(written(tmp_path, header(*features)))) == []
    for features in ([b"HistoricalInformation"], [*known, b"LocationsOnWays"]):
        with pytest.raises(UnusualError):
            list(blocks_of(written(tmp_path, header(*features))))


def way(*fields):
    return block(b"OSMData", told(1, told(1, b"")) + told(2, told(3, b"".join(fields))))


def test_a_way_without_a_number_is_not_read(tmp_path):
    """It would be way 0."""
    refs = told(8, varint(2) + varint(2))
    whole = written(tmp_path, header(), way(number(1, 7), refs))
    (found,) = list(blocks_of(whole))
    assert found.parts[0].identifier.tolist() == [7]
    assert found.parts[0].ref.tolist() == [1, 2]
    with pytest.raises(UnusualError):
        list(blocks_of(written(tmp_path, header(), way(refs))))


@pytest.mark.parametrize("stated", [0, 1, None])
def test_a_block_that_unpacks_to_more_than_it_says_is_not_unpacked(stated):
    """A megabyte may hold a gigabyte: nothing beyond the stated size is made, nor beyond 32 MB."""
    bomb = bytes(LARGEST_BYTES + 1)
    size = len(bomb) if stated is None else stated
    with pytest.raises(UnusualError, match="size"):
        unpacked([(2, size), (3, zlib.compress(bomb))])


def test_the_largest_block_that_may_be_is_unpacked():
    body = bytes(LARGEST_BYTES)
    assert unpacked([(2, len(body)), (3, zlib.compress(body))]) == body
    with pytest.raises(UnusualError):  # cut
        unpacked([(2, 4), (3, zlib.compress(b"name")[:-4])])


def test_a_number_that_does_not_end_is_not_added_up():
    with pytest.raises(UnusualError, match="varint"):
        fields_of(b"\x80" * 10**6)
