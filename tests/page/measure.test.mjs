import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_text.js', 'web_measure.js', 'web_spread.js']);
const NO = kepu.UNREACHED;

/* Four places of 1, 2, 4 and 8 people, the last two rural; two types; place 3 is not connected. */
function district() {
  return {
    towns: { code: ['t0', 't1'] },
    places: {
      n: 4, town: [0, 0, 1, 1], rural: [0, 0, 1, 1],
      groups: { people: Int32Array.of(1, 2, 4, 8), elderly: Int32Array.of(0, 1, 1, 1) },
    },
    reach: [{
      mode: 'walk', group: '', connected: [1, 1, 1, 0],
      ticks: { a: Int32Array.of(9000, 9001, NO, NO), b: Int32Array.of(9000, 6000, NO, NO) },
      venue: { a: Int32Array.of(5, 5, -1, -1), b: Int32Array.of(2, 3, -1, -1) },
      usable: { a: true, b: true, c: false },
    }],
    standards: [{
      key: 's', types: ['a'], mode: 'walk', group: 'people', area: 'all', minutes: 15, goal: 0.9,
      proof: { district: [15, 1, 8], urban: [3, 1, 0], rural: [12, 0, 8], towns: [[3, 1, 0], [12, 0, 8]] },
    }],
  };
}

const choice = (patch) => Object.assign({
  standard: '', types: ['a'], mode: 'walk', group: 'people', area: 'all', minutes: 15, goal: 0.9,
}, patch);

test('the threshold is within, a tenth of a second more is not', () => {
  const { district: all, urban, rural, towns } = kepu.plainAnswer(district(), choice());
  assert.deepEqual(plain(all), { people: 15, covered: 1, apart: 8, share: 1 / 15 });
  assert.deepEqual(plain(urban), { people: 3, covered: 1, apart: 0, share: 1 / 3 });
  assert.deepEqual(plain(rural), { people: 12, covered: 0, apart: 8, share: 0 });
  assert.deepEqual(plain(towns[0]), plain(urban));
  assert.equal(kepu.limitTicks(0.1 * 3), 180);
});

test('of several types the nearest counts, of equally near venues the first', () => {
  const found = kepu.nearest(district(), ['a', 'b'], 'walk', 'people');
  assert.deepEqual(plain(found), { ticks: [9000, 6000, NO, NO], venue: [2, 3, -1, -1] });
  assert.deepEqual(plain(kepu.nearest(district(), ['b', 'a'], 'walk', '')), plain(found));
  assert.deepEqual(plain(kepu.nearest(district(), ['zoo'], 'walk', '')).venue, [-1, -1, -1, -1]);
  assert.deepEqual(plain(kepu.nearest(district(), ['a'], 'boat', '')).venue, [-1, -1, -1, -1]);
});

test('a reason stands where no time does', () => {
  const reason = (patch) => plain(kepu.plainAnswer(district(), choice(patch)).reason);
  assert.deepEqual(reason(), [0, 0, kepu.BEYOND_HORIZON, kepu.NOT_CONNECTED]);
  assert.deepEqual(reason({ types: ['c'] }), [2, 2, 2, kepu.NOT_CONNECTED]);
  assert.deepEqual(reason({ area: 'rural' }), [4, 4, kepu.BEYOND_HORIZON, kepu.NOT_CONNECTED]);
});

test('an area counts only its own people', () => {
  const answer = kepu.plainAnswer(district(), choice({ area: 'urban', group: 'elderly' }));
  assert.deepEqual(plain(answer.district), { people: 1, covered: 0, apart: 0, share: 0 });
  assert.equal(answer.towns[1].share, null);
});

test('a group with a pace of its own is asked by its own times', () => {
  const data = district();
  data.reach.push(Object.assign({}, data.reach[0], { group: 'elderly', ticks: { a: Int32Array.of(1, 1, 1, NO) } }));
  assert.equal(kepu.plainAnswer(data, choice({ group: 'elderly' })).district.covered, 2);
  assert.equal(kepu.plainAnswer(data, choice()).district.covered, 1);
});

