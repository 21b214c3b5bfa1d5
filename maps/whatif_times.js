/* The times of whatif_times.py restored: by site the places that it reaches, and in how many ticks. */
(function (kepu) {
  'use strict';

  /* How many cells are reached in all. */
  function reachedOf(runs, cells) {
    let end = 0;
    let sum = 0;
    runs.forEach((run, k) => {
      end += run;
      if (k % 2) sum += run;
    });
    return sum + (runs.length % 2 ? cells - end : 0);
  }

  /* { first, place, ticks }: entries first[k] up to first[k + 1] are those of row k. */
  kepu.restoredTimes = function ({ like, gap, rest, runs }, along) {
    const rows = like.length;
    const places = along.length;
    const many = reachedOf(runs, rows * places);
    const found = { first: new Int32Array(rows + 1), place: new Int32Array(many), ticks: new Int32Array(many) };
    const steps = Array.from({ length: rows + 1 }, () => new Int32Array(places));
    let next = gap.length ? gap[0] : Infinity;
    let turn = runs.length ? runs[0] : Infinity;
    let e = 0;
    let told = 0;
    let turned = 0;
    let isReached = false;
    for (let row = 0, cell = 0; row < rows; row += 1) {
      const base = steps[like[row]];
      const own = steps[row + 1];
      for (let p = 0, time = 0; p < places; p += 1, cell += 1) {
        own[p] = base[p];
        if (cell === next) {
          own[p] += rest[told];
          told += 1;
          next = told < gap.length ? next + gap[told] : Infinity;
        }
        if (cell === turn) {
          isReached = !isReached;
          turned += 1;
          turn = turned < runs.length ? turn + runs[turned] : Infinity;
        }
        time += own[p];
        if (isReached) {
          found.place[e] = along[p];
          found.ticks[e] = time;
          e += 1;
        }
      }
      found.first[row + 1] = e;
    }
    return found;
  };
}(window.kepu = window.kepu || {}));
