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
    /* `shows` tells in a text what the picture depends on beside the view; without it, on anything.
       `where` gives the box of what has changed, null for nothing, undefined for everything. */
    initialize(name, paint, shows, where) {
      L.Renderer.prototype.initialize.call(this, { pane: 'kepu-' + name, padding: 0.25 });
      this._paint = paint;
      this._shows = shows || (() => undefined);
      this._where = where || (() => undefined);
    },
    /* Paint again what has changed. */
    refresh() {
      if (!this._map || !this._bounds) return;
      const now = this._shows();
      if (now !== undefined && now === this._shown) return;
      const box = this._where(this._view());
      if (box !== null) this.paint(box);
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
      // a change of zoom asks twice
      if (this._place() !== this._painted) this.paint();
    },
    _place() {
      const { min, max } = this._bounds;
      const corner = this._map.getPixelOrigin();
      return [min.x, min.y, max.x, max.y, corner.x, corner.y, this._map.getZoom(), kepu.fineness].join();
    },
    /* Where things lie, in pixels of the map layer or in local coordinates. */
    _view() {
      const ctx = this._ctx;
      const { min, max } = this._bounds;
      const frame = this._map.getContainer();
      // very wide screens enlarge the whole page
      const enlarged = frame.getBoundingClientRect().width / frame.offsetWidth || 1;
      const ratio = kepu.fineness || Math.max(1, (window.devicePixelRatio || 1) * enlarged);
      const zoom = this._map.getZoom();
      const pixels = Math.pow(2, zoom);
      const scale = Math.pow(2, zoom - LOCAL_ZOOM);
      const corner = this._map.getPixelOrigin();
      const [left, top] = [origin[0] * pixels - corner.x, origin[1] * pixels - corner.y];
      return {
        ctx, zoom, ratio, min, max, scale,
        /* Draw in pixels of the map layer. */
        inPixels() {
          ctx.setTransform(ratio, 0, 0, ratio, -min.x * ratio, -min.y * ratio);
        },
        /* Draw in local coordinates; one pixel is 1 / scale of them. */
        inPaths() {
          ctx.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * (left - min.x), ratio * (top - min.y));
        },
        x: (world) => world * pixels - corner.x,
        y: (world) => world * pixels - corner.y,
        /* Whether a box of local coordinates is in view. */
        isSeen(box) {
          return box[2] * scale + left > min.x && box[0] * scale + left < max.x
            && box[3] * scale + top > min.y && box[1] * scale + top < max.y;
        },
      };
    },
    /* Paint again what lies in view, or of it what lies in a box of pixels of the map layer. */
    paint(box) {
      if (!this._map || !this._bounds) return;
      this._shown = this._shows();
      this._painted = this._place();
      const view = this._view();
      const { ctx, ratio, min } = view;
      const size = this._bounds.getSize();
      const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, min);
      let part = box;
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = size.x + 'px';
        canvas.style.height = size.y + 'px';
        part = undefined;
      }
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      if (!part) {
        ctx.clearRect(0, 0, width, height);
        this._paint(view);
        return;
      }
      // on whole dots, so that what is cut off meets what stays without a seam
      const [x0, y0] = [part.min.x - min.x, part.min.y - min.y].map((one) => Math.floor(one * ratio));
      const [x1, y1] = [part.max.x - min.x, part.max.y - min.y].map((one) => Math.ceil(one * ratio));
      ctx.save();
      ctx.beginPath();
      ctx.rect(x0, y0, x1 - x0, y1 - y0);
      ctx.clip();
      ctx.clearRect(x0, y0, x1 - x0, y1 - y0);
      this._paint(Object.assign(view, {
        within: { min: { x: part.min.x - 1, y: part.min.y - 1 }, max: { x: part.max.x + 1, y: part.max.y + 1 } },
      }));
      ctx.restore();
    },
  });
}(window.kepu = window.kepu || {}));
