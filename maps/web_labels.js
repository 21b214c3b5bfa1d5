/* Names on the map: placed greedily, the important first, none upon another. */
(function (kepu) {
  'use strict';

  const PLACE_ZOOM = 12.75;
  const MOST_LABELS = 160;
  const GAP_PX = 3;
  const WIDEST_PX = 180;

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
        const dx = (i / 5 - 0.5) * width;
        const dy = (j / 3 - 0.5) * height;
        const hidden = near.filter(({ x, y }) => x > point.x + dx - 4 && y > point.y + dy - 4
          && x < point.x + dx + width + 4 && y < point.y + dy + height + 4).length;
        found.push({ dx, dy, cost: hidden + Math.hypot(i, j) / 6 });
      }
    }
    return found.sort((a, b) => a.cost - b.cost).map(({ dx, dy }) => [dx, dy]);
  }

  /* Where the upper left corner of a label may stand around its point. */
  function seats(label, marks) {
    const { width, height, away } = label;
    return label.away === 0 ? townSeats(label, marks) : [
      [away, -height / 2], [-away - width, -height / 2],
      [-width / 2, -away - height], [-width / 2, away],
    ];
  }

  function seat(label, size, boxes, marks) {
    return seats(label, marks)
      .map(([dx, dy]) => [label.point.x + dx, label.point.y + dy])
      .find(([x, y]) => x > 2 && y > 2 && x + label.width < size.x - 2
        && y + label.height < size.y - 2
        && !overlaps(boxAt(x, y, label.width, label.height), boxes));
  }

  kepu.labels = function (map, data, style, view) {
    const measure = measurer(style.fonts);
    const layer = L.layerGroup();
    const townPoints = kepu.decodePoints(data.towns.label);
    const placePoints = kepu.decodePoints(data.places.at);
    const venuePoints = kepu.decodePoints(data.venues.at);
    const placeOrder = data.places.people.map((_, i) => i)
      .sort((a, b) => data.places.people[b] - data.places.people[a]);

    function townLabels() {
      return townPoints.map((at, t) => {
        const name = data.towns.name[t];
        const share = kepu.percent(view().coverage.towns[t][3]);
        const width = Math.max(measure(name, 14), measure(share, 12)) + 6;
        return {
          className: 'town', lines: [name, share], point: map.latLngToContainerPoint(at),
          width, height: 36, away: 0,
        };
      });
    }

    function placeLabels(size) {
      if (map.getZoom() < PLACE_ZOOM) return [];
      return placeOrder.map((i) => ({
        className: 'place', lines: [data.places.name[i]],
        point: map.latLngToContainerPoint(placePoints[i]),
        width: measure(data.places.name[i], 12) + 6, height: 16,
        away: kepu.radius(data.places.people[i], view().most, map.getZoom()) + 5,
      })).filter(({ point }) => point.x > 0 && point.y > 0 && point.x < size.x && point.y < size.y)
        .slice(0, MOST_LABELS);
    }

    function markPoints() {
      const used = venuePoints.filter((_, v) => view().isUsed[v]);
      return placePoints.concat(used).map((at) => map.latLngToContainerPoint(at));
    }

    function put(label, [x, y], pane) {
      const element = kepu.el('div', 'kepu-label ' + label.className,
        label.lines.map((line) => kepu.el('span', '', line)));
      element.style.width = label.width + 'px';
      L.DomUtil.setPosition(element, map.containerPointToLayerPoint([Math.round(x), Math.round(y)]));
      pane.append(element);
    }

    function draw() {
      const pane = map.getPane('kepu-labels');
      pane.textContent = '';
      if (!map.hasLayer(layer)) return;
      const size = map.getSize();
      const places = placeLabels(size);
      const circles = places.map(({ point, away }) => boxAt(
        point.x - away + 4, point.y - away + 4, 2 * away - 8, 2 * away - 8));
      const marks = markPoints();
      const boxes = [];
      townLabels().concat(places).forEach((label) => {
        const found = seat(label, size, label.away ? boxes.concat(circles) : boxes, marks);
        if (!found) return;
        boxes.push(boxAt(found[0], found[1], label.width, label.height));
        put(label, found, pane);
      });
    }

    layer.on('add remove', draw);
    map.on('moveend zoomend resize', draw);
    return { layer, draw };
  };
}(window.kepu = window.kepu || {}));
