/* The tab of scenarios: what was changed, who gains and loses, and the lists to choose from. */
(function (kepu) {
  'use strict';

  const MOST_ROWS = 60;

  kepu.siteName = function (page, one) {
    if (one.venue >= 0) return page.data.venues.name[one.venue];
    return page.data.places.name[page.blocks.whatif.sites.place[one.site]];
  };

  function noteOf(page, one) {
    if (one.venue < 0) return `新增${page.blocks.whatif.names[one.type]}`;
    return kepu.STATUSES[page.data.venues.status[one.venue]];
  }

  function cell(label, value, className) {
    return kepu.el('div', className, [kepu.el('span', '', label), kepu.el('b', '', value)]);
  }

  function signed(people) {
    return (people > 0 ? '+' : people < 0 ? '−' : '') + kepu.count(Math.abs(people));
  }

  kepu.whatifFigures = function (page, box) {
    const { plain, answer } = page;
    const { district, towns } = kepu.whatif.moved(page.data, plain, answer);
    const rows = page.data.towns.name.map((name, t) => [name, towns[t]])
      .filter(([, one]) => one.gained || one.lost);
    kepu.fill(box, [
      kepu.el('div', 'figures-now', [
        cell('新覆盖 Gained', `${kepu.count(district.gained)} 人`, 'gain'),
        cell('失去覆盖 Lost', `${kepu.count(district.lost)} 人`, 'loss'),
        cell('现状 Now', kepu.percent(plain.district.share), ''),
        cell('推演后 Then', kepu.percent(answer.district.share), ''),
      ]),
      kepu.el('p', 'basis', '地图上 ▲ 新覆盖，◆ 失去覆盖；人数为本标准所指人群。'),
      rows.length ? kepu.el('table', '', [
        kepu.el('thead', '', kepu.el('tr', '', ['镇街', '新覆盖', '失去', '净增'].map((text, i) => {
          const head = kepu.el('th', i ? 'number' : '', text);
          head.scope = 'col';
          return head;
        }))),
        kepu.el('tbody', '', rows.map(([name, one]) => kepu.el('tr', '', [
          kepu.rowHead(name), kepu.el('td', 'number', kepu.count(one.gained)),
          kepu.el('td', 'number', kepu.count(one.lost)), kepu.el('td', 'number', signed(one.gained - one.lost)),
        ]))),
      ]) : '',
    ]);
  };

  function item(page, one, text, isOn, toggle) {
    const tick = kepu.el('input', '');
    tick.type = 'checkbox';
    tick.checked = isOn;
    tick.addEventListener('change', () => toggle(one));
    const row = kepu.el('li', '', kepu.el('label', '', [
      tick, kepu.el('span', '', kepu.siteName(page, one)), kepu.english(noteOf(page, one)),
      kepu.el('span', 'number', text),
    ]));
    row.draggable = true;
    row.addEventListener('dragstart', (event) => {
      event.dataTransfer.setData('text/plain', one.code);
      event.dataTransfer.effectAllowed = 'copy';
    });
    return row;
  }

  function shown(page, all, words, text) {
    const found = all.filter((one) => !words || kepu.siteName(page, one).includes(words));
    const rows = found.slice(0, MOST_ROWS).map(text);
    if (found.length > MOST_ROWS) rows.push(kepu.el('li', '', `另有 ${found.length - MOST_ROWS} 处，请输入名称查找`));
    return rows.length ? rows : [kepu.el('li', '', '没有')];
  }

  /* Sites that are not open, those first that would cover most. */
  kepu.whatifCandidates = function (page, list, words, toggle) {
    const { data, answer, blocks } = page;
    const { choice, limit, weights, found } = answer;
    const open = page.store.get().open;
    const table = kepu.whatif.tableOf(blocks.whatif, choice.mode, choice.group);
    const all = kepu.whatif.candidates(data, blocks.whatif, choice).filter((one) => !open.includes(one.code));
    all.forEach((one) => { one.people = kepu.whatif.gain(table, one.site, found.ticks, weights, limit); });
    all.sort((a, b) => b.people - a.people || a.site - b.site);
    kepu.fill(list, shown(page, all, words, (one) => item(page, one, `+${kepu.count(one.people)} 人`, false, toggle)));
  };

  /* Open venues, those first that nobody would miss. */
  kepu.whatifVenues = function (page, list, words, toggle) {
    const { data, answer, blocks } = page;
    const state = page.store.get();
    const all = kepu.whatif.onlyTheirs(data, blocks.whatif, answer, state).map(({ venue, people }) => Object.assign(
      kepu.whatif.meaning(data, blocks.whatif, data.venues.id[venue]), { people },
    ));
    all.sort((a, b) => a.people - b.people || a.venue - b.venue);
    kepu.fill(list, shown(page, all, words, (one) => item(page, one, `−${kepu.count(one.people)} 人`, true, toggle)));
  };

  /* What was changed, each with a way back. */
  kepu.whatifEdits = function (page, zone, remove) {
    const state = page.store.get();
    const told = [['启用', 'open'], ['关闭', 'close']].map(([word, key]) => state[key].map((code) => {
      const one = kepu.whatif.meaning(page.data, page.blocks.whatif, code);
      if (!one) return '';
      const back = kepu.button('link', '撤销', () => remove(key, code));
      const other = page.answer.choice.types.includes(one.type) ? '' : '（其他标准）';
      return kepu.el('li', '', [kepu.el('span', '', `${word} ${kepu.siteName(page, one)}${other}`),
        kepu.english(noteOf(page, one)), kepu.el('span', 'number', back)]);
    }));
    const rows = kepu.flatten(told);
    kepu.fill(zone, rows.length ? rows : [kepu.el('p', '', '把候选点拖到这里，或在下面勾选、在地图上点选。')]);
  };
}(window.kepu = window.kepu || {}));
