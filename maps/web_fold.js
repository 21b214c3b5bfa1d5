/* Times told as steps from neighbour to neighbour, told in full again. */
(function (kepu) {
  'use strict';

  const MS_A_TICK = 100;

  /* The places strip by strip, forth and back; of equal ones the first comes first. */
  function walkThrough({ lat, lng, strip }) {
    const row = lat.map((one) => Math.floor(one / strip));
    const side = lng.map((one, i) => (row[i] % 2 === 0 ? one : -one));
    return Int32Array.from(lat, (_, i) => i).sort((a, b) => row[a] - row[b] || side[a] - side[b] || a - b);
  }

  function ticksOf(told, walkMs, order) {
    const ticks = new Int32Array(told.length);
    let road = 0;
    order.forEach((i, k) => {
      const code = told[k] - 1;
      if (code < 0) {
        ticks[i] = kepu.UNREACHED;
        return;
      }
      road += code % 2 ? -(code + 1) / 2 : code / 2;
      ticks[i] = road + Math.floor(walkMs[i] / MS_A_TICK);
    });
    return ticks;
  }

  function venuesOf(told, among, order) {
    const venue = new Int32Array(told.length);
    order.forEach((i, k) => { venue[i] = told[k] ? among[told[k] - 1] : -1; });
    return venue;
  }

  /* Unfold the times of all modes; places still stand on the grid. */
  kepu.unfold = function (data) {
    const order = walkThrough(data.places);
    const among = data.types.key.map(() => []);
    data.venues.type.forEach((k, v) => { if (k >= 0) among[k].push(v); });
    const full = (told, walkMs) => Object.keys(told.ticks).forEach((kind) => {
      told.ticks[kind] = ticksOf(told.ticks[kind], walkMs, order);
      told.venue[kind] = venuesOf(told.venue[kind], among[data.types.key.indexOf(kind)], order);
    });
    data.reach.forEach((one) => {
      full(one, one.walkMs);
      Object.keys(one.others || {}).forEach((group) => full(one.others[group], one.walkMs));
    });
    return data;
  };
}(window.kepu = window.kepu || {}));
