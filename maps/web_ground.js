/* The ground: towns by class, water, roads and rail with widths by zoom, the veil and the borders. */
(function (kepu) {
  'use strict';

  const STOPS = [10, 13, 16];
  const CELLS = 12;
  const HAIR_PX = 1.5;
  const WORLD = [[-85, -180], [-85, 180], [85, 180], [85, -180]];

  function widthAt(widths, zoom) {
    if (zoom <= STOPS[0]) return widths[0] * Math.pow(0.8, STOPS[0] - zoom);
    const i = zoom < STOPS[1] ? 0 : 1;
    const part = Math.min(1, (zoom - STOPS[i]) / (STOPS[i + 1] - STOPS[i]));
    return widths[i] + part * (widths[i + 1] - widths[i]);
  }

  function boxOf(points) {
    return points.reduce(([west, north, east, south], [x, y]) => [
      Math.min(west, x), Math.min(north, y), Math.max(east, x), Math.max(south, y),
    ], [Infinity, Infinity, -Infinity, -Infinity]);
  }

  function joined(a, b) {
    return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
  }

  /* Lines in bundles of neighbours, so that only those in view are drawn. */
  function bundles(parts) {
    const lines = parts.map((part) => part.map(([lat, lng]) => kepu.local(lat, lng)));
    const boxes = lines.map(boxOf);
    const all = boxes.reduce(joined, [Infinity, Infinity, -Infinity, -Infinity]);
    const cell = (low, high, value) => Math.min(CELLS - 1,
      Math.floor(CELLS * (value - low) / Math.max(high - low, 1e-9)));
    const found = new Map();
    lines.forEach((line, i) => {
      const box = boxes[i];
      const key = cell(all[0], all[2], (box[0] + box[2]) / 2) * CELLS
        + cell(all[1], all[3], (box[1] + box[3]) / 2);
      if (!found.has(key)) found.set(key, { path: new Path2D(), box });
      const bundle = found.get(key);
      bundle.box = joined(bundle.box, box);
      line.forEach(([x, y], n) => (n ? bundle.path.lineTo(x, y) : bundle.path.moveTo(x, y)));
    });
    return Array.from(found.values());
  }

  function stroke(view, bundle, width, colour, dash) {
    const { ctx, scale } = view;
    ctx.lineWidth = width / scale;
    ctx.strokeStyle = colour;
    ctx.setLineDash(dash.map((pixels) => pixels / scale));
    ctx.stroke(bundle.path);
  }

  function drawLines(view, layers, style) {
    const seen = layers.map(({ name, bundles: all }) => {
      const look = style.lines[name];
      const isShown = view.zoom >= look.zoom;
      return { look, width: widthAt(look.widths, view.zoom), all: isShown ? all.filter((b) => view.isSeen(b.box)) : [] };
    });
    view.inPaths();
    // nobody sees the corners of a hair, and round ones take longest
    view.ctx.lineJoin = seen.some(({ width }) => width > HAIR_PX) ? 'round' : 'bevel';
    // all casings lie below all bodies, so that crossings stay open
    seen.filter(({ look }) => look.casing).forEach(({ look, width, all }) => all.forEach((bundle) => {
      view.ctx.lineCap = width > HAIR_PX ? 'round' : 'butt';
      stroke(view, bundle, width + 1.4, look.casing, []);
    }));
    seen.forEach(({ look, width, all }) => all.forEach((bundle) => {
      view.ctx.lineCap = look.dash || width <= HAIR_PX ? 'butt' : 'round';
      stroke(view, bundle, width, look.colour, []);
      if (look.dash && width > 1) stroke(view, bundle, width - 1, '#fff', look.dash.split(' ').map(Number));
    }));
    view.ctx.setLineDash([]);
  }

  /* The towns by class of what is shown. */
  kepu.shadeSheet = function (page, fillOf) {
    const paths = page.data.towns.rings.map((rings) => kepu.pathOf(kepu.decode(rings), true));
    // rings of a venue and tiles must show through
    function strength() {
      if (page.isOff('shade')) return 0;
      if (page.catchment !== null && kepu.ringsOf(page, page.catchment).length) return 0.25;
      return page.isOff('tiles') ? 1 : 0.5;
    }
    return new kepu.Sheet('shade', (view) => {
      view.inPaths();
      view.ctx.globalAlpha = strength();
      paths.forEach((path, t) => {
        view.ctx.fillStyle = fillOf(t);
        view.ctx.fill(path, 'evenodd');
      });
      view.ctx.globalAlpha = 1;
    }, () => [strength(), kepu.fineness, ...paths.map((_, t) => fillOf(t))].join());
  };

  function edges(view, paths, style) {
    const { ctx, scale } = view;
    view.inPaths();
    ctx.lineJoin = 'round';
    ctx.lineWidth = 1.1 / scale;
    ctx.strokeStyle = style.townEdge;
    ctx.setLineDash([7, 3, 1.5, 3].map((pixels) => pixels / scale));
    ctx.stroke(paths.borders);
    ctx.setLineDash([]);
    ctx.strokeStyle = style.districtEdge;
    ctx.globalAlpha = 0.18;
    ctx.lineWidth = 7 / scale;
    ctx.stroke(paths.district);
    ctx.globalAlpha = 1;
    ctx.lineWidth = 1.8 / scale;
    ctx.stroke(paths.district);
  }

  /* Roads, rail and water; paper over all that is not the district; borders. */
  kepu.groundSheet = function (page, base) {
    const { style, data } = page;
    const has = (name, kind) => base[name] && base[name][kind].length;
    const layers = Object.keys(style.lines).filter((name) => has(name, 'lines'))
      .map((name) => ({ name, bundles: bundles(kepu.decode(base[name].lines)) }));
    const areas = ['water', 'river'].filter((name) => has(name, 'rings'))
      .map((name) => kepu.pathOf(kepu.decode(base[name].rings), true));
    const district = kepu.decode(data.towns.district);
    const paths = {
      district: kepu.pathOf(district, true),
      borders: kepu.pathOf(kepu.decode(data.towns.borders), false),
      veil: kepu.pathOf([WORLD].concat(district), true),
    };
    return new kepu.Sheet('ground', (view) => {
      const { ctx } = view;
      const isTiled = !page.isOff('tiles');
      if (!isTiled && !page.isOff('water')) {
        view.inPaths();
        ctx.fillStyle = style.water;
        areas.forEach((path) => ctx.fill(path, 'evenodd'));
        drawLines(view, layers.filter((one) => one.name === 'river'), style);
      }
      if (!isTiled && !page.isOff('roads')) {
        drawLines(view, layers.filter((one) => one.name !== 'river'), style);
      }
      view.inPaths();
      ctx.fillStyle = style.paper;
      ctx.globalAlpha = isTiled ? 0.25 : 0.62;
      ctx.fill(paths.veil, 'evenodd');
      ctx.globalAlpha = 1;
      edges(view, paths, style);
    }, () => [page.store.get().off, kepu.fineness].join());
  };
}(window.kepu = window.kepu || {}));
