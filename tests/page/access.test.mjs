/* Access of any choice: shares told by hand, and where the page has not the times to count it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_text.js', 'web_measure.js', 'whatif_times.js', 'whatif_run.js', 'whatif_access.js']);

/* Three places of 100, 200 and 700 people; A is 5, 10 and 15 minutes away, B a quarter from the first
   alone, C is for the old, D is planned, E of another type that no table holds. */
function district() {
  return {
    towns: { code: ['t0', 't1', 't2'] },
    places: {
      n: 3, town: [0, 1, 1], rural: [0, 0, 1], groups: { people: Int32Array.of(100, 200, 700) },
    },
    types: { key: ['room', 'hall'] },
    venues: {
      id: ['A', 'B', 'C', 'D', 'E'], type: [0, 0, 0, 0, 1], targets: ['', '', 'elderly', '', ''],
      status: ['open', 'open', 'open', 'planned', 'open'],
    },
    standards: [],
    reach: [{
      mode: 'walk', group: '', connected: [1, 1, 1], ticks: { room: Int32Array.of(3000, 6000, 9000) },
      venue: { room: Int32Array.of(0, 0, 0) }, usable: { room: true },
    }],
  };
}

function block(patch) {
  const table = {
    mode: 'walk', group: '', limit: 18000, isWhole: true, sites: [3, 2, 1, 0],
    first: [0, 3, 6, 7, 10], place: [0, 1, 2, 0, 1, 2, 0, 0, 1, 2],
    ticks: [0, 0, 0, 0, 0, 0, 9000, 3000, 6000, 9000],
  };
  return {
    tables: [Object.assign(table, patch)], along: [0, 1, 2], venue: [0, 1, 2, 3],
    spots: { id: [], host: [] }, names: { room: '活动室' },
    access: {
      name: '可达性', english: 'Access', basis: '', zones: [1 / 3, 2 / 3, 1], weights: [1, 0.68, 0.22],
      people: 10000, units: { people: '处/万人' }, scale: 10000, parts: [0.5, 1, 2], labels: ['a', 'b', 'c', 'd'],
    },
  };
}

const choice = (patch) => Object.assign({
  standard: '', types: ['room'], mode: 'walk', group: 'people', area: 'all', minutes: 15, goal: 0.9,
}, patch);
const NOTHING = { open: [], close: [] };
const near = (found, right) => found.forEach((one, i) => assert.ok(Math.abs(one - right[i]) < 1e-9, `${found} ${right}`));
const shared = (patch, told) => kepu.whatif.accessOf(district(), told || block(), kepu.plainAnswer(district(), choice(patch)), NOTHING);

test('each venue is shared among who comes, the near ones count more', () => {
  const { access, reached } = shared();
  // A: 100 x 1 + 200 x 0.68 + 700 x 0.22 = 390 come; B: 100 x 0.22 = 22, all of them from the first
  near(access, [10000 / 390 + 100, 6800 / 390, 2200 / 390]);
  near([reached, (access[0] * 100 + access[1] * 200 + access[2] * 700) / 10000], [2, 2]);
});

test('the ends of zones are within, a tenth of a second more is not', () => {
  const late = block();
  late.tables[0].ticks = [0, 0, 0, 0, 0, 0, 9001, 3001, 6001, 9001];
  near(shared({}, late).access, [6800 / 112, 2200 / 112, 0]);
});

test('only people of the area come, and only they are told a value', () => {
  const data = district();
  const answer = kepu.plainAnswer(data, choice({ area: 'urban' }));
  near(kepu.whatif.accessOf(data, block(), answer, NOTHING).access, [10000 / 236 + 100, 6800 / 236, 2200 / 236]);
  const measure = kepu.whatif.access(data, block(), answer, NOTHING);
  assert.deepEqual(plain(measure.values), [1423729, 288136, -1]);
  assert.deepEqual(plain(measure.towns), [1423729, 288136, -1]);
  assert.deepEqual(plain(measure.summary), ['66.7', '66.7', '—', '142', '28.8', '—']);
  assert.deepEqual(plain(measure.edges), [33.3333, 66.6667, 133.3333]);
  assert.equal(measure.unit, '处/万人');
});

test('a venue within reach of nobody of the group gives nobody anything', () => {
  // of the country only the third comes, and to A alone: B is reached by a place where none of them lives
  const { access, reached } = shared({ area: 'rural' });
  near(access, [10000 / 154, 6800 / 154, 2200 / 154]);
  assert.equal(reached, 1);
});

test('what the page has no times for it does not count', () => {
  const why = (patch, told) => kepu.whatif.untimed(district(), block(told), choice(patch));
  assert.equal(why(), '');
  assert.match(why({ types: ['room', 'hall'] }), /没有所选设施/);
  assert.match(why({ mode: 'car' }), /没有这种出行方式/);
  const cut = { isWhole: false, limit: 9000 };
  assert.equal(why({}, cut), '');
  assert.match(why({ minutes: 15.1 }, cut), /只载有 15 分钟以内的时间/);
  assert.match(why({}, { group: 'elderly' }), /没有这种出行方式/);
});

test('a scenario opens and closes for access too', () => {
  const after = (state) => {
    const told = block();
    told.tables[0].ticks[0] = 1200; // D, at the first place
    const data = district();
    return kepu.whatif.accessOf(data, told, kepu.plainAnswer(data, choice()), { ...NOTHING, ...state });
  };
  const found = after({ open: ['D'], close: ['A', 'C'] });
  near(found.access, [10000 / 1000 + 100, 10000 / 1000, 10000 / 1000]);
  near([found.reached], [2]);
  near(after({ close: ['A', 'B'] }).access, [0, 0, 0]);
});

test('it is counted once for the same present', () => {
  const data = district();
  const [one, other] = [{}, { minutes: 10 }].map((patch) => kepu.plainAnswer(data, choice(patch)));
  assert.equal(kepu.whatif.access(data, block(), one, NOTHING), kepu.whatif.access(data, block(), one, NOTHING));
  assert.notDeepEqual(plain(kepu.whatif.access(data, block(), other, NOTHING).values), plain(kepu.whatif.access(data, block(), one, NOTHING).values));
});
