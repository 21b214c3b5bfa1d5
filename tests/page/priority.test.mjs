/* Priority of any choice: scores, classes and sums told by hand. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_text.js', 'web_measure.js', 'web_classes.js', 'web_priority.js']);
const data = {
  towns: { code: ['t0', 't1'] },
  places: { town: [0, 0, 1, 1, 1], rural: [0, 0, 1, 1, 0] },
};
const answer = (ticks, weights) => ({
  found: { ticks }, limit: 1000, weights: weights && Int32Array.from(weights),
});

test('people count by the part of the limit that they exceed, at most once', () => {
  const found = kepu.priority(data, answer([1000, 1250, 2000, kepu.UNREACHED, 1001], [99, 40, 30, 20, 7]));
  assert.deepEqual(plain(found.values), [0, 10, 30, 20, 0]);
  assert.deepEqual(plain(found.towns), [10, 50]);
  assert.deepEqual(plain(found.summary), ['60', '10', '50', '10', '50']);
  assert.equal(found.moreIsBetter, false);
});

test('those that make half of it come first, then those up to nine tenths', () => {
  const found = kepu.priority(data, answer([2000, 2000, 2000, 2000, 2000], [50, 25, 16, 8, 1]));
  assert.deepEqual(plain(found.edges), [1, 16, 50]);
  assert.deepEqual(plain(found.labels), ['不欠', '其余一成', '其次四成', '首要一半']);
  const classes = Array.from(found.values, (n) => kepu.valueClass(n, found.edges, 1, false));
  assert.deepEqual(classes, [3, 2, 2, 1, 1]);
});

test('one place alone is the first, and nothing short is no measure', () => {
  const found = kepu.priority(data, answer([2000, 0, 0, 0, 0], [9, 9, 9, 9, 9]));
  assert.deepEqual(plain(found.edges), [1, 9]);
  assert.deepEqual(plain(found.labels), ['不欠', '其余', '首要一半']);
  assert.equal(kepu.priority(data, answer([0, 0, 0, 0, 0], [9, 9, 9, 9, 9])), null);
  assert.equal(kepu.priority(data, answer([2000, 0, 0, 0, 0], null)), null);
});

test('classes bear the values at which they begin', () => {
  const four = ['a', 'b', 'c', 'd'];
  assert.deepEqual(plain(kepu.edgeTexts(four, [0.42871, 0.857, 1.7148], true)),
    ['≥ 1.71 a', '0.857–1.71 b', '0.429–0.857 c', '< 0.429 d']);
  assert.deepEqual(plain(kepu.edgeTexts(four, [1, 2363, 32213.7], false)),
    ['< 1 a', '1–2,363 b', '2,363–32,214 c', '≥ 32,214 d']);
});
