/* A sheet: one canvas of the map, painted as a whole from world coordinates. */
(function (kepu) {
  'use strict';

  const WORLD_PX = 256;
  const LOCAL_ZOOM = 12;
  const ORDER = ['shade', 'ground', 'rings', 'marks'];

  /* Dots per CSS pixel; paper is drawn finer than the screen. */
  kepu.fineness = 0;

  kepu.worldX = (lng) => (lng + 180) / 360 * WORLD_PX;

  kepu.worldY = function (lat) {
    const sine = Math.sin(lat * Math.PI / 180);
    return WORLD_PX * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
  };

  kepu.panes = function (map) {
    ORDER.forEach((name, i) => {
      const pane = map.createPane('kepu-' + name);
      pane.style.zIndex = String(300 + 10 * i);
      pane.style.pointerEvents = 'none';
    });
    const labels = map.createPane('kepu-labels');
    labels.style.zIndex = '620';
    labels.style.pointerEvents = 'none';
    labels.classList.add('leaflet-zoom-hide');
  };

  /* Paths are kept around this point, so that 32-bit canvases draw them exactly. */
  let origin = [0, 0];
  kepu.setOrigin = function (lat, lng) {
    origin = [kepu.worldX(lng), kepu.worldY(lat)];
  };

  kepu.local = function (lat, lng) {
    const scale = Math.pow(2, LOCAL_ZOOM);
    return [(kepu.worldX(lng) - origin[0]) * scale, (kepu.worldY(lat) - origin[1]) * scale];
  };

  kepu.pathOf = function (parts, isClosed) {
    const path = new Path2D();
    parts.forEach((part) => {
      part.forEach(([lat, lng], i) => {
        const [x, y] = kepu.local(lat, lng);
        if (i) path.lineTo(x, y);
        else path.moveTo(x, y);
      });
      if (isClosed) path.closePath();
    });
    return path;
  };

  kepu.Sheet = L.Renderer.extend({
    initialize(name, paint) {
      L.Renderer.prototype.initialize.call(this, { pane: 'kepu-' + name, padding: 0.25 });
      this._paint = paint;
    },
    _initContainer() {
      this._container = document.createElement('canvas');
      this._ctx = this._container.getContext('2d');
    },
    _destroyContainer() {
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this._ctx;
    },
    _updatePaths() {},
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.paint();
    },
    /* Paint again what lies in view. */
    paint() {
      if (!this._map || !this._bounds) return;
      const { min, max } = this._bounds;
      const size = this._bounds.getSize();
      const ratio = kepu.fineness || Math.max(1, window.devicePixelRatio || 1);
      const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, min);
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = size.x + 'px';
        canvas.style.height = size.y + 'px';
      }
      const ctx = this._ctx;
      const zoom = this._map.getZoom();
      const pixels = Math.pow(2, zoom);
      const corner = this._map.getPixelOrigin();
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.clearRect(0, 0, width, height);
      const scale = Math.pow(2, zoom - LOCAL_ZOOM);
      this._paint({
        ctx, zoom, ratio, min, max, scale,
        /* Draw in pixels of the map layer. */
        inPixels() {
          ctx.setTransform(ratio, 0, 0, ratio, -min.x * ratio, -min.y * ratio);
        },
        /* Draw in local coordinates; one pixel is 1 / scale of them. */
        inPaths() {
          const x = origin[0] * pixels - corner.x - min.x;
          const y = origin[1] * pixels - corner.y - min.y;
          ctx.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
        },
        x: (world) => world * pixels - corner.x,
        y: (world) => world * pixels - corner.y,
        /* Whether a box of local coordinates is in view. */
        isSeen(box) {
          const x = origin[0] * pixels - corner.x;
          const y = origin[1] * pixels - corner.y;
          return box[2] * scale + x > min.x && box[0] * scale + x < max.x
            && box[3] * scale + y > min.y && box[1] * scale + y < max.y;
        },
      });
    },
  });
}(window.kepu = window.kepu || {}));