test('a choice is a standard only if all of it is', () => {
  const data = district();
  assert.equal(kepu.standardOf(data, choice({ standard: 's' })).key, 's');
  assert.equal(kepu.standardOf(data, choice({ standard: 's', minutes: 20 })), null);
  assert.equal(kepu.standardOf(data, choice({ standard: 's', types: ['b'] })), null);
  assert.equal(kepu.standardOf(data, choice({ standard: 's', types: ['a', 'b'] })), null);
});

test('a page that counts otherwise than the analysis is found out', () => {
  const data = district();
  assert.deepEqual(plain(kepu.unproven(data)), []);
  data.standards[0].proof.towns[1][2] = 7;
  assert.deepEqual(plain(kepu.unproven(data).map((one) => one.key)), ['s']);
});

test('a group that is not told by place has the counts of the analysis, and no others', () => {
  const data = district();
  delete data.places.groups.people;
  const told = kepu.plainAnswer(data, choice({ standard: 's' }));
  assert.equal(told.isTold, true);
  assert.equal(told.district.covered, 1);
  assert.equal(kepu.plainAnswer(data, choice({ standard: 's', minutes: 20 })).isTold, false);
  assert.deepEqual(plain(kepu.unproven(data)), []);
});

test('a standard of its own times is counted by them, a changed choice is not', () => {
  const data = district();
  data.standards[0].own = { ticks: Int32Array.of(1, 1, 1, NO), venue: Int32Array.of(0, 0, 0, -1) };
  assert.equal(kepu.plainAnswer(data, choice({ standard: 's' })).district.covered, 7);
  assert.equal(kepu.plainAnswer(data, choice({ standard: 's', minutes: 14 })).district.covered, 0);
});

test('other nearest venues change the answer, the same ones do not', () => {
  const data = district();
  const before = kepu.plainAnswer(data, choice());
  assert.equal(kepu.adjustedAnswer(data, before, before.found), before);
  const after = kepu.adjustedAnswer(data, before, { ticks: Int32Array.of(0, 0, 0, NO), venue: before.found.venue });
  assert.equal(after.district.covered, 7);
  assert.equal(before.district.covered, 1);
});

test('half of all people are within the median, or it is not reached', () => {
  const everyone = () => true;
  const ticks = Int32Array.of(600, 1200, 1800, NO);
  assert.equal(kepu.quantile(ticks, [1, 1, 1, 1], 0.5, everyone), 1200);
  assert.equal(kepu.quantile(ticks, [1, 2, 4, 8], 0.5, everyone), NO);
  assert.equal(kepu.quantile(ticks, [0, 0, 0, 0], 0.5, everyone), null);
  assert.equal(kepu.quantile(ticks, [1, 1, 1, 1], 0.5, (i) => i > 1), 1800);
});

test('every person stands in one bar of the histogram', () => {
  const data = district();
  const answer = { found: { ticks: Int32Array.of(0, 600, 601, NO) }, weights: [1, 2, 4, 8] };
  const bins = kepu.histogram(data, answer, 600, 2);
  assert.deepEqual(plain(bins), [
    { urban: 3, rural: 0 }, { urban: 0, rural: 4 }, { urban: 0, rural: 0 }, { urban: 0, rural: 8 },
  ]);
});

test('Gini of equal times is 0, of one who travels for all it is 1 - 1/n', () => {
  assert.ok(Math.abs(kepu.lorenz([[5, 1], [5, 1]]).gini) < 1e-12);
  assert.ok(Math.abs(kepu.lorenz([[0, 1], [0, 1], [0, 1], [8, 1]]).gini - 0.75) < 1e-12);
  assert.equal(kepu.lorenz([]).gini, null);
  assert.deepEqual(plain(kepu.lorenz([[1, 1], [3, 1]]).points), [[0, 0], [0.5, 0.25], [1, 1]]);
});
