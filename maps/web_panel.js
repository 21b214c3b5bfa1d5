/* The panel: the standard, the headline, the towns, the flags and the sources. */
(function (kepu) {
  'use strict';

  const byId = (id) => document.getElementById(id);

  function bar(share, goal) {
    const isMet = share !== null && share >= goal;
    const body = kepu.el('i', isMet ? 'full' : 'short');
    body.style.width = 100 * (share || 0) + '%';
    const tick = kepu.el('b', '');
    tick.style.left = 100 * goal + '%';
    const track = kepu.el('span', 'bar', [body, tick]);
    track.setAttribute('aria-hidden', 'true');
    return track;
  }

  function terms(view) {
    const { standard } = view;
    kepu.fill(byId('terms'), [
      `${kepu.MODES[standard.mode] || standard.mode} ≤ ${standard.minutes} 分钟`,
      `目标 ${kepu.goalText(standard.goal)}`,
      `人口口径：${view.groupName}`,
    ].map((text) => kepu.el('span', '', text)));
    byId('uses').textContent = `设施：${standard.type_names}`;
    byId('basis').textContent = `依据：${standard.basis}`;
  }

  function figure(label, value, note) {
    return kepu.el('div', 'figure', [
      kepu.el('span', 'label', label),
      kepu.el('span', 'value', value),
      kepu.el('span', 'note', note),
    ]);
  }

  function gap(urban, rural) {
    if (urban === null || rural === null) return '—';
    const tenths = kepu.percentTenths(urban) - kepu.percentTenths(rural);
    return (tenths > 0 ? '+' : '') + (tenths / 10).toFixed(1).replace('-', '−');
  }

  function headline(view) {
    const { goal } = view.standard;
    const [people, covered, apart, share] = view.coverage.district;
    const urban = view.coverage.urban[3];
    const rural = view.coverage.rural[3];
    const isMet = share !== null && share >= goal;
    kepu.fill(byId('headline'), [
      kepu.el('div', 'main', [
        kepu.el('strong', 'big', kepu.percent(share)),
        kepu.el('div', '', [
          kepu.el('span', 'label', ['全区覆盖率', kepu.english('District')]),
          kepu.el('span', 'verdict ' + (isMet ? 'good' : 'bad'),
            `${kepu.verdict(share, goal)}（目标 ${kepu.goalText(goal)}）`),
        ]),
      ]),
      bar(share, goal),
      kepu.el('div', 'figures', [
        figure('城镇', kepu.percent(urban), 'Urban'),
        figure('乡村', kepu.percent(rural), 'Rural'),
        figure('城乡差距', gap(urban, rural), '百分点'),
        figure('未覆盖', kepu.count(people - covered), '人'),
        figure('未接入路网', kepu.count(apart), '人'),
      ]),
    ]);
  }

  function townRow(view, t, onTown) {
    const [people, , , share] = view.coverage.towns[t];
    const { goal } = view.standard;
    const name = kepu.el('button', 'link', view.data.towns.name[t]);
    name.type = 'button';
    name.addEventListener('click', () => onTown(t));
    const isMet = share !== null && share >= goal;
    return kepu.el('tr', '', [
      kepu.rowHead(name),
      kepu.el('td', 'number', kepu.count(people)),
      kepu.el('td', 'share', [bar(share, goal), kepu.el('span', 'number', kepu.percent(share))]),
      kepu.el('td', 'met ' + (isMet ? 'good' : 'bad'), kepu.verdict(share, goal)),
    ]);
  }

  function towns(view, onTown) {
    const share = (t) => {
      const found = view.coverage.towns[t][3];
      return found === null ? Infinity : found;
    };
    const order = view.data.towns.code.map((_, t) => t).sort((a, b) => share(a) - share(b) || a - b);
    kepu.fill(byId('towns'), order.map((t) => townRow(view, t, onTown)));
  }

  function flags(view, onPlace, onTown) {
    const { data } = view;
    byId('flag-count').textContent = `${view.flags.length} 处`;
    const items = view.flags.map((flag) => {
      const isTown = flag.kind === 'town';
      const name = (isTown ? data.towns : data.places).name[flag.at];
      const town = isTown ? '镇街' : data.towns.name[data.places.town[flag.at]];
      const button = kepu.el('button', '', [
        kepu.el('b', '', name), kepu.el('small', '', town), kepu.el('span', '', flag.sentence),
      ]);
      button.type = 'button';
      button.addEventListener('click', () => (isTown ? onTown : onPlace)(flag.at));
      return kepu.el('li', '', button);
    });
    kepu.fill(byId('flags'), items.length ? items : [kepu.el('li', 'none', '本标准下没有需关注的地点。')]);
  }

  kepu.reviewText = function (data) {
    return data.review ? `审图号：${data.review}` : '内部使用，未经地图审核';
  };

  /* What never changes while the page is open. */
  kepu.panel = function (data, onStandard) {
    byId('title').textContent = data.title;
    byId('badge').hidden = !data.illustrative;
    byId('review').textContent = kepu.reviewText(data);
    kepu.fill(byId('facts'), kepu.flatten(data.facts.label.map((label, i) => [
      kepu.el('dt', '', label), kepu.el('dd', '', data.facts.value[i]),
    ])));
    const select = byId('standard');
    kepu.fill(select, data.standards.name.map((name, k) => {
      const option = kepu.el('option', '', name);
      option.value = String(k);
      return option;
    }));
    select.addEventListener('change', () => onStandard(Number(select.value)));
    byId('wait').remove();
  };

  kepu.showPanel = function (view, style, onPlace, onTown) {
    terms(view);
    headline(view);
    kepu.legend(view, style);
    towns(view, onTown);
    flags(view, onPlace, onTown);
  };
}(window.kepu = window.kepu || {}));
