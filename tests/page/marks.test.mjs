import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_marks.js', 'web_list.js', 'web_dom.js']);

/* The corners of a symbol, as a canvas is told them; the last outline is the symbol's own. */
function corners(shape) {
  let path = [];
  const ctx = new Proxy({}, {
    get: (_, name) => (...numbers) => {
      if (name === 'beginPath') path = [];
      if (name === 'lineTo' || name === 'moveTo') path.push(numbers.map((n) => Math.round(n * 100) / 100));
    },
    set: () => true,
  });
  kepu.drawVenue(ctx, 0, 0, { shape, status: 'open', size: 10, colour: '#000' });
  return path;
}

test('five types in a row have five symbols', () => {
  const all = [0, 1, 2, 3, 4].map((shape) => {
    const path = corners(shape);
    const sorted = path.slice().sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return JSON.stringify(sorted.map(([x, y]) => [x + 0, y + 0]));
  });
  assert.equal(new Set(all).size, 5);
});

test('the second stands on its tip, the fifth on its base', () => {
  const highest = (path) => path.filter(([, y]) => y < 0).length;
  assert.equal(highest(corners(1)), 2);
  assert.equal(highest(corners(4)), 1);
});

const data = {
  towns: { code: ['1', '2'], name: ['甲镇', '乙镇'] },
  types: { key: ['room', 'hall'], name: ['活动室', '场馆'] },
  venues: {
    id: ['V1', 'V2', 'V3', 'V4'],
    name: ['丙室', '丁馆', '戊室', '己室'],
    type: [0, 1, 0, 0],
    town: [1, 0, -1, 0],
    groups: ['全体；老年人', '全体', '青少年', ''],
    address: ['', '人民路1号', '', ''],
  },
};
const none = { type: '', town: '', group: '', text: '' };
const listed = (wish) => plain(kepu.listed(data, { ...none, ...wish }));

test('the directory goes by type, then by town', () => {
  assert.deepEqual(listed({}), [3, 0, 2, 1]);
});

test('wishes narrow the directory', () => {
  assert.deepEqual(listed({ type: 'hall' }), [1]);
  assert.deepEqual(listed({ town: '甲镇' }), [3, 1]);
  assert.deepEqual(listed({ town: '区外' }), [2]);
  assert.deepEqual(listed({ group: '全体' }), [0, 1]);
  assert.deepEqual(listed({ text: '人民路' }), [1]);
  assert.deepEqual(listed({ type: 'hall', town: '乙镇' }), []);
});
