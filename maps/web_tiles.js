/* Optional tiles below the map; those in GCJ-02 are moved so that the map stays in WGS 84. */
(function (kepu) {
  'use strict';

  const AXIS_METRES = 6378245;
  const ECCENTRICITY2 = 0.00669342162296594323;
  const { PI, sin, cos, sqrt, abs } = Math;

  /* WGS 84 -> GCJ-02, degrees; the formulas of geo/crs.py. */
  kepu.gcj02 = function ({ lat, lng }) {
    if (lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lat, lng };
    const x = lng - 105;
    const y = lat - 35;
    const common = (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2 / 3;
    const root = sqrt(abs(x));
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
      + (20 * sin(y * PI) + 40 * sin(y / 3 * PI)) * 2 / 3
      + (160 * sin(y / 12 * PI) + 320 * sin(y * PI / 30)) * 2 / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
      + (20 * sin(x * PI) + 40 * sin(x / 3 * PI)) * 2 / 3
      + (150 * sin(x / 12 * PI) + 300 * sin(x / 30 * PI)) * 2 / 3;
    const phi = lat / 180 * PI;
    const w2 = 1 - ECCENTRICITY2 * sin(phi) ** 2;
    const meridian = AXIS_METRES * (1 - ECCENTRICITY2) / w2 ** 1.5;
    const parallel = AXIS_METRES / sqrt(w2) * cos(phi);
    return { lat: lat + north / meridian * 180 / PI, lng: lng + east / parallel * 180 / PI };
  };

  function layers({ urls, attribution, datum, hosts, most }) {
    const Shifted = L.TileLayer.extend({
      _getTiledPixelBounds(centre) {
        return L.TileLayer.prototype._getTiledPixelBounds.call(this, L.latLng(kepu.gcj02(L.latLng(centre))));
      },
      _setZoomTransform(level, centre, zoom) {
        L.TileLayer.prototype._setZoomTransform.call(this, level, L.latLng(kepu.gcj02(L.latLng(centre))), zoom);
      },
    });
    const Layer = datum === 'GCJ02' ? Shifted : L.TileLayer;
    const options = { attribution, maxNativeZoom: most, maxZoom: 18 };
    if (hosts) options.subdomains = hosts;
    return L.layerGroup(urls.map((url) => new Layer(url, options)));
  }

  /* Follows the state; without a provider in the study there is nothing to switch on. */
  kepu.tiles = function (page) {
    const { tiles } = page.data;
    if (!tiles) return () => {};
    const group = layers(tiles);
    return function () {
      if (page.isOff('tiles')) group.remove();
      else group.addTo(page.map);
      kepu.byId('tile-source').textContent = page.isOff('tiles') ? '' : tiles.attribution;
    };
  };
}(window.kepu = window.kepu || {}));
