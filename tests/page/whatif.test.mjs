import assert from 'node:assert/strict';
import test from 'node:test';
import { load, plain } from './load.mjs';

const kepu = load(['web_text.js', 'web_measure.js', 'whatif_times.js', 'whatif_run.js', 'whatif_file.js']);
const NO = kepu.UNREACHED;
const LIMIT = 9000;

/* Four places in a row of 1, 2, 4 and 8 people, ten minutes apart; rooms V1 (open) at the first, V2
   (a candidate) at the third, a hall H1 at the last that could take in a room. */
function district() {
  return {
    towns: { code: ['t0', 't1'] },
    places: {
      n: 4, id: ['p0', 'p1', 'p2', 'p3'], town: [0, 0, 1, 1], rural: [0, 0, 1, 1],
      groups: { people: Int32Array.of(1, 2, 4, 8) },
    },
    types: { key: ['room', 'hall'] },
    venues: { id: ['H1', 'V1', 'V2'], type: [1, 0, 0], status: ['open', 'open', 'candidate'] },
    standards: [],
    reach: [{
      mode: 'walk', group: '', connected: [1, 1, 1, 1],
      ticks: { room: Int32Array.of(0, 6000, 12000, 18000), hall: Int32Array.of(18000, 12000, 6000, 0) },
      venue: { room: Int32Array.of(1, 1, 1, 1), hall: Int32Array.of(0, 0, 0, 0) },
      usable: { room: true, hall: true },
    }],
  };
}

/* Times of rooms and spots by site: V1, V2, the spot p1, the host H1; the hall itself is not told. */
function block(limit) {
  const of = (at) => [0, 1, 2, 3].map((i) => 6000 * Math.abs(i - at));
  const rows = [of(0), of(2), of(1), of(3)];
  const table = {
    mode: 'walk', group: '', limit, isWhole: limit >= 18000, sites: [1, 2, 3, 4], like: [0, 0, 0, 0], gap: [], rest: [], runs: [],
  };
  let told = 0;
  let turned = 0;
  rows.forEach((row, k) => {
    let before = 0;
    row.forEach((t, i) => {
      const cell = 4 * k + i;
      if ((t <= limit) !== (table.runs.length % 2 === 1)) {
        table.runs.push(cell - turned);
        turned = cell;
      }
      if (t > limit || t === before) return;
      table.gap.push(cell - told);
      table.rest.push(t - before);
      told = cell;
      before = t;
    });
  });
  return {
    tables: [table], along: [0, 1, 2, 3], venue: [0, 1, 2], names: { room: '活动室', hall: '场馆' },
    spots: {
      id: ['p1', 'H1'], name: ['乙村', '大馆'], origin: ['place', 'host'], types: ['', ''], host: [-1, 0],
      lon: [1131000000, 1132000000], lat: [236000000, 237000000], left: 0,
    },
  };
}

const choice = { standard: '', types: ['room'], mode: 'walk', group: 'people', minutes: 15, goal: 0.9, area: 'all' };

function after(state, limit = 18000, asked = choice) {
  const data = district();
  const told = block(limit);
  const now = kepu.plainAnswer(data, asked);
  const found = kepu.whatif.nearest(data, told, asked, now.found, { open: [], close: [], ...state });
  return { data, told, now, found, answer: kepu.adjustedAnswer(data, now, found) };
}

test('nothing that matters changes nothing: the very same answer', () => {
  const { now, answer, found } = after({});
  assert.equal(found, now.found);
  assert.equal(answer, now);
});

test('a venue opens, a new one at a place, another in a house', () => {
  const { found, answer } = after({ open: ['V2', '@p1=room', '@H1=room'] });
  assert.deepEqual(plain(found.ticks), [0, 0, 0, 0]);
  assert.deepEqual(plain(found.venue), [1, -1, 2, -1]);
  assert.deepEqual(plain(found.fresh), [-1, 3, -1, 4]);
  assert.deepEqual([answer.district.covered, answer.rural.covered, answer.towns[0].covered], [15, 12, 3]);
});

test('of equally near ones the venue of the table comes first, then the one opened first', () => {
  const { found } = after({ open: ['@p1=room', 'V2'], close: ['V1'] });
  assert.deepEqual(plain(found.ticks), [6000, 0, 0, 6000]);
  assert.deepEqual(plain(found.venue), [-1, -1, 2, 2]);
  const tied = after({ open: ['@H1=room', '@p1=room'], close: ['V1'] }).found;
  assert.deepEqual([tied.ticks[2], tied.fresh[2]], [6000, 4]);
  const kept = after({ open: ['@p1=room'] }).found;
  assert.deepEqual([kept.ticks[1], kept.venue[1], kept.fresh[1]], [0, -1, 3]);
});

test('who loses the last venue has none', () => {
  const { answer } = after({ close: ['V1'] });
  assert.deepEqual(plain(answer.reason), Array(4).fill(kepu.NO_VENUE));
  assert.equal(answer.district.covered, 0);
  assert.deepEqual(plain(kepu.whatif.moved(district(), after({}).now, answer).district), { gained: 0, lost: 3 });
});

test('who moves is counted for each answer anew', () => {
  const one = after({ close: ['V1'] });
  assert.equal(kepu.whatif.moved(one.data, one.now, one.now).district.lost, 0);
  assert.equal(kepu.whatif.moved(one.data, one.now, one.answer).district.lost, 3);
  const next = kepu.adjustedAnswer(one.data, one.answer, { ...one.found });
  assert.equal(kepu.whatif.moved(one.data, one.answer, next).district.lost, 0);
});

