import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_state.js']);
const DEFAULTS = { standard: 'room', types: ['a', 'b'], minutes: 15, on: false, pick: '' };
const any = () => true;

test('a state returns from its link', () => {
  const state = { standard: '甲&=#,', types: ['x,y', 'z&'], minutes: 7.5, on: true, pick: 'p:一 二' };
  const hash = kepu.toHash(state, DEFAULTS);
  assert.deepEqual(plain(kepu.fromHash('#' + hash, DEFAULTS, any)), state);
  assert.doesNotMatch(hash, /[<>"' ]/);
});

test('defaults are left out', () => {
  assert.equal(kepu.toHash(DEFAULTS, DEFAULTS), '');
  assert.deepEqual(plain(kepu.fromHash('', DEFAULTS, any)), DEFAULTS);
  assert.deepEqual(plain(kepu.fromHash('#types=', DEFAULTS, any)).types, []);
});

test('what is broken or not allowed falls back', () => {
  const broken = ['minutes=abc', 'minutes=', 'on=2', 'pick=%E0%A4%A', 'constructor=1', '__proto__=1', 'strange=1', '=', '&&'];
  broken.forEach((hash) => assert.deepEqual(plain(kepu.fromHash('#' + hash, DEFAULTS, any)), DEFAULTS, hash));
  assert.equal(kepu.fromHash('#minutes=99', DEFAULTS, (_, value) => value < 60).minutes, 15);
});

test('listeners hear what changed, and nothing if nothing did', () => {
  const store = kepu.store(DEFAULTS);
  const heard = [];
  store.on((state, changed) => heard.push([state.minutes, Array.from(changed)]));
  store.set({ minutes: 15, types: ['a', 'b'] });
  assert.equal(heard.length, 0);
  store.set({ minutes: 30, pick: '' });
  assert.deepEqual(plain(heard), [[30, ['minutes']]]);
  assert.ok(Object.isFrozen(store.get()));
  assert.equal(DEFAULTS.minutes, 15);
});
