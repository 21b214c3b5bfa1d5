/* The table of towns, and the list of who falls short with the sentence of each. */
(function (kepu) {
  'use strict';

  const MOST_ROWS = 300;
  const KINDS = { town: '镇街', place: '居民点', venue: '设施' };
  const { byId } = kepu;

  /* The worst first, and last those where nobody lives. */
  function orderOf(page) {
    const { answer, view, data } = page;
    const all = data.towns.code.map((_, t) => t);
    const key = (t) => {
      if (view.measure) {
        const value = view.measure.towns[t];
        if (value < 0) return Infinity;
        return view.measure.moreIsBetter ? value : -value;
      }
      if (view.medians) return view.medians[t] === null ? Infinity : -view.medians[t];
      return answer.towns[t].share === null ? Infinity : answer.towns[t].share;
    };
    return all.sort((a, b) => key(a) - key(b) || a - b);
  }

  function townRow(page, t) {
    const { answer, view, data } = page;
    const { people, share } = answer.towns[t];
    const { goal } = answer.choice;
    const name = kepu.button('link', data.towns.name[t], () => page.focus(`t:${data.towns.code[t]}`));
    const isMet = share !== null && share >= goal;
    return kepu.el('tr', '', [
      kepu.rowHead(name),
      kepu.el('td', 'number', kepu.count(people)),
      view.measure || view.medians ? kepu.el('td', 'number', view.townText(t))
        : kepu.el('td', 'share', kepu.el('div', '', [kepu.bar(share, goal), kepu.el('span', 'number', kepu.percent(share))])),
      kepu.el('td', 'met ' + (share === null ? '' : isMet ? 'good' : 'bad'), kepu.verdict(share, goal)),
    ]);
  }

  kepu.townTable = function (page) {
    byId('town-value').className = page.view.measure || page.view.medians ? 'number' : '';
    byId('town-value').textContent = page.view.measure ? page.view.title
      : page.view.medians ? '中位时间' : '覆盖率';
    kepu.fill(byId('towns'), orderOf(page).map((t) => townRow(page, t)));
  };

  function entry(page, pick, name, note, level, text, remedy) {
    const button = kepu.button('flag ' + level, [
      kepu.el('b', '', name), kepu.el('small', '', note),
      kepu.el('span', 'sentence', text),
      remedy ? kepu.el('span', 'remedy', remedy) : '',
    ], () => page.focus(pick));
    return kepu.el('li', '', button);
  }

  function byFlags(page) {
    const { flags, towns, places, venues, standards } = page.data;
    const k = standards.indexOf(page.answer.standard);
    const found = [];
    flags.standard.forEach((standard, f) => {
      if (standard !== k) return;
      const [at, kind] = [flags.at[f], flags.kinds[flags.kind[f]]];
      const [pick, name, note] = {
        town: () => [`t:${towns.code[at]}`, towns.name[at], KINDS.town],
        place: () => [`p:${places.id[at]}`, places.name[at], towns.name[places.town[at]]],
        venue: () => [`v:${venues.id[at]}`, venues.name[at], KINDS.venue],
      }[kind]();
      if (name === '') return;
      found.push([kind, () => entry(page, pick, name, note, flags.level[f], flags.sentence[f], flags.remedy[f])]);
    });
    return found;
  }

  /* A choice that is no standard has no sentences; the numbers stand for themselves. */
  function byNumbers(page) {
    const { data, answer } = page;
    return kepu.shortfalls(answer).filter((i) => data.places.shown[i]).map((i) => () => {
      const ticks = answer.found.ticks[i];
      const text = ticks === kepu.UNREACHED ? kepu.reasonText(answer, i)
        : `最近设施 ${kepu.minutesText(ticks)}`;
      return entry(page, `p:${data.places.id[i]}`, data.places.name[i],
        data.towns.name[data.places.town[i]], '', `${text}，${kepu.count(answer.weights[i])} 人`, '');
    }).map((make) => ['place', make]);
  }

  /* Towns, places and venues are not added up: numbers alone list places only. */
  function countText(rows, more) {
    const parts = Object.entries(KINDS).map(([kind, name]) => [name, rows.filter(([one]) => one === kind).length])
      .filter(([, count]) => count).map(([name, count]) => `${name} ${kepu.count(count)} 处`);
    return [...parts, ...(more ? [`另 ${kepu.count(more)} 条`] : [])].join(' · ') || '0 处';
  }

  /* Drawn when it comes into sight. */
  kepu.flagList = function (page) {
    const { answer } = page;
    if (page.store.get().tab !== 'flags') return;
    const isTold = answer.standard && answer === page.plain;
    const rows = isTold ? byFlags(page) : byNumbers(page);
    const more = isTold ? page.data.flags.more[page.data.standards.indexOf(answer.standard)] : 0;
    byId('flag-count').textContent = countText(rows, more);
    byId('flags-more').hidden = rows.length + more <= MOST_ROWS;
    byId('flags-more').textContent = `只列出前 ${MOST_ROWS} 处，全部见 flags.csv。`;
    kepu.fill(byId('flags'), rows.length ? rows.slice(0, MOST_ROWS).map(([, make]) => make())
      : [kepu.el('li', 'none', '当前没有需关注的地点。')]);
  };
}(window.kepu = window.kepu || {}));
