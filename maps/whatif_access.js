/* Access of a choice or of a scenario, counted from all times as the analysis counts it: E2SFCA. */
(function (kepu) {
  'use strict';

  /* By tick up to the limit: what a venue weighs that is so far away. */
  function weightsOf({ zones, weights }, minutes, limit) {
    const found = new Float64Array(limit + 1);
    let from = 0;
    zones.forEach((zone, k) => {
      const end = kepu.limitTicks(minutes * zone) + 1;
      found.fill(weights[k], from, end);
      from = end;
    });
    return found;
  }

  /* Each of some rows of the times shared among the people who reach it: what a person has of them,
     by place, and how many rows anybody reaches. */
  function shared({ first, place, ticks }, rows, people, weights) {
    const access = new Float64Array(people.length);
    let reached = 0;
    rows.forEach((row) => {
      const [from, to] = [first[row], first[row + 1]];
      let demand = 0;
      for (let e = from; e < to; e += 1) if (ticks[e] < weights.length) demand += people[place[e]] * weights[ticks[e]];
      if (demand === 0) return;
      reached += 1;
      const ratio = 1 / demand;
      for (let e = from; e < to; e += 1) if (ticks[e] < weights.length) access[place[e]] += ratio * weights[ticks[e]];
    });
    return { access, reached };
  }

  /* Means over people of district, urban, rural and every town; null where nobody lives. */
  function means({ places, towns }, people, values) {
    const sums = Array.from({ length: 2 + towns.code.length }, () => [0, 0]);
    people.forEach((count, i) => {
      [sums[places.rural[i] ? 1 : 0], sums[2 + places.town[i]]].forEach((sum) => {
        sum[0] += count * values[i];
        sum[1] += count;
      });
    });
    const all = [sums[0][0] + sums[1][0], sums[0][1] + sums[1][1]];
    return [all, ...sums].map(([value, count]) => (count > 0 ? value / count : null));
  }

  /* Sites of the venues of a choice, after the edits of a state. */
  function sitesIn(data, block, choice, state) {
    const { byVenue } = kepu.whatif.sitesOf(data, block);
    const { opened, closed } = kepu.whatif.edited(data, block, choice, state);
    return kepu.whatif.staying(data, choice, closed).map((v) => byVenue.get(data.venues.id[v]))
      .concat(opened.map((one) => one.site));
  }

  /* Access of every person of a choice for so many of the group, by place, and how many venues are reached. */
  function accessOf(data, block, { choice, weights, limit }, state) {
    const table = kepu.whatif.tableOf(block, choice.mode, choice.group);
    const rows = sitesIn(data, block, choice, state).map((site) => table.at.get(site));
    const found = shared(table, rows, weights, weightsOf(block.access, choice.minutes, limit));
    return Object.assign(found, { access: found.access.map((one) => one * block.access.people) });
  }

  /* A measure as the page carries it for standards. */
  function measureOf(data, block, answer, state) {
    const { name, english, basis, units, scale, parts, labels } = block.access;
    const { access } = accessOf(data, block, answer, state);
    const whole = (value) => (value === null ? -1 : Math.round(value * scale));
    const scopes = means(data, answer.weights, access);
    const edges = parts.map((part) => whole(part * scopes[0]) / scale);
    return {
      key: 'access', name, english, basis, unit: units[answer.choice.group], scale, moreIsBetter: true,
      values: Int32Array.from(access, (one, i) => (answer.weights[i] > 0 ? whole(one) : -1)),
      edges, labels, townEdges: edges, townLabels: labels,
      towns: Int32Array.from(scopes.slice(3), whole),
      summary: scopes.map((value) => (value === null ? '—' : kepu.valueText(value))),
    };
  }

  let last = {};

  Object.assign(kepu.whatif, {
    accessOf,
    /* Access under an answer, to which a state has led; counted once. */
    access(data, block, answer, state) {
      if (last.answer !== answer) last = { answer, measure: measureOf(data, block, answer, state) };
      return last.measure;
    },
  });
}(window.kepu = window.kepu || {}));
