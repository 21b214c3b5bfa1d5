/* The sheet for paper: A4 or A3 landscape with title block, legend, north arrow, scale, sources. */
(function (kepu) {
  'use strict';

  const PX_PER_MM = 96 / 25.4;
  const PAPER_FINENESS = 3;
  const ROWS_IN_COLUMN = 12;
  const { byId } = kepu;

  /* 1 : n of the map at its centre, rounded to two digits. */
  function scaleOf(map) {
    const size = map.getSize();
    const y = size.y / 2;
    const [a, b] = [[0, y], [size.x, y]].map((point) => map.containerPointToLatLng(point));
    const exact = kepu.metres([a.lat, a.lng], [b.lat, b.lng]) / size.x * PX_PER_MM * 1000;
    const unit = Math.pow(10, Math.floor(Math.log10(exact)) - 1);
    return Math.round(exact / unit) * unit;
  }

  const unitText = ({ summary, unit }, k) => (summary[k] === '—' ? '—' : `${summary[k]} ${unit}`);

  function fillSheet(page) {
    const { data, answer } = page;
    const fact = (label) => data.facts.value[data.facts.label.indexOf(label)] || '';
    byId('sheet-title').textContent = data.title;
    byId('sheet-sub').textContent = `${page.view.title}：${kepu.choiceTitle(page)}`;
    byId('sheet-terms').textContent = kepu.choiceText(page);
    const { measure } = page.view;
    const further = measure ? ['全区', '城镇', '乡村'].map((name, k) => [`${name}${measure.name}`, unitText(measure, k)]) : [];
    kepu.fill(byId('sheet-figures'), kepu.rows([
      ...further,
      ['全区覆盖率', kepu.percent(answer.district.share)],
      ['误差范围', kepu.bandText(page).replace('误差范围 ', '')],
      ['城镇', kepu.percent(answer.urban.share)],
      ['乡村', kepu.percent(answer.rural.share)],
      ['未覆盖', kepu.count(answer.district.people - answer.district.covered) + ' 人'],
    ]));
    const rows = data.towns.name.map((name, t) => [name, page.view.townText(t)]);
    byId('sheet-towns').className = rows.length > ROWS_IN_COLUMN ? 'many' : '';
    kepu.fill(byId('sheet-towns'), [
      kepu.rows(rows.slice(0, 2 * ROWS_IN_COLUMN)),
      rows.length > 2 * ROWS_IN_COLUMN ? kepu.el('p', '', `其余 ${rows.length - 2 * ROWS_IN_COLUMN} 个见 coverage.csv`) : '',
    ]);
    kepu.fill(byId('sheet-sources'), [
      ...kepu.sources(data).map((text) => kepu.el('span', '', text)),
      kepu.el('span', '', `坐标系：${fact('坐标系')}`),
      kepu.el('span', '', `分析日期：${fact('分析日期')}；${fact('程序版本')}`),
    ]);
    byId('sheet-scale').textContent = `约 1∶${kepu.count(scaleOf(page.map))}`;
    byId('sheet-review').textContent = kepu.reviewText(data);
    byId('sheet-badge').textContent = data.illustrative ? '示意数据' : '';
  }

  kepu.printing = function (page) {
    const { map } = page;
    const corner = byId('legend-box').parentNode;
    const snap = map.options.zoomSnap;
    let before = null;
    let isOn = false;

    function redraw() {
      map.invalidateSize({ animate: false });
      page.repaint();
    }

    function open(paper) {
      if (!isOn) before = [map.getCenter(), map.getZoom()];
      isOn = true;
      page.store.set({ pick: '' });
      document.body.classList.remove('a3', 'a4');
      document.body.classList.add('paper', paper);
      byId('sheet-legend').append(byId('legend-box'));
      kepu.fineness = PAPER_FINENESS;
      map.options.zoomSnap = 0;
      redraw();
      page.fit(false);
      page.repaint();
      fillSheet(page);
      byId('print-now').focus();
    }

    function close() {
      if (!isOn) return;
      isOn = false;
      document.body.classList.remove('paper', 'a3', 'a4');
      corner.append(byId('legend-box'));
      kepu.fineness = 0;
      map.options.zoomSnap = snap;
      redraw();
      map.setView(before[0], before[1], { animate: false });
      byId('print').focus();
    }

    byId('print').addEventListener('click', () => open('a4'));
    byId('print-a4').addEventListener('click', () => open('a4'));
    byId('print-a3').addEventListener('click', () => open('a3'));
    byId('print-now').addEventListener('click', () => window.print());
    byId('print-close').addEventListener('click', close);
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') close(); });
    map.on('moveend', () => { if (isOn) fillSheet(page); });
  };
}(window.kepu = window.kepu || {}));
