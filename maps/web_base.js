/* The base map: panes, water, roads and rail with widths by zoom, the veil around the district. */
(function (kepu) {
  'use strict';

  const PANES = ['shade', 'water', 'roads', 'veil'];
  const LABEL_PANE_Z = 620;
  const STOPS = [10, 13, 16];

  /* Only the top canvas may catch the mouse, or it would hide the others from it. */
  kepu.panes = function (map) {
    PANES.forEach((name, i) => {
      const pane = map.createPane('kepu-' + name);
      pane.style.zIndex = String(300 + 10 * i);
      pane.style.pointerEvents = 'none';
    });
    const labels = map.createPane('kepu-labels');
    labels.style.zIndex = String(LABEL_PANE_Z);
    labels.style.pointerEvents = 'none';
    labels.classList.add('leaflet-zoom-hide');
  };

  kepu.canvas = function (name) {
    return L.canvas({ pane: 'kepu-' + name, padding: 0.2 });
  };

  kepu.width = function (widths, zoom) {
    if (zoom <= STOPS[0]) return widths[0] * Math.pow(0.8, STOPS[0] - zoom);
    const i = zoom < STOPS[1] ? 0 : 1;
    const part = Math.min(1, (zoom - STOPS[i]) / (STOPS[i + 1] - STOPS[i]));
    return widths[i] + part * (widths[i + 1] - widths[i]);
  };

  function lineLayers(lines, look, renderer) {
    // converted once, shared by all that is drawn of a line
    const path = L.polyline(lines).getLatLngs();
    const draw = (options) => L.polyline(path, Object.assign(
      { renderer, interactive: false, lineJoin: 'round', opacity: 1 }, options));
    const cap = look.dash ? 'butt' : 'round';
    const layers = [{ layer: draw({ color: look.colour, lineCap: cap }), look, extra: 0 }];
    if (look.casing) {
      layers.unshift({ layer: draw({ color: look.casing }), look, extra: 1.4, isCasing: true });
    }
    if (look.dash) {
      const dashes = draw({ color: '#fff', lineCap: cap, dashArray: look.dash });
      layers.push({ layer: dashes, look, extra: -1 });
    }
    return layers;
  }

  function restyle(layers, zoom) {
    layers.forEach(({ layer, look, extra }) => {
      const weight = kepu.width(look.widths, zoom) + extra;
      layer.setStyle({ stroke: zoom >= look.zoom && weight > 0, weight });
    });
  }

  function group(map, names, base, style, renderer) {
    const layers = kepu.flatten(names.filter((name) => base[name] && base[name].lines)
      .map((name) => lineLayers(kepu.decode(base[name].lines), style.lines[name], renderer)));
    // all casings lie below all bodies, so that crossings stay open
    const ordered = layers.filter((l) => l.isCasing).concat(layers.filter((l) => !l.isCasing));
    restyle(ordered, map.getZoom());
    map.on('zoomend', () => restyle(ordered, map.getZoom()));
    return L.layerGroup(ordered.map((l) => l.layer));
  }

  kepu.baseMap = function (map, base, style) {
    const names = Object.keys(style.lines);
    const isWater = (name) => name === 'river';
    const water = kepu.canvas('water');
    const wet = group(map, names.filter(isWater), base, style, water);
    ['water', 'river'].filter((name) => base[name] && base[name].rings).forEach((name) => {
      wet.addLayer(L.polygon(kepu.decode(base[name].rings), {
        renderer: water, interactive: false, stroke: false, fillColor: style.water, fillOpacity: 1,
      }));
    });
    return {
      water: wet,
      roads: group(map, names.filter((n) => !isWater(n)), base, style, kepu.canvas('roads')),
    };
  };

  /* Paper over everything that is not the district, and its edge. */
  kepu.veil = function (map, rings, style) {
    const renderer = kepu.canvas('veil');
    const world = [[-85, -180], [-85, 180], [85, 180], [85, -180]];
    const add = (parts, options) => L.polygon(parts, Object.assign(
      { renderer, interactive: false, color: style.districtEdge }, options)).addTo(map);
    add([world].concat(rings), { stroke: false, fillColor: style.paper, fillOpacity: 0.62 });
    add(rings, { fill: false, weight: 7, opacity: 0.16 });
    add(rings, { fill: false, weight: 1.8, opacity: 0.9 });
  };
}(window.kepu = window.kepu || {}));