test('a page with trimmed times tells the shares exactly and longer times not at all', () => {
  for (const state of [{ open: ['V2'] }, { open: ['@p1=room'], close: ['V1'] }, { open: ['@H1=room'] }]) {
    const whole = after(state);
    const short = after(state, LIMIT);
    assert.deepEqual(plain(short.answer.towns), plain(whole.answer.towns));
    whole.found.ticks.forEach((t, i) => assert.equal(short.found.ticks[i], t <= LIMIT ? t : NO));
    assert.equal(short.found.told, LIMIT);
    short.found.ticks.forEach((t, i) => assert.equal(short.answer.reason[i], t === NO ? kepu.NOT_TOLD : 0));
  }
  assert.equal(after({}, LIMIT).found.told, undefined);
  const edge = after({ close: ['V1'], open: ['@p1=room'] }, 6000, { ...choice, minutes: 10 });
  assert.deepEqual(plain(edge.found.ticks), [6000, 0, 6000, NO]);
  assert.equal(edge.answer.district.covered, 7);
});

test('a trimmed page refuses a limit beyond its times, and leaves the present as it is', () => {
  const asked = { ...choice, minutes: 15.1 };
  const { told, data, found, now } = after({ open: ['V2'] }, LIMIT, asked);
  assert.match(kepu.whatif.problem(data, told, asked), /15 分钟以内.*kepu whatif/);
  assert.equal(found, now.found);
  assert.equal(kepu.whatif.problem(data, told, choice), '');
  assert.equal(kepu.whatif.problem(data, block(18000), asked), '');
});

test('types or paces whose times are not told are refused', () => {
  const data = district();
  assert.match(kepu.whatif.problem(data, block(18000), { ...choice, types: ['room', 'hall'] }), /kepu whatif/);
  assert.match(kepu.whatif.problem(data, block(18000), { ...choice, mode: 'car' }), /没有这种出行方式.*kepu whatif/);
  data.reach.push({ ...data.reach[0], group: 'elderly' });
  assert.match(kepu.whatif.problem(data, block(18000), { ...choice, group: 'elderly' }), /没有这种出行方式.*kepu whatif/);
});

test('a house does not take in what it is', () => {
  const data = district();
  assert.equal(kepu.whatif.meaning(data, block(0), '@H1=hall'), null);
  const offer = (types) => plain(kepu.whatif.candidates(data, block(0), { ...choice, types }).map((one) => one.code));
  assert.deepEqual(offer(['room']), ['V2', '@p1=room', '@H1=room']);
  assert.deepEqual(offer(['room', 'hall']), ['V2', '@p1=room']);
});

test('what a page does not know is named', () => {
  const state = { open: ['V2', 'V9', '@p9=room', '@p1=moon'], close: ['V1', '@p1=room'] };
  assert.deepEqual(plain(kepu.whatif.unknown(district(), block(0), state)), ['V9', '@p9=room', '@p1=moon', '@p1=room']);
});

test('best next: the most people first, and none twice', () => {
  const { data, told, now } = after({});
  const found = kepu.whatif.greedy(data, told, now, { open: [], close: [] }, 5);
  assert.deepEqual(plain(found.map((one) => [one.code, one.people])), [['V2', 12]]);
});

test('a scenario file goes out and comes back', () => {
  const data = district();
  const state = { open: ['V2', '@p1=room', '@H1=room'], close: ['V1'] };
  const text = kepu.scenarioText(data, block(0), state, '一"二\\');
  assert.match(text, /name = "一\\"二\\\\"/);
  assert.match(text, /do = "upgrade_venue"\nvenue = "H1"\ntype = "room"/);
  assert.match(text, /lon = 113.1\nlat = 23.6\n/);
  assert.deepEqual(plain(kepu.scenarioState(data, block(0), text)), state);
  const strange = kepu.scenarioText(data, block(0), { open: ['V1', 'V9'], close: ['V2'] }, 'x');
  assert.doesNotMatch(strange, /edits/);
});

function edits(...all) {
  return `name = "x"\n${all.map((one) => `\n[[edits]]\n${one}\n`).join('')}`;
}

test('edits are taken one after the other', () => {
  const data = district();
  const read = (...all) => plain(kepu.scenarioState(data, block(0), edits(...all)));
  assert.deepEqual(read('do = "open_venue"\nvenue = ["V2"]', 'do = "close_venue"\nvenue = ["V2"]'), { open: [], close: [] });
  assert.deepEqual(read('do = "close_venue"\nvenue = ["V1"]', 'do = "open_venue"\nvenue = ["V1"]'), { open: [], close: [] });
  const refused = [
    ['do = "open_venue"\nvenue = ["V1"]', /已经在用/], ['do = "close_venue"\nvenue = ["V2"]', /没有在用/],
    ['do = "close_venue"\nvenue = ["V9"]', /没有设施 V9/], ['do = "close_roads"\nname = "桥"', /kepu whatif/],
    ['do = "add_venue"\nid = "N"\ntype = "room"\nlon = 113.1\nlat = 23.6\ndatum = "GCJ02"', /候选点/],
    ['do = "add_venue"\nid = "N"\ntype = "room"\nlon = 113.1000002\nlat = 23.6', /候选点/],
    ['do = "upgrade_venue"\nvenue = "H1"\ntype = "room"\nkeep = false', /候选点/],
    ['do = "upgrade_venue"\nvenue = "H1"\ntype = "room"\nserves = []', /服务对象/],
    ['do = "add_venue"\nid = "N"\ntype = "room"\nlon = 113.1\nlat = 23.6\nserves = ["youth"]', /服务对象/],
    ['do = open_venue', /第 4 行/],
  ];
  refused.forEach(([one, says]) => assert.throws(() => read(one), says));
});
