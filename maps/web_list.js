/* The directory: all venues by type, town and whom they serve; a click leads to the map. */
(function (kepu) {
  'use strict';

  const MOST_ROWS = 300;
  const PARTS = /[；;、，,]/;
  const { byId } = kepu;

  const servedBy = (text) => text.split(PARTS).map((one) => one.trim()).filter(Boolean);

  kepu.townOf = function (data, v) {
    const t = data.venues.town[v];
    return t >= 0 ? data.towns.name[t] : '区外';
  };

  /* Venues that fit, by type, then town, then name; an empty wish fits all. */
  kepu.listed = function (data, { type, town, group, text }) {
    const { venues } = data;
    const wanted = text.trim().toLowerCase();
    const rank = (v) => (venues.town[v] < 0 ? Infinity : venues.town[v]);
    const fits = (v) => (!type || data.types.key[venues.type[v]] === type)
      && (!town || kepu.townOf(data, v) === town)
      && (!group || servedBy(venues.groups[v]).includes(group))
      && (!wanted || `${venues.name[v]} ${venues.address[v]}`.toLowerCase().includes(wanted));
    return venues.id.map((_, v) => v).filter(fits).sort((a, b) => venues.type[a] - venues.type[b]
      || (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
  };

  function choices(all, label, pairs, onChange) {
    const select = kepu.el('select', '', [[all, '']].concat(pairs).map(([text, value]) => {
      const option = kepu.el('option', '', text);
      option.value = value;
      return option;
    }));
    select.setAttribute('aria-label', label);
    select.addEventListener('change', onChange);
    return select;
  }

  function row(page, v) {
    const { venues, types } = page.data;
    const look = Object.assign(kepu.venueLook(page, v, 11), { size: 5 });
    const facts = [kepu.townOf(page.data, v), venues.groups[v], venues.hours[v]].filter(Boolean);
    const button = kepu.button('entry', [
      kepu.swatch(kepu.drawVenue, look, 16),
      kepu.el('b', '', venues.name[v]),
      kepu.el('small', '', kepu.STATUSES[page.statusOf(v)] || page.statusOf(v)),
      kepu.el('span', '', `${types.name[venues.type[v]]} · ${facts.join(' · ')}`),
    ], () => page.focus(`v:${venues.id[v]}`));
    return kepu.el('li', '', button);
  }

  kepu.directory = function (page) {
    const { data } = page;
    const { venues, types, towns } = data;
    const unique = (values) => Array.from(new Set(values));
    const paired = (values) => values.map((value) => [value, value]);
    let drawn = '';
    function draw() {
      const [type, town, group] = wishes.map((one) => one.value);
      const found = kepu.listed(data, { type, town, group, text: field.value });
      kepu.fill(byId('list'), found.length ? found.slice(0, MOST_ROWS).map((v) => row(page, v))
        : [kepu.el('li', 'none', '没有符合条件的设施。')]);
      byId('list-count').textContent = `${kepu.count(found.length)} 处`;
      byId('list-more').hidden = found.length <= MOST_ROWS;
      byId('list-more').textContent = `只列出前 ${MOST_ROWS} 处，请缩小范围。`;
    }
    const used = unique(Array.from(venues.type)).sort((a, b) => a - b);
    const isOut = venues.town.includes(-1);
    const wishes = [
      choices('全部类型', '类型', used.map((k) => [types.name[k], types.key[k]]), draw),
      choices('全部镇街', '镇街', paired(towns.name.concat(isOut ? ['区外'] : [])), draw),
      choices('全部对象', '服务对象', paired(unique(kepu.flatten(venues.groups.map(servedBy)))), draw),
    ];
    const field = kepu.el('input');
    field.type = 'search';
    field.placeholder = '名称、地址';
    field.setAttribute('aria-label', '按名称或地址筛选');
    field.addEventListener('input', draw);
    kepu.fill(byId('list-wishes'), wishes.concat(field));
    /* Drawn when it comes into sight, and again when symbols or states have changed. */
    return function () {
      const state = page.store.get();
      if (state.tab !== 'list') return;
      const now = [state.types, venues.id.map((_, v) => page.statusOf(v)).join()].join();
      if (now === drawn) return;
      drawn = now;
      draw();
    };
  };
}(window.kepu = window.kepu || {}));
