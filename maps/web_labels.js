/* Names on the map: placed greedily, the important first, none upon another. */
(function (kepu) {
  'use strict';

  const PLACE_ZOOM = 12.75;
  const VENUE_ZOOM = 14;
  const MOST_LABELS = 160;
  const MOST_MARKS = 2000;
  const GAP_PX = 3;
  const WIDEST_PX = 180;
  const WIDEST_TOWN_PX = 130;
  /* A town's name that stands farther from its middle would be read as another's. */
  const FARTHEST_PX = 56;

  function measurer(fonts) {
    const ctx = document.createElement('canvas').getContext('2d');
    const widths = new Map();
    return function (text, size) {
      const key = size + text;
      if (!widths.has(key)) {
        ctx.font = `600 ${size}px ${fonts}`;
        widths.set(key, Math.min(WIDEST_PX, Math.ceil(ctx.measureText(text).width)));
      }
      return widths.get(key);
    };
  }

  function overlaps(a, boxes) {
    return boxes.some((b) => a.left < b.right && b.left < a.right
      && a.top < b.bottom && b.top < a.bottom);
  }

  function boxAt(x, y, width, height) {
    return { left: x - GAP_PX, right: x + width + GAP_PX, top: y - 1, bottom: y + height + 1 };
  }

  /* Town names stand where they hide least; each step away from the middle costs a little too. */
  function townSeats({ width, height, point }, marks) {
    const near = marks.filter((m) => Math.abs(m.x - point.x) < 2 * width
      && Math.abs(m.y - point.y) < 3 * height);
    const found = [];
    for (let i = -4; i <= 4; i += 1) {
      for (let j = -4; j <= 4; j += 1) {
        const dx = i / 4 * Math.min(0.8 * width, FARTHEST_PX) - width / 2;
        const dy = (j / 3 - 0.5) * height;
        const hidden = near.filter(({ x, y }) => x > point.x + dx - 4 && y > point.y + dy - 4
          && x < point.x + dx + width + 4 && y < point.y + dy + height + 4).length;
        found.push({ dx, dy, cost: hidden + Math.hypot(i, j) / 6 });
      }
    }
    return found.sort((a, b) => a.cost - b.cost).map(({ dx, dy }) => [dx, dy]);
  }

  /* Where the upper left corner of a label may stand around its point. */
  function seatsAround({ width, height, away }) {
    return [
      [away, -height / 2], [-away - width, -height / 2],
      [-width / 2, -away - height], [-width / 2, away],
    ];
  }

  function seat(label, size, boxes, seats) {
    return seats
      .map(([dx, dy]) => [label.point.x + dx, label.point.y + dy])
      .find(([x, y]) => x > 2 && y > 2 && x + label.width < size.x - 2
        && y + label.height < size.y - 2
        && !overlaps(boxAt(x, y, label.width, label.height), boxes));
  }

  /* Seats of town names keep to their town when the map moves: sought once for each zoom and width. */
  function remembered(marksOf) {
    const known = new Map();
    let zoom = null;
    return function (label, now) {
      if (now !== zoom) known.clear();
      zoom = now;
      const key = `${label.t} ${label.width}`;
      if (!known.has(key)) known.set(key, townSeats(label, marksOf()));
      return known.get(key);
    };
  }

  /* Where things stand on the screen, by number. */
  function pointsOf(map, located) {
    const at = kepu.screen(map, located);
    return (i) => {
      const [x, y] = at(i);
      return { x, y };
    };
  }

  function townLabels({ map, data, view }, towns, measure) {
    const point = pointsOf(map, towns);
    return data.towns.name.map((name, t) => {
      const text = view.townText(t);
      const width = Math.min(WIDEST_TOWN_PX, Math.max(measure(name, 14), measure(text, 12))) + 6;
      return { t, className: 'town', lines: [name, text], point: point(t), width, height: 36, away: 0 };
    });
  }

  /* Labels of what is in view, the first ones of many. */
  function inView(map, { located, names, className, away }, measure) {
    const size = map.getSize();
    const point = pointsOf(map, located);
    return located.order.map((i) => ({ i, point: point(i) }))
      .filter((one) => one.point.x > 0 && one.point.y > 0 && one.point.x < size.x && one.point.y < size.y)
      .slice(0, MOST_LABELS)
      .map((one) => ({
        className, lines: [names[one.i]], point: one.point,
        width: measure(names[one.i], 12) + 6, height: 16, away: away(one.i),
      }));
  }

  /* Names of places, then of the venues that are chosen, from the zoom at which there is room for them. */
  function smallLabels(page, places, venues, measure) {
    const { map, data } = page;
    const zoom = map.getZoom();
    const isUsed = (v) => page.answer.choice.types.includes(data.types.key[data.venues.type[v]]);
    const found = zoom < PLACE_ZOOM ? [] : inView(map, {
      located: places, names: data.places.name, className: 'place', away: (i) => page.radius(i, zoom) + 5,
    }, measure);
    return zoom < VENUE_ZOOM ? found : found.concat(inView(map, {
      located: Object.assign({}, venues, { order: venues.order.filter(isUsed) }),
      names: data.venues.name, className: 'venue', away: () => 11,
    }, measure));
  }

  function put(map, label, [x, y], pane) {
    const element = kepu.el('div', 'kepu-label ' + label.className,
      label.lines.map((line) => kepu.el('span', '', line)));
    element.style.width = label.width + 'px';
    L.DomUtil.setPosition(element, map.containerPointToLayerPoint([Math.round(x), Math.round(y)]));
    pane.append(element);
  }

  kepu.labels = function (page, places, venues) {
    const { map, data, style } = page;
    const measure = measurer(style.fonts);
    const towns = kepu.located({ lat: data.towns.lat, lng: data.towns.lng, n: data.towns.n }, () => 0);
    const townSeatsOf = remembered(() => places.order.slice(0, MOST_MARKS).map(pointsOf(map, places))
      .concat(venues.order.map(pointsOf(map, venues))));
    return function () {
      const pane = map.getPane('kepu-labels');
      pane.textContent = '';
      if (page.isOff('labels')) return;
      const size = map.getSize();
      const small = smallLabels(page, places, venues, measure);
      const circles = small.map(({ point, away }) => boxAt(
        point.x - away + 4, point.y - away + 4, 2 * away - 8, 2 * away - 8));
      const boxes = page.covered();
      townLabels(page, towns, measure).concat(small).forEach((label) => {
        const found = label.away ? seat(label, size, boxes.concat(circles), seatsAround(label))
          : seat(label, size, boxes, townSeatsOf(label, map.getZoom()));
        if (!found) return;
        boxes.push(boxAt(found[0], found[1], label.width, label.height));
        put(map, label, found, pane);
      });
    };
  };
}(window.kepu = window.kepu || {}));
