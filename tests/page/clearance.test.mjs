/* Where a card moves so that it hides nothing and nothing hides it; symbols that differ. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_text.js', 'web_marks.js', 'web_pick.js']);
const SIZE = { x: 1000, y: 700 };
const box = (left, top, width, height) => ({ left, top, right: left + width, bottom: top + height });
const LEGEND = box(10, 450, 320, 240);

test('a card that lies free stays', () => {
  assert.deepEqual(plain(kepu.clearance(box(400, 100, 300, 300), SIZE, [LEGEND])), [0, 0]);
});

test('a card beyond the edge comes in, one too tall keeps its head', () => {
  assert.deepEqual(plain(kepu.clearance(box(-50, -20, 300, 200), SIZE, [LEGEND])), [66, 36]);
  assert.deepEqual(plain(kepu.clearance(box(400, 100, 300, 900), SIZE, [LEGEND])), [0, -84]);
});

test('a card over the legend takes the shortest way out', () => {
  assert.deepEqual(plain(kepu.clearance(box(300, 200, 300, 300), SIZE, [LEGEND])), [36, 0]);
  assert.deepEqual(plain(kepu.clearance(box(60, 300, 300, 180), SIZE, [LEGEND])), [0, -36]);
  const moved = kepu.clearance(box(250, 120, 340, 500), SIZE, [LEGEND, box(950, 10, 40, 60)]);
  assert.deepEqual(plain(moved), [86, 0]);
});

test('where there is no room at all it stays in the frame', () => {
  const all = box(0, 0, 1000, 700);
  assert.deepEqual(plain(kepu.clearance(box(400, 100, 300, 300), SIZE, [all])), [0, 0]);
});

test('no two of twenty-five chosen types share a symbol', () => {
  const venueTypes = ['#1', '#2', '#3', '#4', '#5'];
  const symbols = Array.from({ length: 25 }, (_, n) => kepu.venueSymbol({ venueTypes }, n));
  assert.equal(new Set(symbols.map(({ shape, colour }) => `${shape} ${colour}`)).size, 25);
  assert.deepEqual(plain(symbols[0]), { shape: 0, colour: '#1' });
});
