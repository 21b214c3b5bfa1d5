/* The legend: the classes of what is shown, drawn with the map's own symbols. */
(function (kepu) {
  'use strict';

  const SIDE = 18;

  function item(symbol, text) {
    return kepu.el('li', '', [symbol, kepu.el('span', '', text)]);
  }

  function block(title, english, items, className) {
    if (!items.length) return '';
    return kepu.el('div', className || '', [
      kepu.el('h3', '', [title, kepu.english(english)]), kepu.el('ul', '', items),
    ]);
  }

  function patch(colour) {
    const canvas = kepu.swatch((ctx, x, y) => {
      ctx.fillStyle = colour;
      ctx.fillRect(1, 3, 2 * x - 2, 2 * y - 6);
      ctx.strokeStyle = '#7d6c80';
      ctx.strokeRect(1, 3, 2 * x - 2, 2 * y - 6);
    }, {}, SIDE);
    return canvas;
  }

  /* Isochrones as they lie one upon the other, the widest lowest. */
  function rings(page) {
    const all = page.catchment === null ? [] : kepu.ringsOf(page, page.catchment);
    const shades = all.map((_, k) => kepu.ringShade(page.style, all.length, k));
    return all.map((one, k) => item(kepu.swatch((ctx, x, y) => {
      shades.slice(0, k + 1).forEach((shade) => {
        ctx.globalAlpha = kepu.RING_ALPHA;
        ctx.fillStyle = shade;
        ctx.fillRect(1, 3, 2 * x - 2, 2 * y - 6);
      });
      ctx.globalAlpha = 1;
      ctx.strokeStyle = '#175a96';
      ctx.strokeRect(1, 3, 2 * x - 2, 2 * y - 6);
    }, {}, SIDE), `≤ ${kepu.short(one.minutes)} 分`)).reverse();
  }

  function unclassedText({ measure }, { found }) {
    if (measure) return '无数值';
    return found.told ? `超过 ${kepu.minutes(found.told)} 分或未到达` : '未到达';
  }

  function places(page) {
    const { view, style, answer } = page;
    const dot = (look) => kepu.swatch(kepu.drawPlace, Object.assign({ radius: 5.5, edge: '#fff' }, look), SIDE);
    const items = view.dotTexts.map((text, k) => item(dot({
      fill: view.dots[k],
      edge: view.dots[k] === style.dots[0] || view.dots[k] === style.dots[1] ? style.withinEdge : '#fff',
    }), text));
    if (view.classes.includes(kepu.UNCLASSED)) {
      const look = areSpecks(page) ? { fill: style.ink } : { fill: style.unreached, edge: style.ink, isCrossed: true };
      items.push(item(dot(look), unclassedText(view, answer)));
    }
    if (answer.choice.area !== 'all') items.push(item(dot({ radius: 4, fill: style.notMeant }), '不适用'));
    return block(view.placeTitle, view.placeEnglish, items);
  }

  function niceSizes(most) {
    const unit = Math.pow(10, Math.floor(Math.log10(Math.max(most, 10))));
    const top = [5, 2, 1].map((n) => n * unit).find((n) => n <= most) || unit;
    return [top, top / 10].filter((n) => n >= 1);
  }

  /* Whether even the largest place is a speck: then area tells nothing, and no cross is seen. */
  const areSpecks = (page) => page.sizeOf(page.most, page.map.getZoom()) <= kepu.SPECK_PX;

  function sizes(page) {
    const zoom = page.map.getZoom();
    if (areSpecks(page)) return [];
    return niceSizes(page.most).map((people) => item(kepu.swatch(kepu.drawPlace, {
      radius: Math.min(12.5, page.sizeOf(people, zoom)), fill: '#c3c9d0', edge: page.style.ink,
    }, 28), kepu.count(people) + ' 人'));
  }

  function venues({ data, style, answer }) {
    const items = answer.choice.types.map((key, order) => {
      const at = data.types.key.indexOf(key);
      const look = Object.assign(kepu.venueSymbol(style, order), { status: 'open', size: 5 });
      return item(kepu.swatch(kepu.drawVenue, look, SIDE), at < 0 ? key : data.types.name[at]);
    });
    items.push(item(kepu.swatch(kepu.drawVenue,
      { shape: 2, status: 'open', size: 3.6, colour: style.venueOther }, SIDE), '其他设施'));
    return items;
  }

  const furtherOf = (page) => kepu.parts().map((part) => part.legend && part.legend(page)).filter(Boolean);

  const seenStatuses = (page) => new Set(page.data.venues.status.map((_, v) => page.statusOf(v)));

  function statuses(page) {
    const { style } = page;
    const seen = seenStatuses(page);
    return Object.keys(kepu.STATUSES).filter((name) => seen.has(name)).map((status) => item(
      kepu.swatch(kepu.drawVenue, { shape: 0, status, size: 5, colour: style.venueTypes[0] }, SIDE),
      kepu.STATUSES[status]));
  }

  /* All that the legend tells, to leave it alone while that stays the same. */
  function toldBy(page) {
    const { view, answer, map } = page;
    return JSON.stringify([
      view.title, view.townItems, view.placeTitle, view.dots, view.dotTexts, answer.choice.types, answer.choice.area,
      view.classes.includes(kepu.UNCLASSED), answer.found.told, Array.from(seenStatuses(page)), furtherOf(page), map.getZoom(),
      page.catchment === null ? [] : kepu.ringsOf(page, page.catchment).map((one) => one.minutes),
    ]);
  }

  let told = '';

  kepu.legend = function (page) {
    const { view } = page;
    const now = toldBy(page);
    if (now === told) return;
    told = now;
    const towns = view.townItems.map(([fill, text]) => item(patch(fill), text));
    kepu.fill(kepu.byId('legend'), [
      block(view.title, view.english, towns),
      places(page),
      block('等时圈', 'Isochrones', rings(page), 'line'),
      block('圆面积：人口', 'Area: people', sizes(page), 'line'),
      block('设施', 'Venues', venues(page), 'wide'),
      block('状态', 'Status', statuses(page), 'line'),
      ...furtherOf(page).map(({ title, english, items }) => block(title, english,
        items.map(([look, text]) => item(kepu.swatch(kepu.drawVenue, look, SIDE), text)), 'line')),
    ]);
    kepu.byId('legend').classList.toggle('many', page.answer.choice.types.length > 3);
  };
}(window.kepu = window.kepu || {}));
