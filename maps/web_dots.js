/* Places and venues: one canvas, whatever their number, and what lies under the pointer. */
(function (kepu) {
  'use strict';

  const LARGEST_PX = 13;
  const SMALLEST_PX = 4.2;
  const CROWDED = 0.1;
  const NEAR_PX = 4;

  function grown(zoom, rate) {
    return 1 + rate * Math.max(0, Math.min(zoom, 16) - 11);
  }

  /* Circles by area of people, and so small that together they leave most of the map free. */
  kepu.sizes = function (people, most, areaPx) {
    const sum = people.reduce((all, n) => all + n, 0) / Math.max(1, most);
    const full = Math.PI * LARGEST_PX * LARGEST_PX * sum;
    const largest = LARGEST_PX * Math.min(1, Math.sqrt(CROWDED * areaPx / Math.max(1, full)));
    const smallest = Math.min(SMALLEST_PX, 0.4 * largest);
    return (n, zoom) => Math.max(smallest, largest * Math.sqrt(n / Math.max(1, most))) * grown(zoom, 0.22);
  };

  kepu.venueLook = function (page, v, zoom) {
    const { venues, types } = page.data;
    const order = page.answer.choice.types.indexOf(types.key[venues.type[v]]);
    const isUsed = order >= 0;
    const { venueTypes, venueOther } = page.style;
    return {
      isUsed,
      shape: isUsed ? order : 2,
      status: page.statusOf(v),
      colour: isUsed ? venueTypes[order % venueTypes.length] : venueOther,
      size: (isUsed ? 3.1 : 2.2) * grown(zoom, 0.24),
    };
  };

  kepu.placeLook = function (page, i, zoom) {
    const { style, view } = page;
    const found = view.classes[i];
    const base = { radius: page.radius(i, zoom), edge: '#fff', fill: style.notMeant };
    if (found === kepu.UNCLASSED) return Object.assign(base, { fill: style.unreached, edge: style.ink, isCrossed: true });
    if (found === kepu.OTHER) return base;
    return Object.assign(base, {
      fill: view.dots[found],
      edge: view.dots[found] === style.dots[0] || view.dots[found] === style.dots[1] ? style.withinEdge : '#fff',
    });
  };

  function inView({ min, max }, x, y, margin) {
    return x > min.x - margin && x < max.x + margin && y > min.y - margin && y < max.y + margin;
  }

  /* World coordinates and drawing order, once. */
  kepu.located = function (frame, weight) {
    const order = Array.from({ length: frame.n }, (_, i) => i)
      .filter((i) => !frame.shown || frame.shown[i])
      .sort((a, b) => weight(b) - weight(a) || a - b);
    return {
      order,
      x: Float64Array.from(frame.lng, kepu.worldX),
      y: Float64Array.from(frame.lat, kepu.worldY),
    };
  };

  kepu.markSheet = function (page, places, venues) {
    const picked = (kind, id) => page.store.get().pick === `${kind}:${id}`;
    const drawVenues = (view, isUsed) => venues.order.forEach((v) => {
      const look = kepu.venueLook(page, v, view.zoom);
      const [x, y] = [view.x(venues.x[v]), view.y(venues.y[v])];
      if (look.isUsed !== isUsed || !inView(view, x, y, 20)) return;
      if (picked('v', page.data.venues.id[v])) look.ring = page.style.flag;
      kepu.drawVenue(view.ctx, x, y, look);
    });
    return new kepu.Sheet('marks', (view) => {
      view.inPixels();
      if (!page.isOff('others')) drawVenues(view, false);
      if (!page.isOff('places')) {
        places.order.forEach((i) => {
          const [x, y] = [view.x(places.x[i]), view.y(places.y[i])];
          if (!inView(view, x, y, 40)) return;
          const look = kepu.placeLook(page, i, view.zoom);
          look.isFaint = page.catchment !== null && page.answer.found.venue[i] !== page.catchment;
          if (picked('p', page.data.places.id[i])) look.ring = page.style.flag;
          kepu.drawPlace(view.ctx, x, y, look);
        });
      }
      if (!page.isOff('venues')) drawVenues(view, true);
      page.marks().forEach(({ lat, lng, look }) => kepu.drawVenue(
        view.ctx, view.x(kepu.worldX(lng)), view.y(kepu.worldY(lat)), look));
    });
  };

  /* Where marks stand on the screen, as a sheet would draw them. */
  function screen(map, located) {
    const pixels = Math.pow(2, map.getZoom());
    const corner = map.getPixelBounds().min;
    return (i) => [located.x[i] * pixels - corner.x, located.y[i] * pixels - corner.y];
  }
  kepu.screen = screen;

  function nearestOf(located, at, point, reachOf) {
    let best = -1;
    let least = Infinity;
    located.order.forEach((i) => {
      const [x, y] = at(i);
      const away = Math.hypot(x - point.x, y - point.y) - reachOf(i);
      if (away <= NEAR_PX && away < least) [best, least] = [i, away];
    });
    return best;
  }

  function inRings(rings, lat, lng) {
    let isIn = false;
    rings.forEach((ring) => ring.forEach(([y, x], i) => {
      const [py, px] = ring[(i + ring.length - 1) % ring.length];
      if ((y > lat) !== (py > lat) && lng < (px - x) * (lat - y) / (py - y) + x) isIn = !isIn;
    }));
    return isIn;
  }

  /* 'v:..', 'p:..' or 't:..' under a point of the map container, or ''. */
  kepu.finder = function (page, places, venues) {
    const towns = page.data.towns.rings.map(kepu.decode);
    return function (point) {
      const { map, data } = page;
      const zoom = map.getZoom();
      const looks = (v) => kepu.venueLook(page, v, zoom);
      const isShown = (v) => !page.isOff(looks(v).isUsed ? 'venues' : 'others');
      const shown = Object.assign({}, venues, { order: venues.order.filter(isShown) });
      const v = nearestOf(shown, screen(map, venues), point, (one) => looks(one).size);
      if (v >= 0 && looks(v).isUsed) return `v:${data.venues.id[v]}`;
      const i = page.isOff('places') ? -1
        : nearestOf(places, screen(map, places), point, (one) => page.radius(one, zoom));
      if (i >= 0) return `p:${data.places.id[i]}`;
      if (v >= 0) return `v:${data.venues.id[v]}`;
      const { lat, lng } = map.containerPointToLatLng(point);
      const t = towns.findIndex((rings) => inRings(rings, lat, lng));
      return t >= 0 ? `t:${data.towns.code[t]}` : '';
    };
  };
}(window.kepu = window.kepu || {}));
