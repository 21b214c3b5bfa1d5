/* The legend: the classes of the standard that is shown, drawn with the map's own symbols. */
(function (kepu) {
  'use strict';

  const SIDE = 18;

  function item(symbol, text) {
    return kepu.el('li', '', [symbol, kepu.el('span', '', text)]);
  }

  function block(title, english, items, className) {
    return kepu.el('div', className || '', [
      kepu.el('h3', '', [title, kepu.english(english)]),
      kepu.el('ul', '', items),
    ]);
  }

  function patch(colour) {
    const element = kepu.el('i', 'patch');
    element.style.backgroundColor = colour;
    return element;
  }

  function short(number) {
    return String(Number(number.toFixed(2)));
  }

  function towns(view) {
    const { shareEdges, shareFills } = view.standard;
    const texts = shareFills.map((_, i) => {
      const low = i ? kepu.goalText(shareEdges[i - 1]) : '';
      const high = i < shareEdges.length ? kepu.goalText(shareEdges[i]) : '';
      if (!high) return low ? `≥ ${low}（达标）` : '全部达标';
      return low ? `${low.replace('%', '')}–${high}` : `< ${high}`;
    });
    return block('镇街覆盖率', 'Share covered', texts
      .map((text, i) => item(patch(shareFills[i]), text)).reverse());
  }

  function placeTexts(edges) {
    return edges.map((edge, i) => (i ? `${short(edges[i - 1])}–${short(edge)}` : `≤ ${short(edge)}`))
      .concat(`> ${short(edges[edges.length - 1])}`);
  }

  function places(view, style) {
    const look = { radius: 6, ink: style.ink };
    const items = placeTexts(view.standard.minuteEdges).map((text, i) => item(
      kepu.swatch(kepu.drawPlace, Object.assign({}, look, { fill: style.minuteFills[i] }), SIDE),
      text + (i === 1 ? ' 分（时限）' : ' 分'),
    ));
    const unreached = Object.assign({}, look, { fill: style.unreached, isCrossed: true });
    const flagged = { radius: 5, fill: style.minuteFills[3], ring: style.flag };
    items.push(item(kepu.swatch(kepu.drawPlace, unreached, SIDE), '未到达'));
    items.push(item(kepu.swatch(kepu.drawPlace, flagged, SIDE), '需关注'));
    if (view.reach.reason.includes(kepu.NOT_MEANT)) {
      const other = { radius: 4, fill: style.notMeant, ink: style.ink };
      items.push(item(kepu.swatch(kepu.drawPlace, other, SIDE), '不适用'));
    }
    return block('居民点最短时间', 'Minutes', items);
  }

  function niceSizes(most) {
    const unit = Math.pow(10, Math.floor(Math.log10(Math.max(most, 10))));
    const top = [5, 2, 1].map((n) => n * unit).find((n) => n <= most) || unit;
    return [top, top / 10].filter((n) => n >= 1);
  }

  function sizes(view, style) {
    const look = { fill: '#9aa5b1', ink: style.ink };
    return niceSizes(view.most).map((people) => {
      const radius = kepu.radius(people, view.most, 11);
      const symbol = kepu.swatch(kepu.drawPlace, Object.assign({ radius }, look), 26);
      return item(symbol, kepu.count(people) + ' 人');
    });
  }

  function venues(view, style) {
    const { types } = view.data.venues;
    const names = view.standard.type_names.split('、');
    const items = view.standard.types.map((key, order) => {
      const at = types.key.indexOf(key);
      const missing = names.length === view.standard.types.length ? names[order] : key;
      return item(kepu.swatch(kepu.drawVenue, {
        shape: order, status: 'open', size: 5, colour: style.venueTypes[order % style.venueTypes.length],
      }, SIDE), at < 0 ? missing : types.name[at]);
    });
    items.push(item(kepu.swatch(kepu.drawVenue,
      { shape: 2, status: 'open', size: 3.6, colour: style.venueOther }, SIDE), '其他设施'));
    return items;
  }

  function statuses(view, style) {
    const seen = new Set(view.data.venues.status);
    return Object.keys(kepu.STATUSES).filter((name) => seen.has(name)).map((status) => item(
      kepu.swatch(kepu.drawVenue, { shape: 0, status, size: 5, colour: style.venueTypes[0] }, SIDE),
      kepu.STATUSES[status],
    ));
  }

  kepu.legend = function (view, style) {
    kepu.fill(document.getElementById('legend'), [
      kepu.el('div', '', [
        towns(view), block('圆面积：人口', 'Area: people', sizes(view, style)),
      ]),
      places(view, style),
      block('设施类型', 'Venues', venues(view, style), 'row'),
      block('设施状态', 'Status', statuses(view, style), 'row'),
    ]);
  };
}(window.kepu = window.kepu || {}));
