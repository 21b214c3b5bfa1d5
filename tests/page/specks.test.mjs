import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_specks.js']);

function blended(under, over) {
  const data = Uint8ClampedArray.from([0, 0, 0, 0, ...under]);
  kepu.blend(data, 4, over, 0);
  return plain(data).slice(4);
}

test('a full dot hides what lies under it, and nothing under it leaves it as it is', () => {
  assert.deepEqual(blended([9, 9, 9, 255], [200, 100, 50, 255]), [200, 100, 50, 255]);
  assert.deepEqual(blended([0, 0, 0, 0], [200, 100, 50, 128]), [200, 100, 50, 128]);
});

test('half a dot lets half through, as a canvas lays colours one upon the other', () => {
  assert.deepEqual(blended([0, 0, 0, 255], [255, 255, 255, 51]), [51, 51, 51, 255]);
  const [r, , , a] = blended([0, 0, 0, 128], [255, 0, 0, 128]);
  assert.ok(Math.abs(a - 191) <= 1 && Math.abs(r - 255 * 128 / 191.7) <= 1);
});
