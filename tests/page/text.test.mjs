import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const kepu = load(['web_text.js', 'web_classes.js', 'web_ruler.js']);

test('what reads as met is met: shares go down, minutes up', () => {
  assert.equal(kepu.percent(0.89996), '89.9%');
  assert.equal(kepu.percent(0.9), '90.0%');
  assert.equal(kepu.percent(0.07), '7.0%');
  assert.equal(kepu.percent(1), '100.0%');
  assert.equal(kepu.percent(null), '—');
  assert.equal(kepu.minutesText(9001), '15.1 分钟');
  assert.equal(kepu.minutesText(9000), '15.0 分钟');
  assert.equal(kepu.minutesText(0), '0.0 分钟');
});

test('walks are rounded half to even, as the tables are', () => {
  assert.equal(kepu.walkText(3000), '0.0 分钟');
  assert.equal(kepu.walkText(9000), '0.2 分钟');
  assert.equal(kepu.walkText(9001), '0.2 分钟');
  assert.equal(kepu.walkText(15000), '0.2 分钟');
  assert.equal(kepu.walkText(60000), '1.0 分钟');
});

test('counts have commas, differences a sign', () => {
  assert.equal(kepu.count(1234567), '1,234,567');
  assert.equal(kepu.count(0), '0');
  assert.equal(kepu.pointsText(0.855, 0.281), '+57.4');
  assert.equal(kepu.pointsText(0.281, 0.855), '−57.4');
  assert.equal(kepu.pointsText(null, 0.5), '—');
  assert.equal(kepu.goalText(0.925), '92.5%');
});

test('the goal is an edge of the classes, the threshold of the minutes', () => {
  const steps = [2 / 3, 8 / 9];
  for (const [goal, edges] of [
    [0.9, [0.6, 0.8, 0.9]], [0.95, [0.6, 0.8, 0.95]], [0.8, [0.5, 0.7, 0.8]],
    [1, [0.65, 0.85, 1]], [0.925, [0.6, 0.8, 0.925]], [0.05, [0.05]], [0, []],
  ]) {
    assert.deepEqual(Array.from(kepu.shareEdges(goal, steps)), edges);
    assert.equal(kepu.shareFills(edges, ['a', 'b', 'c', 'd']).length, edges.length + 1);
  }
  assert.equal(kepu.shareClass(0.9, [0.6, 0.8, 0.9]), 3);
  assert.equal(kepu.shareClass(0.8999999, [0.6, 0.8, 0.9]), 2);
  assert.deepEqual(Array.from(kepu.shareFills([0.05], ['a', 'b', 'c', 'd'])), ['c', 'd']);
  assert.deepEqual(Array.from(kepu.shareTexts([0.6, 0.9])), ['< 60%', '60–90%', '≥ 90%（达标）']);
  assert.deepEqual(Array.from(kepu.minuteEdges(15, [0.5, 1, 1.5])), [7.5, 15, 22.5]);
});

test('a class of minutes ends with its edge, which is within', () => {
  kepu.limitTicks = (minutes) => Math.floor(minutes * 600 + 1e-6);
  assert.equal(kepu.minuteClass(9000, [7.5, 15]), 1);
  assert.equal(kepu.minuteClass(9001, [7.5, 15]), 2);
  assert.equal(kepu.minuteClass(4500, [7.5, 15]), 0);
});

test('the best class of a further measure comes first, whatever its direction', () => {
  assert.equal(kepu.valueClass(400, [4, 8], 100, true), 1);
  assert.equal(kepu.valueClass(900, [4, 8], 100, true), 0);
  assert.equal(kepu.valueClass(399, [4, 8], 100, true), 2);
  assert.equal(kepu.valueClass(399, [4, 8], 100, false), 0);
  assert.deepEqual(Array.from(kepu.ramp(['a', 'b', 'c', 'd', 'e'], 3)), ['a', 'c', 'e']);
});

test('a value at an edge is in the class that begins there, whatever its decimals', () => {
  for (let n = 1; n < 3000; n += 1) assert.equal(kepu.valueClass(n, [n / 10000], 10000, true), 0);
});

test('a value has three digits that count, or is whole', () => {
  const told = [0, 0.00012, 0.0447, 0.12, 0.8, 1, 1.625, 11.0001, 99.95, 100.5, 12345.6].map(kepu.valueText);
  assert.deepEqual(Array.from(told),
    ['0', '0.000120', '0.0447', '0.120', '0.800', '1', '1.63', '11.0', '100', '101', '12,346']);
});

test('a degree of latitude and of longitude at 23.7 north', () => {
  assert.ok(Math.abs(kepu.metres([23.2, 113], [24.2, 113]) - 110757) < 15);
  assert.ok(Math.abs(kepu.metres([23.7, 113], [23.7, 114]) - 101986) < 20);
  assert.equal(kepu.metresText(949.6), '950 米');
  assert.equal(kepu.metresText(1234), '1.23 公里');
  assert.equal(kepu.metresText(12345), '12.3 公里');
});

test('a range is rounded outwards, and no further for a hair of floating point', () => {
  const figures = load(['web_text.js', 'web_figures.js']);
  const textOf = (low, high) => {
    const standard = { goal: 0.9, band: { low, high, isUnsure: false } };
    const answer = { standard, choice: { goal: 0.9 } };
    return figures.bandText({ answer, plain: answer });
  };
  // 100 * 0.57 is 56.99999999999999, and 100 * 0.14 is 14.000000000000002
  assert.equal(textOf(0.57, 0.57), '误差范围 57–57%');
  assert.equal(textOf(0.14, 0.14), '误差范围 14–14%');
  assert.equal(textOf(0.571, 0.579), '误差范围 57–58%');
});
