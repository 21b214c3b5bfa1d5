/* How times are spread: histogram of people by minutes, urban and rural; Lorenz curves. */
(function (kepu) {
  'use strict';

  const BOX = { width: 330, height: 178, left: 44, right: 8, top: 10, bottom: 34 };
  const STEPS = 12;
  const { svg } = kepu;

  function frame(label) {
    return svg('svg', {
      viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: 'img', 'aria-label': label, class: 'chart',
    });
  }

  const across = (part) => BOX.left + part * (BOX.width - BOX.left - BOX.right);
  const up = (part) => BOX.height - BOX.bottom - part * (BOX.height - BOX.top - BOX.bottom);

  function text(x, y, content, anchor) {
    return svg('text', { x, y, 'text-anchor': anchor || 'middle' }, content);
  }

  function line(x1, y1, x2, y2, className) {
    return svg('line', { x1, y1, x2, y2, class: className });
  }

  function niceTop(most) {
    const unit = Math.pow(10, Math.floor(Math.log10(Math.max(1, most))));
    return [1, 2, 2.5, 5, 10].map((n) => n * unit).find((n) => n >= most);
  }

  function axis(picture, top, format) {
    [0, 0.5, 1].forEach((part) => {
      picture.append(line(across(0), up(part), across(1), up(part), 'grid'),
        text(BOX.left - 5, up(part) + 4, format(part * top), 'end'));
    });
  }

  function histogram(page) {
    const { answer, data } = page;
    const step = Math.round(answer.choice.minutes * kepu.TICKS_PER_MINUTE / 4);
    const bins = kepu.histogram(data, answer, step, STEPS);
    const top = niceTop(Math.max(...bins.map((bin) => bin.urban + bin.rural)));
    const picture = frame('人口按最短时间的分布，分城镇与乡村');
    axis(picture, top, (value) => (top >= 20000 && value ? `${kepu.short(value / 10000)}万` : kepu.count(value)));
    const width = 1 / bins.length;
    bins.forEach((bin, k) => {
      [['urban', 0], ['rural', bin.urban]].forEach(([name, below]) => {
        const height = up(below / top) - up((below + bin[name]) / top);
        picture.append(svg('rect', {
          x: across(k * width) + 1, y: up((below + bin[name]) / top), height,
          width: across(width) - across(0) - 2, class: `${name} ${k >= STEPS ? 'last' : ''}`,
        }, svg('title', {}, `${name === 'urban' ? '城镇' : '乡村'} ${kepu.count(bin[name])} 人`)));
      });
    });
    [0, 4, 8].forEach((k) => picture.append(text(across(k * width), BOX.height - 20,
      kepu.short(answer.choice.minutes * k / 4))));
    picture.append(text(across((STEPS + 0.5) * width) - 3, BOX.height - 20, '更久'),
      text(across((STEPS + 1.5) * width) + 2, BOX.height - 20, '未达'),
      line(across(4 * width), up(0), across(4 * width), up(1), 'limit'),
      text(across(4 * width) + 4, up(1) + 10, '时限', 'start'),
      text(across(0.5), BOX.height - 4, '到最近设施的时间（分钟）'));
    return picture;
  }

  function curve(points, className) {
    return svg('polyline', {
      points: points.map(([x, y]) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`).join(' '),
      class: className,
    });
  }

  function lorenz(page) {
    const { answer, data } = page;
    const of = (isIn) => kepu.lorenz(kepu.sorted(answer.found.ticks, answer.weights, isIn));
    const all = of(() => true);
    const urban = of((i) => !data.places.rural[i]);
    const rural = of((i) => Boolean(data.places.rural[i]));
    const picture = frame('出行时间的洛伦兹曲线');
    axis(picture, 1, (value) => `${Math.round(100 * value)}%`);
    picture.append(line(across(0), up(0), across(1), up(1), 'equal'),
      curve(urban.points, 'urban'), curve(rural.points, 'rural'), curve(all.points, 'all'),
      text(across(0), BOX.height - 20, '0%'), text(across(1), BOX.height - 20, '100%', 'end'),
      text(across(0.5), BOX.height - 4, '人口累计（由近到远）— 出行时间累计'));
    const gini = (one) => (one.gini === null ? '—' : one.gini.toFixed(3));
    return [picture, kepu.el('p', 'keys', [
      kepu.el('span', 'key all', `全区 基尼 ${gini(all)}`),
      kepu.el('span', 'key urban', `城镇 ${gini(urban)}`),
      kepu.el('span', 'key rural', `乡村 ${gini(rural)}`),
    ])];
  }

  kepu.charts = function (page) {
    const root = kepu.byId('charts');
    if (page.store.get().tab !== 'spread') return;
    if (!page.answer.weights) {
      kepu.fill(root, kepu.el('p', 'basis', '公开版不提供该人群的分布。'));
      return;
    }
    const unreached = page.answer.weights.reduce((sum, people, i) => sum
      + (page.answer.found.ticks[i] === kepu.UNREACHED ? people : 0), 0);
    kepu.fill(root, [
      kepu.el('h3', '', ['最短时间分布', kepu.english('People by minutes')]),
      histogram(page),
      kepu.el('p', 'keys', [kepu.el('span', 'key urban', '城镇'), kepu.el('span', 'key rural', '乡村')]),
      kepu.el('h3', '', ['洛伦兹曲线', kepu.english('Lorenz curve of travel time')]),
      ...lorenz(page),
      kepu.el('p', 'basis', `未到达的 ${kepu.count(unreached)} 人不在洛伦兹曲线内。曲线越弯，出行时间在人口间越不均。`),
    ]);
  };
}(window.kepu = window.kepu || {}));
