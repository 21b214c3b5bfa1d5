/* Tabs, layers, the link, the coordinates under the pointer, sources. */
(function (kepu) {
  'use strict';

  const LAYERS = [
    ['shade', '镇街着色'], ['places', '居民点'], ['venues', '所选设施'], ['others', '其他设施'],
    ['roads', '道路与铁路'], ['water', '水系'], ['labels', '地名注记'],
  ];
  const { byId } = kepu;

  kepu.reviewText = function (data) {
    if (data.review) return `审图号：${data.review}`;
    return data.audience === 'public' ? '未取得审图号，送审前不得公开' : '内部使用，未经地图审核';
  };

  kepu.sources = function (data) {
    const rows = data.facts.label.map((label, i) => [label, data.facts.value[i]]).filter(([label]) => label.includes('来源'));
    // the licence of the roads asks to be seen
    const isRoad = ([label]) => Number(label.includes('道路'));
    return rows.sort((a, b) => isRoad(b) - isRoad(a)).map(([label, value]) => `${label.replace('来源', '')}：${value}`);
  };

  kepu.tabs = function (page) {
    const root = byId('tabs');
    const panels = byId('panels');
    kepu.parts().filter((part) => part.tab).forEach((part) => {
      const tab = kepu.button('', part.tab.title, () => {});
      tab.id = `tab-${part.name}`;
      tab.dataset.tab = part.name;
      tab.title = part.tab.english;
      const panel = kepu.el('section');
      panel.id = `panel-${part.name}`;
      tab.setAttribute('aria-controls', panel.id);
      panel.setAttribute('aria-labelledby', tab.id);
      root.insertBefore(tab, root.lastElementChild);
      panels.append(panel);
      part.tab.build(panel, page);
    });
    const all = Array.from(root.children);
    all.forEach((tab) => {
      tab.setAttribute('role', 'tab');
      byId(`panel-${tab.dataset.tab}`).setAttribute('role', 'tabpanel');
      tab.addEventListener('click', () => page.store.set({ tab: tab.dataset.tab }));
    });
    root.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
      next.focus();
      next.click();
    });
    page.tabNames = all.map((tab) => tab.dataset.tab);
    return function () {
      const now = page.store.get().tab;
      all.forEach((tab) => {
        const isOn = tab.dataset.tab === now;
        tab.setAttribute('aria-selected', String(isOn));
        tab.tabIndex = isOn ? 0 : -1;
        byId(`panel-${tab.dataset.tab}`).hidden = !isOn;
      });
    };
  };

  /* The scale, in the reader's words. */
  kepu.scaleBar = function () {
    const Bar = L.Control.Scale.extend({
      _updateMetric(most) {
        const metres = this._getRoundNum(most);
        this._updateScale(this._mScale, metres < 1000 ? `${metres} 米` : `${metres / 1000} 公里`, metres / most);
      },
    });
    return new Bar({ imperial: false, maxWidth: 140, position: 'bottomright' });
  };

  /* A menu that gives way to whatever is done next. */
  function foldAway(menu) {
    document.addEventListener('pointerdown', (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !menu.open) return;
      menu.open = false;
      menu.querySelector('summary').focus();
    });
  }

  kepu.layerMenu = function (page) {
    foldAway(byId('layers').parentNode);
    const rows = page.data.tiles ? LAYERS.concat([['tiles', `在线底图：${page.data.tiles.name}`]]) : LAYERS;
    kepu.fill(byId('layers'), rows.map(([key, name]) => {
      const box = kepu.el('input');
      box.type = 'checkbox';
      box.value = key;
      box.addEventListener('change', () => {
        const { off } = page.store.get();
        page.store.set({ off: box.checked ? off.filter((one) => one !== key) : off.concat(key) });
      });
      return kepu.el('label', '', [box, kepu.el('span', '', name)]);
    }));
    return function () {
      byId('layers').querySelectorAll('input').forEach((box) => { box.checked = !page.isOff(box.value); });
    };
  };

  kepu.link = function (page) {
    byId('link').addEventListener('click', () => kepu.copy(page.address())
      .then(() => kepu.say('链接已复制，打开即为当前画面。')));
  };

  /* Sources and the caveats of map law, always in sight. */
  kepu.notice = function ({ data, store }) {
    const sources = kepu.sources(data);
    kepu.fill(byId('notice'), [
      kepu.el('span', '', [
        data.illustrative ? kepu.el('b', '', '示意数据 · ') : '',
        `${kepu.reviewText(data)} · 示意图，不作为行政区划界线依据 · `,
        kepu.button('link', '全部来源', () => {
          store.set({ tab: 'notes' });
          document.querySelector('.panel').scrollTop = byId('tabs').offsetTop;
          byId('tab-notes').focus();
        }),
      ]),
      sources.length ? kepu.el('span', 'sources', `数据来源：${sources.join('；')}`) : '',
      tileSource(),
    ]);
    byId('notice').title = sources.join('\n');
  };

  function tileSource() {
    const span = kepu.el('span');
    span.id = 'tile-source';
    return span;
  }

  /* What is shown is not the present state: said above the map and on paper. */
  kepu.scenarioNote = function (page) {
    const notes = kepu.parts().map((part) => part.note && part.note(page)).filter(Boolean);
    const field = byId('scenario');
    field.hidden = !notes.length;
    field.textContent = notes.map((one) => one.text).join(' ');
    field.classList.toggle('wrong', notes.some((one) => one.isWrong));
    byId('sheet-scenario').textContent = field.textContent;
  };

  /* A public page has no coordinates to read. */
  kepu.coordinates = function (page) {
    const field = byId('coordinates');
    if (page.data.audience === 'public') {
      field.remove();
      return;
    }
    page.map.on('mousemove', ({ latlng }) => {
      field.textContent = `${latlng.lng.toFixed(5)}°E ${latlng.lat.toFixed(5)}°N WGS 84`;
    });
    page.map.on('mouseout', () => { field.textContent = ''; });
  };

  kepu.constants = function (page) {
    const { data } = page;
    byId('title').textContent = data.title;
    byId('badge').hidden = !data.illustrative;
    byId('review').textContent = kepu.reviewText(data);
    byId('public').hidden = data.audience !== 'public';
    kepu.fill(byId('facts'), kepu.flatten(data.facts.label.map((label, i) => [
      kepu.el('dt', '', label), kepu.el('dd', '', data.facts.value[i]),
    ])));
    const wrong = kepu.unproven(data);
    byId('unproven').hidden = !wrong.length;
    if (wrong.length) {
      byId('unproven').textContent = '本页重新计算的人数与分析结果不一致，请勿使用本页，并重新运行：'
        + wrong.map((one) => one.name).join('、');
    }
  };
}(window.kepu = window.kepu || {}));
