/* How times are spread over people: quantiles, histogram, Lorenz curve. */
(function (kepu) {
  'use strict';

  /* [ticks, people] of who arrives at all, the nearest first. */
  kepu.sorted = function (ticks, weights, isIn) {
    const rows = [];
    for (let i = 0; i < ticks.length; i += 1) {
      if (weights[i] > 0 && ticks[i] !== kepu.UNREACHED && isIn(i)) rows.push([ticks[i], weights[i]]);
    }
    return rows.sort((a, b) => a[0] - b[0]);
  };

  /* The time within which a part of ALL people arrive; UNREACHED if fewer do, null for nobody. */
  kepu.quantile = function (ticks, weights, part, isIn) {
    let all = 0;
    let latest = -1;
    for (let i = 0; i < ticks.length; i += 1) {
      if (isIn(i)) {
        all += weights[i];
        if (ticks[i] !== kepu.UNREACHED && ticks[i] > latest) latest = ticks[i];
      }
    }
    if (all === 0) return null;
    // people by tick: a sort of 20,000 places takes ten times as long
    const people = new Float64Array(latest + 1);
    for (let i = 0; i < ticks.length; i += 1) if (ticks[i] <= latest && isIn(i)) people[ticks[i]] += weights[i];
    let sum = 0;
    for (let tick = 0; tick <= latest; tick += 1) {
      sum += people[tick];
      if (people[tick] && sum >= part * all) return tick;
    }
    return kepu.UNREACHED;
  };

  /* People by steps of time: urban and rural in each, then beyond the last, then not reached. */
  kepu.histogram = function (data, answer, step, steps) {
    const bins = Array.from({ length: steps + 2 }, () => ({ urban: 0, rural: 0 }));
    answer.found.ticks.forEach((ticks, i) => {
      const people = answer.weights[i];
      const at = ticks === kepu.UNREACHED ? steps + 1
        : Math.min(steps, Math.max(0, Math.ceil(ticks / step) - 1));
      bins[at][data.places.rural[i] ? 'rural' : 'urban'] += people;
    });
    return bins;
  };

  /* Share of people against their share of all travel time, the nearest first, and Gini. */
  kepu.lorenz = function (rows) {
    const people = rows.reduce((sum, row) => sum + row[1], 0);
    const time = rows.reduce((sum, row) => sum + row[0] * row[1], 0);
    const points = [[0, 0]];
    if (!people || !time) return { points, gini: null };
    let x = 0;
    let y = 0;
    let area = 0;
    rows.forEach(([ticks, n]) => {
      const [left, low] = points[points.length - 1];
      x += n;
      y += ticks * n;
      points.push([x / people, y / time]);
      area += (x / people - left) * (y / time + low) / 2;
    });
    return { points, gini: 1 - 2 * area };
  };
}(window.kepu = window.kepu || {}));
