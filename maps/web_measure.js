/* Who is covered: the same counts as the analysis, from nearest times by type and mode. */
(function (kepu) {
  'use strict';

  kepu.UNREACHED = 0xffffff;
  kepu.NOT_CONNECTED = 1;
  kepu.NO_VENUE = 2;
  kepu.BEYOND_HORIZON = 3;
  kepu.NOT_MEANT = 4;
  /* Beyond the times that the page carries for scenarios, see whatif_run.js. */
  kepu.NOT_TOLD = 5;

  /* The longest whole time within a threshold; the threshold itself is within. */
  kepu.limitTicks = function (minutes) {
    return Math.floor(minutes * kepu.TICKS_PER_MINUTE + 1e-6);
  };

  /* Times of a group that has a pace of its own, else of everybody; null where none are known. */
  kepu.reachOf = function (data, mode, group) {
    const all = data.reach.filter((one) => one.mode === mode);
    return all.find((one) => one.group === group) || all.find((one) => one.group === '') || null;
  };

  /* Times to a type for a group: a venue that is for some groups only is for no others. */
  function toType(reach, type, group) {
    const other = reach.others && reach.others[group];
    const from = other && other.ticks[type] ? other : reach;
    return { ticks: from.ticks[type], venue: from.venue[type], isUsable: from.usable[type] };
  }

  /* Whether a venue is for a group; one that names nobody is for everybody. */
  kepu.serves = function (data, v, group) {
    const targets = data.venues.targets && data.venues.targets[v];
    return !targets || targets.split(';').some((one) => one === 'people' || one === group);
  };

  /* Nearest open venue of any of the types; of equally near ones the first by id. */
  kepu.nearest = function (data, types, mode, group) {
    const size = data.places.n;
    const ticks = new Int32Array(size).fill(kepu.UNREACHED);
    const venue = new Int32Array(size).fill(-1);
    const reach = kepu.reachOf(data, mode, group || '');
    types.filter((type) => reach && reach.ticks[type]).forEach((type) => {
      const { ticks: theirs, venue: which } = toType(reach, type, group);
      for (let i = 0; i < size; i += 1) {
        const isNearer = theirs[i] < ticks[i]
          || (theirs[i] === ticks[i] && which[i] >= 0 && which[i] < venue[i]);
        if (isNearer) {
          ticks[i] = theirs[i];
          venue[i] = which[i];
        }
      }
    });
    return { ticks, venue };
  };

  function isMeant(area, rural) {
    return area === 'all' || (area === 'rural') === Boolean(rural);
  }

  /* People of a group where the area applies, 0 elsewhere; null where the page is not told. */
  function weigh(data, group, area) {
    const people = data.places.groups[group];
    if (!people) return null;
    const weights = Int32Array.from(people);
    for (let i = 0; i < weights.length; i += 1) if (!isMeant(area, data.places.rural[i])) weights[i] = 0;
    return weights;
  }

  function reasons(data, choice, found) {
    const reach = kepu.reachOf(data, choice.mode, choice.group);
    const isUsable = found.isUsable === undefined
      ? reach !== null && choice.types.some((type) => toType(reach, type, choice.group).isUsable)
      : found.isUsable;
    const { rural, n } = data.places;
    const answer = new Uint8Array(n);
    for (let i = 0; i < n; i += 1) {
      if (!isMeant(choice.area, rural[i])) answer[i] = kepu.NOT_MEANT;
      else if (found.ticks[i] !== kepu.UNREACHED) answer[i] = 0;
      else if (!reach || !reach.connected[i]) answer[i] = kepu.NOT_CONNECTED;
      else if (found.told) answer[i] = kepu.NOT_TOLD;
      else answer[i] = isUsable ? kepu.BEYOND_HORIZON : kepu.NO_VENUE;
    }
    return answer;
  }

  function told(counts) {
    const [people, covered, apart] = counts;
    return { people, covered, apart, share: people > 0 ? covered / people : null };
  }

  /* Counts of district, urban, rural and every town; sums of whole numbers are exact in doubles. */
  function cover(data, found, weights, limit, connected) {
    const { town, rural, n } = data.places;
    const sums = new Float64Array(6 * data.towns.code.length);
    for (let i = 0; i < n; i += 1) {
      const at = 6 * town[i] + (rural[i] ? 3 : 0);
      sums[at] += weights[i];
      if (found.ticks[i] <= limit) sums[at + 1] += weights[i];
      if (!connected[i]) sums[at + 2] += weights[i];
    }
    const plus = (all) => all.reduce((a, b) => a.map((one, k) => one + b[k]), [0, 0, 0]);
    const half = (t, isRural) => Array.from(sums.subarray(6 * t + 3 * isRural, 6 * t + 3 * isRural + 3));
    const halves = data.towns.code.map((_, t) => [half(t, 0), half(t, 1)]);
    const [urban, rest] = [0, 1].map((k) => plus(halves.map((one) => one[k])));
    return {
      district: told(plus([urban, rest])), urban: told(urban), rural: told(rest),
      towns: halves.map((one) => told(plus(one))),
    };
  }

  /* The counts of the analysis itself, for groups that a public page may not tell by place. */
  kepu.proven = function (standard) {
    const { district, urban, rural, towns } = standard.proof;
    return {
      district: told(district), urban: told(urban), rural: told(rural), towns: towns.map(told),
    };
  };

  /* The standard that a choice is, or null if it asks anything else. */
  kepu.standardOf = function (data, choice) {
    const one = data.standards.find((standard) => standard.key === choice.standard);
    const isSame = one && one.mode === choice.mode && one.group === choice.group
      && one.minutes === choice.minutes && one.area === choice.area
      && one.types.length === choice.types.length
      && one.types.every((type) => choice.types.includes(type));
    return isSame ? one : null;
  };

  function answered(data, choice, standard, found) {
    const limit = kepu.limitTicks(choice.minutes);
    const reach = kepu.reachOf(data, choice.mode, choice.group);
    const connected = reach ? reach.connected : new Uint8Array(data.places.n);
    const weights = weigh(data, choice.group, choice.area);
    let counts = null;
    if (weights) counts = cover(data, found, weights, limit, connected);
    else if (standard) counts = kepu.proven(standard);
    return Object.assign({
      choice, standard, limit, found, reach, weights, isTold: counts !== null,
      reason: reasons(data, choice, found),
    }, counts || cover(data, found, new Int32Array(data.places.n), limit, connected));
  };

  /* The present state: nearest venues as the analysis found them. */
  kepu.plainAnswer = function (data, choice) {
    const standard = kepu.standardOf(data, choice);
    const found = standard && standard.own
      ? { ticks: standard.own.ticks, venue: standard.own.venue }
      : kepu.nearest(data, choice.types, choice.mode, choice.group);
    return answered(data, choice, standard, found);
  };

  /* The same choice with other nearest venues; public groups stay as they were counted. */
  kepu.adjustedAnswer = function (data, plain, found) {
    if (found === plain.found) return plain;
    const { choice, reach, weights, limit } = plain;
    const connected = reach ? reach.connected : new Uint8Array(data.places.n);
    return Object.assign({}, plain, { found, reason: reasons(data, choice, found) },
      weights ? cover(data, found, weights, limit, connected) : {});
  };

  /* Standards whose counts here are not those of the analysis: there must be none. */
  kepu.unproven = function (data) {
    return data.standards.filter((standard) => {
      const choice = Object.assign({}, standard, { standard: standard.key });
      const mine = kepu.plainAnswer(data, choice);
      const theirs = kepu.proven(standard);
      const isOne = (a, b) => a.people === b.people && a.covered === b.covered && a.apart === b.apart;
      return !['district', 'urban', 'rural'].every((name) => isOne(mine[name], theirs[name]))
        || !mine.towns.every((one, t) => isOne(one, theirs.towns[t]));
    });
  };
}(window.kepu = window.kepu || {}));
