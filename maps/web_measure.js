/* Who is covered: the same counts as the analysis, from nearest times by type and mode. */
(function (kepu) {
  'use strict';

  kepu.UNREACHED = 0xffffff;
  kepu.NOT_CONNECTED = 1;
  kepu.NO_VENUE = 2;
  kepu.BEYOND_HORIZON = 3;
  kepu.NOT_MEANT = 4;

  /* The longest whole time within a threshold; the threshold itself is within. */
  kepu.limitTicks = function (minutes) {
    return Math.floor(minutes * kepu.TICKS_PER_MINUTE + 1e-6);
  };

  /* Times of a group that has a pace of its own, else of everybody; null where none are known. */
  kepu.reachOf = function (data, mode, group) {
    const all = data.reach.filter((one) => one.mode === mode);
    return all.find((one) => one.group === group) || all.find((one) => one.group === '') || null;
  };

  /* Nearest open venue of any of the types; of equally near ones the first by id. */
  kepu.nearest = function (data, types, mode, group) {
    const size = data.places.n;
    const ticks = new Int32Array(size).fill(kepu.UNREACHED);
    const venue = new Int32Array(size).fill(-1);
    const reach = kepu.reachOf(data, mode, group || '');
    types.filter((type) => reach && reach.ticks[type]).forEach((type) => {
      const theirs = reach.ticks[type];
      const which = reach.venue[type];
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

  kepu.isMeant = function (area, rural) {
    return area === 'all' || (area === 'rural') === Boolean(rural);
  };

  /* People of a group where the area applies, 0 elsewhere; null where the page is not told. */
  kepu.weigh = function (data, group, area) {
    const people = data.places.groups[group];
    if (!people) return null;
    return people.map((n, i) => (kepu.isMeant(area, data.places.rural[i]) ? n : 0));
  };

  kepu.reasons = function (data, choice, found) {
    const reach = kepu.reachOf(data, choice.mode, choice.group);
    const isUsable = reach !== null && choice.types.some((type) => reach.usable[type]);
    return Uint8Array.from(found.ticks, (ticks, i) => {
      if (!kepu.isMeant(choice.area, data.places.rural[i])) return kepu.NOT_MEANT;
      if (ticks !== kepu.UNREACHED) return 0;
      if (!reach || !reach.connected[i]) return kepu.NOT_CONNECTED;
      return isUsable ? kepu.BEYOND_HORIZON : kepu.NO_VENUE;
    });
  };

  function scope() {
    return { people: 0, covered: 0, apart: 0, share: null };
  }

  /* Counts of district, urban, rural and every town. */
  kepu.cover = function (data, found, weights, limit, connected) {
    const { town, rural, n } = data.places;
    const all = { district: scope(), urban: scope(), rural: scope() };
    all.towns = data.towns.code.map(scope);
    for (let i = 0; i < n; i += 1) {
      const people = weights[i];
      const covered = found.ticks[i] <= limit ? people : 0;
      const apart = connected[i] ? 0 : people;
      [all.district, rural[i] ? all.rural : all.urban, all.towns[town[i]]].forEach((one) => {
        one.people += people;
        one.covered += covered;
        one.apart += apart;
      });
    }
    [all.district, all.urban, all.rural, ...all.towns].forEach((one) => {
      one.share = one.people > 0 ? one.covered / one.people : null;
    });
    return all;
  };

  function told(counts) {
    const [people, covered, apart] = counts;
    return { people, covered, apart, share: people > 0 ? covered / people : null };
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
    const weights = kepu.weigh(data, choice.group, choice.area);
    let counts = null;
    if (weights) counts = kepu.cover(data, found, weights, limit, connected);
    else if (standard) counts = kepu.proven(standard);
    return Object.assign({
      choice, standard, limit, found, reach, weights, isTold: counts !== null,
      reason: kepu.reasons(data, choice, found),
    }, counts || kepu.cover(data, found, new Int32Array(data.places.n), limit, connected));
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
    return found === plain.found ? plain : answered(data, plain.choice, plain.standard, found);
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
