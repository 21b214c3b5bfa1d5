"""A search of real size on a terminal: best and bound are shown, Ctrl-C keeps the best so far."""

from __future__ import annotations

import os
import re
import sys

import pytest

SEARCH = """
import sys
import numpy as np
from kepu.commands_sites import _telling, stoppable
from kepu.console import steps
from kepu.coverage.siting.answers import Watch
from kepu.coverage.siting.cover import Cover
from kepu.coverage.siting.covering import maximal
from kepu.coverage.siting.rules import Rules
from kepu.coverage.siting.warm import warm_covering

places, sites, count = map(int, sys.argv[1:4])
rng = np.random.default_rng(1)
at, where = rng.random((places, 2)), rng.random((sites, 2))
near = np.hypot(at[:, :1] - where[:, 0], at[:, 1:] - where[:, 1]) < float(sys.argv[4])
cover = Cover.of(near, rng.integers(1, 100, places))
cost = rng.integers(3, 9, sites)
# With money HiGHS works alone; without, our own search and then HiGHS.
rules = Rules(cost=cost, budget=5 * count) if "money" in sys.argv else Rules(count=count)
warm_covering()
with steps() as step:
    watch = Watch(300, _telling(step))
    with stoppable([watch]):
        found = maximal(cover, rules, watch)
assert found.value == cover.value(found.sites) > 0
assert rules.kept_by(found.sites, cover)
print("answer", found.status, int(found.value), int(found.bound), found.stopped, flush=True)
"""
SHOWN = re.compile(r"best ([\d,]+|—)，界 bound ([\d,]+|—)")


def on_a_terminal(words: list[str]) -> str:
    """Run the search in a terminal, press Ctrl-C at its first plan; return what it shows."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", COLUMNS="120")
        os.execv(sys.executable, [sys.executable, "-c", SEARCH, *words])
    shown, pressed = b"", False
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not piece:
            break
        shown += piece
        found = SHOWN.findall(shown.decode(errors="replace"))
        if not pressed and any("—" not in pair for pair in found):
            pressed = True
            os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    text = shown.decode(errors="replace")
    assert os.waitstatus_to_exitcode(status) == 0, text
    return text


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such terminal")
@pytest.mark.parametrize("words", [
    ["3000", "400", "20", "0.1", "money"], ["20000", "2000", "60", "0.08", "number"],
])  # fmt: skip
def test_ctrl_c_on_a_terminal_keeps_the_best_so_far(words):
    text = on_a_terminal(words)
    status, value, bound, *why = re.search(r"answer (.+)", text)[1].split()
    assert (status, why) == ("within", ["user"])
    assert "停止搜索" in text
    number = [int(x.replace(",", "")) for pair in SHOWN.findall(text) for x in pair if x != "—"]
    best = [int(v.replace(",", "")) for v, _ in SHOWN.findall(text) if v != "—"]
    assert len(set(number)) > 1
    assert all(one <= int(bound) for one in best)  # no best that was shown is beyond the bound
    assert int(value) >= max(best) > 0
    assert int(bound) > int(value)
