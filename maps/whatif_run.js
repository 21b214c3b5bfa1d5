/* Scenarios counted in the page: nearest venues after opening and closing, exactly as the analysis. */
(function (kepu) {
  'use strict';

  /* The lists of one mode and group, with places counted up from their steps, once. */
  function tableOf(block, mode, group) {
    const of = (g) => block.tables.find((one) => one.mode === mode && one.group === g);
    const table = of(group) || of('');
    if (table && !table.place) {
      const { first, step } = table;
      table.place = new Int32Array(step.length);
      table.at = new Map(Array.from(table.sites, (site, k) => [site, k]));
      for (let k = 0; k + 1 < first.length; k += 1) {
        let place = 0;
        for (let e = first[k]; e < first[k + 1]; e += 1) {
          place += step[e];
          table.place[e] = place;
        }
      }
    }
    return table || null;
  }

  /* Sites by venue and by place; a place may be given twice, as `@ID=type`. */
  function sitesOf(data, block) {
    if (!block.byVenue) {
      block.byVenue = new Map();
      block.byPlace = new Map();
      block.sites.venue.forEach((v, s) => { if (v >= 0) block.byVenue.set(data.venues.id[v], s); });
      block.sites.place.forEach((i, s) => { if (i >= 0) block.byPlace.set(data.places.id[i], s); });
    }
    return block;
  }

  /* What a code of the state means: { site, venue, type }; null if it means nothing here. */
  function meaning(data, block, code) {
    const { byVenue, byPlace } = sitesOf(data, block);
    if (code[0] !== '@') {
      const site = byVenue.get(code);
      if (site === undefined) return null;
      const venue = block.sites.venue[site];
      return { code, site, venue, type: data.types.key[data.venues.type[venue]] };
    }
    const at = code.lastIndexOf('=');
    const site = byPlace.get(code.slice(1, at));
    const type = code.slice(at + 1);
    if (site === undefined || at < 0 || !block.names[type]) return null;
    return { code, site, venue: -1, type };
  }

  /* The edits of a state that this standard is about. */
  function edited(data, block, choice, state) {
    const known = (codes) => codes.map((code) => meaning(data, block, code))
      .filter((one) => one && choice.types.includes(one.type));
    return {
      opened: known(state.open).filter((one) => one.venue < 0 || data.venues.status[one.venue] !== 'open'),
      closed: known(state.close).filter((one) => one.venue >= 0 && data.venues.status[one.venue] === 'open'),
    };
  }

  /* Why scenarios cannot be counted under a choice; empty when they can. */
  function problem(data, block, choice) {
    const standard = kepu.standardOf(data, choice);
    if (standard && standard.own) return '本标准另有条件（开放时段或可选数量），请用 kepu whatif 推演。';
    const table = tableOf(block, choice.mode, choice.group);
    if (!table) return '没有这种出行方式的时间，不能推演。';
    if (!choice.types.every((type) => block.names[type])) return '所选类型不在任何标准中，不能推演。';
    if (!table.isWhole && kepu.limitTicks(choice.minutes) > table.limit) {
      return `本页只载有 ${Math.floor(table.limit / kepu.TICKS_PER_MINUTE)} 分钟以内的时间，更长的时限请用 kepu whatif。`;
    }
    return '';
  }

  function each(table, site, visit) {
    const k = table.at.get(site);
    if (k === undefined) return;
    for (let e = table.first[k]; e < table.first[k + 1]; e += 1) visit(table.place[e], table.ticks[e]);
  }

  /* Open venues of the choice that stay. */
  function staying(data, choice, closed) {
    const gone = new Set(closed.map((one) => one.venue));
    const all = [];
    data.venues.status.forEach((status, v) => {
      if (status === 'open' && !gone.has(v) && choice.types.includes(data.types.key[data.venues.type[v]])) all.push(v);
    });
    return all;
  }

  /* Nearest venues after the edits; the very object that was given when nothing applies. */
  function nearest(data, block, choice, found, state) {
    const { opened, closed } = edited(data, block, choice, state);
    if ((!opened.length && !closed.length) || problem(data, block, choice)) return found;
    const table = tableOf(block, choice.mode, choice.group);
    const ticks = found.ticks.slice();
    const venue = found.venue.slice();
    if (closed.length) {
      const gone = new Set(closed.map((one) => one.venue));
      const isOrphan = Uint8Array.from(venue, (v) => (gone.has(v) ? 1 : 0));
      isOrphan.forEach((is, i) => {
        if (!is) return;
        ticks[i] = kepu.UNREACHED;
        venue[i] = -1;
      });
      staying(data, choice, closed).forEach((v) => each(table, block.byVenue.get(data.venues.id[v]), (i, t) => {
        if (!isOrphan[i] || t > ticks[i] || (t === ticks[i] && v > venue[i])) return;
        ticks[i] = t;
        venue[i] = v;
      }));
    }
    opened.forEach((one) => each(table, one.site, (i, t) => {
      if (t > ticks[i] || (t === ticks[i] && (one.venue < 0 || venue[i] < 0 || one.venue > venue[i]))) return;
      ticks[i] = t;
      venue[i] = one.venue;
    }));
    return { ticks, venue };
  }

  /* People newly covered if one more site opened. */
  function gain(table, site, ticks, weights, limit) {
    let people = 0;
    each(table, site, (i, t) => { if (t <= limit && ticks[i] > limit) people += weights[i]; });
    return people;
  }

  /* Candidates of a choice: venues that are not open, and places; the type of a new one is the first asked for. */
  function candidates(data, block, choice) {
    sitesOf(data, block);
    const all = [];
    block.sites.venue.forEach((v, site) => {
      if (v < 0) {
        const id = data.places.id[block.sites.place[site]];
        all.push({ code: `@${id}=${choice.types[0]}`, site, venue: -1, type: choice.types[0] });
      } else if (data.venues.status[v] !== 'open') {
        const type = data.types.key[data.venues.type[v]];
        if (choice.types.includes(type)) all.push({ code: data.venues.id[v], site, venue: v, type });
      }
    });
    return all;
  }

  /* Best next sites, one after the other; of equally good ones the first. */
  function greedy(data, block, answer, state, steps) {
    const { choice, limit, weights } = answer;
    const table = tableOf(block, choice.mode, choice.group);
    const ticks = answer.found.ticks.slice();
    const left = candidates(data, block, choice).filter((one) => !state.open.includes(one.code));
    const chosen = [];
    for (let step = 0; step < steps; step += 1) {
      let best = null;
      let most = 0;
      left.forEach((one) => {
        const people = gain(table, one.site, ticks, weights, limit);
        if (people > most && !chosen.includes(one)) {
          best = one;
          most = people;
        }
      });
      if (!best) break;
      chosen.push(Object.assign(best, { people: most }));
      each(table, best.site, (i, t) => { if (t < ticks[i]) ticks[i] = t; });
    }
    return chosen;
  }

  /* People of an open venue whom no other covers, by venue. */
  function onlyTheirs(data, block, answer, state) {
    const { choice, limit, weights } = answer;
    const table = tableOf(block, choice.mode, choice.group);
    const { opened, closed } = edited(data, block, choice, state);
    const open = staying(data, choice, closed);
    const count = new Uint16Array(data.places.n);
    const add = (site) => each(table, site, (i, t) => { if (t <= limit) count[i] += 1; });
    const siteOf = (v) => sitesOf(data, block).byVenue.get(data.venues.id[v]);
    open.forEach((v) => add(siteOf(v)));
    opened.forEach((one) => add(one.site));
    return open.map((v) => {
      let people = 0;
      each(table, siteOf(v), (i, t) => { if (t <= limit && count[i] === 1) people += weights[i]; });
      return { venue: v, people };
    });
  }

  /* Who gains and who loses against the present, by town and in all. */
  function moved(data, plain, answer) {
    const { limit, weights } = answer;
    const blank = () => ({ gained: 0, lost: 0 });
    const all = { district: blank(), towns: data.towns.code.map(blank), places: new Int8Array(data.places.n) };
    for (let i = 0; i < data.places.n; i += 1) {
      const was = plain.found.ticks[i] <= limit;
      const now = answer.found.ticks[i] <= limit;
      if (was !== now && weights[i]) {
        const key = now ? 'gained' : 'lost';
        all.places[i] = now ? 1 : -1;
        all.district[key] += weights[i];
        all.towns[data.places.town[i]][key] += weights[i];
      }
    }
    return all;
  }

  kepu.whatif = {
    tableOf, sitesOf, meaning, edited, problem, nearest, candidates, gain, greedy, onlyTheirs, moved,
  };
}(window.kepu = window.kepu || {}));
