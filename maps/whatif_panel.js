/* The tab of scenarios: what was changed, who gains and loses, and the lists to choose from. */
(function (kepu) {
  'use strict';

  const MOST_ROWS = 60;
  const MOST_NAMES = 4;

  kepu.siteName = function (page, one) {
    if (one.venue >= 0) return page.data.venues.name[one.venue];
    return page.blocks.whatif.spots.name[one.spot];
  };

  function noteOf(page, one) {
    const { spots, names } = page.blocks.whatif;
    if (one.venue >= 0) return kepu.STATUSES[page.data.venues.status[one.venue]];
    return `${spots.host[one.spot] < 0 ? '新增' : '加挂'}${names[one.type]}`;
  }

  const ORIGINS = [['file', '候选表'], ['place', '居民点'], ['host', '可加挂的场所']];

  /* Which spots are offered: a planner must not take a part of them for all. */
  kepu.whatifOffer = function ({ blocks: { whatif: { spots } } }) {
    const parts = ORIGINS.map(([origin, name]) => [name, spots.origin.filter((one) => one === origin).length])
      .filter(([, count]) => count).map(([name, count]) => `${name} ${kepu.count(count)} 处`);
    const all = parts.length ? `新设点：${parts.join('、')}` : '没有可新设的点';
    const rest = spots.left ? `；候选共 ${kepu.count(spots.id.length + spots.left)} 处，本页只载人口最多的，`
      + '其余请用 kepu whatif 或 kepu sites。' : '。';
    return `候选、拟建、停用的设施可启用。${all}${rest}`;
  };

  function named(page, word, all) {
    const names = all.map((one) => kepu.siteName(page, one));
    const text = names.slice(0, MOST_NAMES).join('、') + (names.length > MOST_NAMES ? `等 ${names.length} 处` : '');
    return names.length ? `${word}${text}` : '';
  }

  /* What is opened, added and closed, in words. */
  function told(page) {
    const known = (codes) => codes.map((code) => kepu.whatif.meaning(page.data, page.blocks.whatif, code)).filter(Boolean);
    const { open, close } = page.store.get();
    const { host } = page.blocks.whatif.spots;
    const opened = known(open);
    return [
      named(page, '启用', opened.filter((one) => one.venue >= 0)),
      named(page, '新设于', opened.filter((one) => one.venue < 0 && host[one.spot] < 0)),
      named(page, '加挂于', opened.filter((one) => one.venue < 0 && host[one.spot] >= 0)),
      named(page, '关闭', known(close)),
    ];
  }

  /* What stands above every map and on every print while something is changed. */
  kepu.whatifNote = function (page) {
    const { open, close } = page.store.get();
    if (!open.length && !close.length) return null;
    const why = kepu.whatif.problem(page.data, page.blocks.whatif, page.answer.choice);
    if (why) return { text: `图和数字是现状，推演没有计入：${why}`, isWrong: true };
    const unknown = kepu.whatif.unknown(page.data, page.blocks.whatif, page.store.get()).length;
    const texts = told(page);
    if (page.answer === page.plain) texts.push('对本标准没有影响');
    if (page.view.measure && page.view.measure.key !== 'access') texts.push(`${page.view.measure.name}仍是现状，不随推演改变`);
    if (page.answer.found.told) texts.push(`本页载有 ${kepu.minutes(page.answer.found.told)} 分钟以内的时间，更长的不作数`);
    if (unknown) texts.push(`${unknown} 处在本页找不到，没有计入`);
    return { text: `推演方案，不是现状：${texts.filter(Boolean).join('；')}`, isWrong: unknown > 0 };
  };

  function cell(label, english, value, className) {
    return kepu.el('div', className, [kepu.el('span', '', [label, ' ', kepu.english(english)]), kepu.el('b', '', value)]);
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
        cell('新覆盖', 'Gained', `${kepu.count(district.gained)} 人`, 'gain'),
        cell('失去覆盖', 'Lost', `${kepu.count(district.lost)} 人`, 'loss'),
        cell('现状', 'Now', kepu.percent(plain.district.share), ''),
        cell('推演后', 'Then', kepu.percent(answer.district.share), ''),
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
      tick, kepu.el('span', '', kepu.siteName(page, one)), kepu.el('small', '', noteOf(page, one)),
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
    const { choice, limit } = answer;
    const left = kepu.whatif.leftOut(answer);
    const open = page.store.get().open;
    const table = kepu.whatif.tableOf(blocks.whatif, choice.mode, choice.group);
    const all = kepu.whatif.candidates(data, blocks.whatif, choice).filter((one) => !open.includes(one.code));
    all.forEach((one) => { one.people = kepu.whatif.gain(table, one.site, left, limit); });
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
      if (!one) {
        return kepu.el('li', '', [kepu.el('span', 'bad', `${code}：本页没有，未计入`),
          kepu.el('span', 'number', kepu.button('link', '撤销', () => remove(key, code)))]);
      }
      const back = kepu.button('link', '撤销', () => remove(key, code));
      const other = page.answer.choice.types.includes(one.type) ? '' : '（其他标准）';
      return kepu.el('li', '', [kepu.el('span', '', `${word} ${kepu.siteName(page, one)}${other}`),
        kepu.el('small', '', noteOf(page, one)), kepu.el('span', 'number', back)]);
    }));
    const rows = kepu.flatten(told);
    kepu.fill(zone, rows.length ? rows : [kepu.el('p', '', '把候选点拖到这里，或在下面勾选、在地图上点选。')]);
  };
}(window.kepu = window.kepu || {}));
