import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import test from 'node:test';
import { deflateSync } from 'node:zlib';
import { load, plain } from './load.mjs';

const kepu = load(['web_codec.js']);

function block(head, tail) {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return deflateSync(Buffer.concat([length, text, Buffer.from(tail)])).toString('base64');
}

test('texts, planes and bytes are restored', async () => {
  const found = await kepu.unpack(block({
    text: ['一</script>', null, 1.5, true],
    ints: { $: 'ints', at: 0, n: 2, planes: 2, base: -1 },
    small: { $: 'small', at: 1, n: 2, planes: 1, base: 0 },
    bytes: { $: 'bytes', at: 4, n: 1 },
  }, [0, 1, 0, 2, 9]));
  assert.deepEqual(plain(found), {
    text: ['一</script>', null, 1.5, true], ints: [-1, 512], small: [1, 0], bytes: [9],
  });
});

test('lines are steps from point to point', () => {
  // two points: (+1, +2) and (-1, 0) steps of 1e-5 degrees east and north, zigzag
  assert.deepEqual(plain(kepu.decode([4, 2, 4, 1, 0])), [[[2e-5, 1e-5], [2e-5, 0]]]);
  assert.deepEqual(plain(kepu.decode([])), []);
});
