/* Scenarios counted in the page: nearest venues after opening and closing, exactly as the analysis. */
(function (kepu) {
  'use strict';

  /* The times of one mode and group as they are told; null where the page has none. */
  function listed(block, mode, group) {
    const of = (g) => block.tables.find((one) => one.mode === mode && one.group === g);
    const table = of(group) || of('');
    if (table && !table.at) table.at = new Map(Array.from(table.sites, (site, k) => [site, k]));
    return table || null;
  }

  /* The same, restored once: a tenth of a second for 600 sites and 20,000 places. */
  function tableOf(block, mode, group) {
    const table = listed(block, mode, group);
    if (table && !table.place) Object.assign(table, kepu.restoredTimes(table, block.along));
    return table;
  }

  /* Sites by the id of their venue, and spots by their own; the sites of spots follow those of venues. */
  function sitesOf(data, block) {
    if (!block.byVenue) {
      block.byVenue = new Map(Array.from(block.venue, (v, site) => [data.venues.id[v], site]));
      block.bySpot = new Map(block.spots.id.map((id, k) => [id, block.venue.length + k]));
    }
    return block;
  }

  /* Whether a spot takes a new venue of a type: some are meant for one type, a host has its own. */
  function isFit(data, block, spot, type) {
    const { types, host } = block.spots;
    if (types[spot] && types[spot] !== type) return false;
    return host[spot] < 0 || data.types.key[data.venues.type[host[spot]]] !== type;
  }

  /* What a code of the state means: { site, venue, spot, type }; null if it means nothing here. */
  function meaning(data, block, code) {
    const { byVenue, bySpot } = sitesOf(data, block);
    if (code[0] !== '@') {
      const site = byVenue.get(code);
      if (site === undefined) return null;
      const venue = block.venue[site];
      return { code, site, venue, spot: -1, type: data.types.key[data.venues.type[venue]] };
    }
    const at = code.lastIndexOf('=');
    const site = bySpot.get(code.slice(1, at));
    const type = code.slice(at + 1);
    if (site === undefined || at < 0 || !block.names[type]) return null;
    const spot = site - block.venue.length;
    return isFit(data, block, spot, type) ? { code, site, venue: -1, spot, type } : null;
  }

  /* Whether an edit is about a group: a venue for others is not, nor what is added to one. */
  function isFor(data, block, one, group) {
    const venue = one.venue >= 0 ? one.venue : block.spots.host[one.spot];
    return venue < 0 || kepu.serves(data, venue, group);
  }

  /* The edits of a state that this standard is about. */
  function edited(data, block, choice, state) {
    const known = (codes) => codes.map((code) => meaning(data, block, code))
      .filter((one) => one && choice.types.includes(one.type) && isFor(data, block, one, choice.group));
    return {
      opened: known(state.open).filter((one) => one.venue < 0 || data.venues.status[one.venue] !== 'open'),
      closed: known(state.close).filter((one) => one.venue >= 0 && data.venues.status[one.venue] === 'open'),
    };
  }

  /* Types of which a table does not hold all open venues. */
  function lacking(data, block, table) {
    if (!table.lacks) {
      const { byVenue } = sitesOf(data, block);
      const out = Array.from(data.venues.type).filter((_, v) => data.venues.status[v] === 'open'
        && !table.at.has(byVenue.get(data.venues.id[v])));
      table.lacks = new Set(out.map((type) => data.types.key[type]));
    }
    return table.lacks;
  }

  /* Why the page has not all the times of a choice; empty when it has. */
  function untimed(data, block, choice) {
    const table = listed(block, choice.mode, choice.group);
    const reach = kepu.reachOf(data, choice.mode, choice.group);
    if (!table || !reach || table.group !== reach.group) return '本页没有这种出行方式到各处设施的时间';
    if (choice.types.some((type) => lacking(data, block, table).has(type))) return '本页没有所选设施以这种出行方式到达的时间';
    if (!table.isWhole && kepu.limitTicks(choice.minutes) > table.limit) {
      return `本页只载有 ${Math.floor(table.limit / kepu.TICKS_PER_MINUTE)} 分钟以内的时间`;
    }
    return '';
  }

  /* Codes that mean nothing in this page, as of a link from another study. */
  function unknown(data, block, { open, close }) {
    return open.filter((code) => !meaning(data, block, code))
      .concat(close.filter((code) => code[0] === '@' || !meaning(data, block, code)));
  }

  /* Why scenarios cannot be counted under a choice; empty when they can. */
  function problem(data, block, choice) {
    const standard = kepu.standardOf(data, choice);
    if (standard && standard.own) return '本标准另有条件（开放时段或可选数量），请用 kepu whatif 推演。';
    if (!choice.types.every((type) => block.names[type])) return '所选类型不在任何标准中，不能推演。';
    const why = untimed(data, block, choice);
    return why && `${why}，请用 kepu whatif 推演。`;
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
      if (status !== 'open' || gone.has(v) || !kepu.serves(data, v, choice.group)) return;
      if (choice.types.includes(data.types.key[data.venues.type[v]])) all.push(v);
    });
    return all;
  }

  /* Whether any of some sites leads anywhere. */
  function isReaching(table, sites) {
    return sites.some((site) => {
      const k = table.at.get(site);
      return k !== undefined && table.first[k + 1] > table.first[k];
    });
  }

  /* Times beyond those that the page carries are no numbers, once something has changed. */
  function toldOf(table, found) {
    if (table.isWhole) return found;
    for (let i = 0; i < found.ticks.length; i += 1) {
      if (found.ticks[i] > table.limit) {
        found.ticks[i] = kepu.UNREACHED;
        found.venue[i] = -1;
      }
    }
    return Object.assign(found, { told: table.limit });
  }

  /* Who went to a venue that is gone goes to the nearest of those that stay. */
  function sendOn({ ticks, venue }, closed, stay, table, siteOf) {
    const gone = new Set(closed.map((one) => one.venue));
    const isOrphan = new Uint8Array(venue.length);
    for (let i = 0; i < venue.length; i += 1) {
      if (venue[i] >= 0 && gone.has(venue[i])) {
        isOrphan[i] = 1;
        ticks[i] = kepu.UNREACHED;
        venue[i] = -1;
      }
    }
    stay.forEach((v) => each(table, siteOf(v), (i, t) => {
      if (!isOrphan[i] || t > ticks[i] || (t === ticks[i] && v > venue[i])) return;
      ticks[i] = t;
      venue[i] = v;
    }));
  }

  /* Nearest venues after the edits; the very object that was given when nothing applies. */
  function nearest(data, block, choice, found, state) {
    const { opened, closed } = edited(data, block, choice, state);
    if ((!opened.length && !closed.length) || problem(data, block, choice)) return found;
    const table = tableOf(block, choice.mode, choice.group);
    const siteOf = (v) => block.byVenue.get(data.venues.id[v]);
    const stay = staying(data, choice, closed);
    const after = { ticks: found.ticks.slice(), venue: found.venue.slice(), fresh: new Int32Array(found.ticks.length).fill(-1) };
    const { ticks, venue, fresh } = after;
    if (closed.length) sendOn(after, closed, stay, table, siteOf);
    opened.forEach((one) => each(table, one.site, (i, t) => {
      if (t > ticks[i] || (t === ticks[i] && (one.venue < 0 || (venue[i] >= 0 && one.venue > venue[i])))) return;
      ticks[i] = t;
      venue[i] = one.venue;
      fresh[i] = one.venue < 0 ? one.site : -1;
    }));
    after.isUsable = isReaching(table, stay.map(siteOf).concat(opened.map((one) => one.site)));
    return toldOf(table, after);
  }

  /* People beyond the limit, by place. */
  const leftOut = ({ found, weights, limit }) => weights.map((people, i) => (found.ticks[i] > limit ? people : 0));

  /* People newly covered if one more site opened, of those left out. */
  function gain(table, site, left, limit) {
    const k = table.at.get(site);
    if (k === undefined) return 0;
    const { first, place, ticks } = table;
    const end = first[k + 1];
    let people = 0;
    for (let e = first[k]; e < end; e += 1) {
      if (ticks[e] <= limit) people += left[place[e]];
    }
    return people;
  }

  /* Candidates of a choice: venues that are not open, and spots; a new one is of the first type that fits. */
  function candidates(data, block, choice) {
    sitesOf(data, block);
    const all = [];
    block.venue.forEach((v, site) => {
      const type = data.types.key[data.venues.type[v]];
      if (data.venues.status[v] !== 'open' && choice.types.includes(type)) {
        all.push({ code: data.venues.id[v], site, venue: v, spot: -1, type });
      }
    });
    block.spots.id.forEach((id, spot) => {
      const host = block.spots.host[spot];
      if (host >= 0 && choice.types.includes(data.types.key[data.venues.type[host]])) return;
      const type = choice.types.find((one) => isFit(data, block, spot, one));
      if (type) all.push({ code: `@${id}=${type}`, site: block.venue.length + spot, venue: -1, spot, type });
    });
    return all.filter((one) => isFor(data, block, one, choice.group));
  }

  /* Best next sites, one after the other; of equally good ones the first. */
  function greedy(data, block, answer, state, steps) {
    const { choice, limit } = answer;
    const table = tableOf(block, choice.mode, choice.group);
    const left = leftOut(answer);
    const all = candidates(data, block, choice).filter((one) => !state.open.includes(one.code));
    const chosen = [];
    for (let step = 0; step < steps; step += 1) {
      let best = null;
      let most = 0;
      all.forEach((one) => {
        const people = gain(table, one.site, left, limit);
        if (people > most && !chosen.includes(one)) {
          best = one;
          most = people;
        }
      });
      if (!best) break;
      chosen.push(Object.assign(best, { people: most }));
      each(table, best.site, (i, t) => { if (t <= limit) left[i] = 0; });
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

  let last = {};

  /* Who gains and who loses against the present, by town and in all. */
  function moved(data, plain, answer) {
    if (last.plain === plain && last.answer === answer) return last.all;
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
    last = { plain, answer, all };
    return all;
  }

  kepu.whatif = {
    listed, tableOf, sitesOf, meaning, edited, unknown, untimed, problem, staying, nearest, candidates, leftOut, gain, greedy,
    onlyTheirs, moved,
  };
}(window.kepu = window.kepu || {}));
