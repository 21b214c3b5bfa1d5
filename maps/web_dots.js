/* Places and venues: one canvas, whatever their number, and what lies under the pointer. */
(function (kepu) {
  'use strict';

  const LARGEST_PX = 13;
  const SMALLEST_PX = 4.8;
  const CROWDED = 0.1;
  const NEAR_PX = 4;
  /* No mark reaches farther from its point. */
  const AROUND_PX = 34;

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
    const symbol = isUsed ? kepu.venueSymbol(page.style, order) : { shape: 2, colour: page.style.venueOther };
    return Object.assign(symbol, {
      isUsed, status: page.statusOf(v), size: (isUsed ? 2.7 : 2) * grown(zoom, 0.28),
    });
  };

  function placeLook(page, i, zoom) {
    const { style, view } = page;
    const found = view.classes[i];
    const base = { radius: page.radius(i, zoom), edge: '#fff', fill: style.notMeant };
    if (found === kepu.UNCLASSED) return Object.assign(base, { fill: style.unreached, edge: style.ink, isCrossed: true });
    if (found === kepu.OTHER) return base;
    return Object.assign(base, {
      fill: view.dots[found],
      edge: view.dots[found] === style.dots[0] || view.dots[found] === style.dots[1] ? style.withinEdge : '#fff',
    });
  }

  function inView({ min, max, within }, x, y, margin) {
    const low = within ? within.min : min;
    const high = within ? within.max : max;
    return x > low.x - margin && x < high.x + margin && y > low.y - margin && y < high.y + margin;
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

  /* What lies around some points and in view; null for nothing. */
  function boxOf({ min, max }, points) {
    const [xs, ys] = [0, 1].map((k) => points.map((point) => point[k]));
    const least = (all) => all.reduce((a, b) => Math.min(a, b), Infinity);
    const most = (all) => all.reduce((a, b) => Math.max(a, b), -Infinity);
    const box = {
      min: { x: Math.max(min.x, least(xs) - AROUND_PX), y: Math.max(min.y, least(ys) - AROUND_PX) },
      max: { x: Math.min(max.x, most(xs) + AROUND_PX), y: Math.min(max.y, most(ys) + AROUND_PX) },
    };
    return box.min.x < box.max.x && box.min.y < box.max.y ? box : null;
  }

  /* What was painted last, so that only that is painted again which has changed since. */
  function memory(page, places, venues) {
    let last = null;
    let next = null;
    const keyOf = ({ lat, lng, look }) => [lat, lng, look.shape, look.status, look.size, look.colour].join();

    function now(view) {
      const { off, pick } = page.store.get();
      const whole = [view.zoom, view.min.x, view.min.y, off, pick, page.view.dots, page.answer.choice.types, kepu.fineness];
      return {
        whole: page.catchment === null ? whole.join() : undefined,
        classes: page.view.classes,
        statuses: page.data.venues.status.map((_, v) => page.statusOf(v)),
        marks: new Map(page.marks().map((one) => [keyOf(one), one])),
      };
    }

    function changed(view) {
      const points = [];
      const add = (x, y) => points.push([view.x(x), view.y(y)]);
      const ofMark = (one) => add(kepu.worldX(one.lng), kepu.worldY(one.lat));
      places.order.forEach((i) => { if (next.classes[i] !== last.classes[i]) add(places.x[i], places.y[i]); });
      venues.order.forEach((v) => { if (next.statuses[v] !== last.statuses[v]) add(venues.x[v], venues.y[v]); });
      next.marks.forEach((one, key) => { if (!last.marks.has(key)) ofMark(one); });
      last.marks.forEach((one, key) => { if (!next.marks.has(key)) ofMark(one); });
      return points;
    }

    return {
      keep(view) {
        last = next || now(view);
        next = null;
        return last;
      },
      where(view) {
        next = now(view);
        if (!last || next.whole === undefined || next.whole !== last.whole) return undefined;
        const box = boxOf(view, changed(view));
        if (!box) this.keep(view);
        return box;
      },
    };
  }

  kepu.markSheet = function (page, places, venues) {
    const known = memory(page, places, venues);
    const picked = (kind, id) => page.store.get().pick === `${kind}:${id}`;
    const drawVenues = (view, isUsed) => venues.order.forEach((v) => {
      const [x, y] = [view.x(venues.x[v]), view.y(venues.y[v])];
      if (!inView(view, x, y, AROUND_PX)) return;
      const look = kepu.venueLook(page, v, view.zoom);
      if (look.isUsed !== isUsed) return;
      if (picked('v', page.data.venues.id[v])) look.ring = page.style.flag;
      kepu.drawVenue(view.ctx, x, y, look);
    });
    /* The largest first; specks lie above all others, as they would in this order. */
    function drawPlaces(view) {
      const specks = kepu.specks(view);
      const target = kepu.target(page.data, page.store.get().pick);
      const ringed = target && target[0] === 'p' ? target[1] : -1;
      places.order.forEach((i) => {
        const x = view.x(places.x[i]);
        const y = view.y(places.y[i]);
        if (!inView(view, x, y, AROUND_PX)) return;
        const look = placeLook(page, i, view.zoom);
        look.isFaint = page.catchment !== null && page.answer.found.venue[i] !== page.catchment;
        if (i === ringed) look.ring = page.style.flag;
        if (look.radius <= kepu.SPECK_PX && i !== ringed) specks.put(x, y, look);
        else kepu.drawPlace(view.ctx, x, y, look);
      });
      specks.done();
    }
    return new kepu.Sheet('marks', (view) => {
      const { marks } = known.keep(view);
      view.inPixels();
      if (!page.isOff('others')) drawVenues(view, false);
      if (!page.isOff('places')) drawPlaces(view);
      if (!page.isOff('venues')) drawVenues(view, true);
      marks.forEach(({ lat, lng, look }) => {
        const [x, y] = [view.x(kepu.worldX(lng)), view.y(kepu.worldY(lat))];
        if (inView(view, x, y, AROUND_PX)) kepu.drawVenue(view.ctx, x, y, look);
      });
    }, undefined, (view) => known.where(view));
  };

  /* Where marks stand on the screen, as a sheet would draw them. */
  kepu.screen = function (map, located) {
    const pixels = Math.pow(2, map.getZoom());
    const corner = map.getPixelBounds().min;
    return (i) => [located.x[i] * pixels - corner.x, located.y[i] * pixels - corner.y];
  };

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

  /* What lies under a point of the map container, the uppermost first: 'v:..' and 'p:..', else 't:..'. */
  kepu.finder = function (page, places, venues) {
    const towns = page.data.towns.rings.map(kepu.decode);
    return function (point) {
      const { map, data } = page;
      const zoom = map.getZoom();
      const looks = (v) => kepu.venueLook(page, v, zoom);
      const isShown = (v) => !page.isOff(looks(v).isUsed ? 'venues' : 'others');
      const shown = Object.assign({}, venues, { order: venues.order.filter(isShown) });
      const v = nearestOf(shown, kepu.screen(map, venues), point, (one) => looks(one).size);
      const i = page.isOff('places') ? -1
        : nearestOf(places, kepu.screen(map, places), point, (one) => page.radius(one, zoom));
      const marks = [v >= 0 ? `v:${data.venues.id[v]}` : '', i >= 0 ? `p:${data.places.id[i]}` : ''].filter(Boolean);
      if (marks.length) return v >= 0 && looks(v).isUsed ? marks : marks.reverse();
      const { lat, lng } = map.containerPointToLatLng(point);
      const t = towns.findIndex((rings) => inRings(rings, lat, lng));
      return t >= 0 ? [`t:${data.towns.code[t]}`] : [];
    };
  };
}(window.kepu = window.kepu || {}));
