/* Search by name or number over towns, venues and places. */
(function (kepu) {
  'use strict';

  const MOST = 12;

  function searchRows(data) {
    const rows = [];
    data.towns.name.forEach((name, t) => rows.push({
      pick: `t:${data.towns.code[t]}`, name, note: '镇街', id: data.towns.code[t],
    }));
    data.venues.name.forEach((name, v) => rows.push({
      pick: `v:${data.venues.id[v]}`, name, note: data.types.name[data.venues.type[v]], id: data.venues.id[v],
    }));
    data.places.name.forEach((name, i) => {
      if (!data.places.shown[i]) return;
      rows.push({
        pick: `p:${data.places.id[i]}`, name, note: data.towns.name[data.places.town[i]], id: data.places.id[i],
      });
    });
    return rows;
  }

  /* Names that begin so come first, then those that hold it; every word must be found. */
  function searchHits(rows, text) {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const hits = rows.filter((row) => {
      const where = `${row.name} ${row.note} ${row.id}`.toLowerCase();
      return words.every((word) => where.includes(word));
    });
    const rank = (row) => (row.name.toLowerCase().startsWith(words[0]) ? 0 : 1);
    return hits.map((row, k) => [rank(row), k, row]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .slice(0, MOST).map((found) => found[2]);
  }

  function hitRow(hit, k, take) {
    const row = kepu.el('li', '', [kepu.el('b', '', hit.name), kepu.el('small', '', hit.note)]);
    row.id = `hit-${k}`;
    row.setAttribute('role', 'option');
    row.addEventListener('mousedown', (event) => {
      event.preventDefault();
      take(k);
    });
    return row;
  }

  kepu.search = function (page) {
    const field = kepu.byId('search');
    const list = kepu.byId('hits');
    const rows = searchRows(page.data);
    let hits = [];
    let at = -1;

    function mark(next) {
      at = next;
      Array.from(list.children).forEach((row, k) => row.setAttribute('aria-selected', String(k === at)));
      if (at >= 0) field.setAttribute('aria-activedescendant', `hit-${at}`);
      else field.removeAttribute('aria-activedescendant');
    }

    function close() {
      list.hidden = true;
      field.setAttribute('aria-expanded', 'false');
      mark(-1);
    }

    function take(k) {
      const hit = hits[k];
      close();
      field.value = hit.name;
      page.focus(hit.pick);
    }

    function show() {
      hits = searchHits(rows, field.value);
      const items = hits.map((hit, k) => hitRow(hit, k, take));
      const isEmpty = field.value.trim() === '';
      kepu.fill(list, items.length || isEmpty ? items : [kepu.el('li', 'none', '没有找到')]);
      list.hidden = isEmpty;
      field.setAttribute('aria-expanded', String(!isEmpty));
      mark(items.length ? 0 : -1);
    }

    field.addEventListener('input', show);
    field.addEventListener('focus', () => { if (field.value) show(); });
    field.addEventListener('blur', close);
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') close();
      if (list.hidden || !hits.length) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        mark((at + step + hits.length) % hits.length);
      }
      if (event.key === 'Enter' && at >= 0) take(at);
    });
  };
}(window.kepu = window.kepu || {}));
