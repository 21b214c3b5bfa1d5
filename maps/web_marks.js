/* The symbols: how a place and a venue are drawn, on the map and in the legend alike. */
(function (kepu) {
  'use strict';

  const SHAPES = [[4, 0.25], [3, 0.5], [4, 0], [6, 0], [3, 0]];
  const RING = 3;

  function trace(ctx, x, y, size, corners, turn) {
    ctx.beginPath();
    for (let i = 0; i < corners; i += 1) {
      const angle = 2 * Math.PI * (i / corners + turn / (corners / 2) - 0.25);
      ctx.lineTo(x + size * Math.cos(angle), y + size * Math.sin(angle));
    }
    ctx.closePath();
  }

  function cross(ctx, x, y, size) {
    ctx.beginPath();
    ctx.moveTo(x - size, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.moveTo(x + size, y - size);
    ctx.lineTo(x - size, y + size);
    ctx.stroke();
  }

  kepu.drawPlace = function (ctx, x, y, look) {
    const radius = look.radius;
    if (look.ring) {
      ctx.beginPath();
      ctx.arc(x, y, radius + RING - 0.6, 0, 2 * Math.PI);
      ctx.lineWidth = 4.4;
      ctx.strokeStyle = '#fff';
      ctx.stroke();
      ctx.lineWidth = 2.2;
      ctx.strokeStyle = look.ring;
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.fillStyle = look.fill;
    ctx.globalAlpha = 0.92;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.lineWidth = look.isCrossed ? 1.3 : 1;
    ctx.strokeStyle = look.isCrossed ? look.ink : '#fff';
    ctx.stroke();
    if (look.isCrossed) cross(ctx, x, y, radius * 0.55);
  };

  kepu.drawVenue = function (ctx, x, y, look) {
    const [corners, turn] = SHAPES[look.shape % SHAPES.length];
    const isHollow = look.status !== 'open';
    const size = look.size * (corners === 3 ? 1.2 : 1.08);
    const top = corners === 3 ? y + (turn ? -0.15 : 0.15) * size : y;
    trace(ctx, x, top, size + (isHollow ? 0.4 : 1), corners, turn);
    ctx.fillStyle = '#fff';
    ctx.fill();
    trace(ctx, x, top, size, corners, turn);
    if (!isHollow) {
      ctx.fillStyle = look.colour;
      ctx.fill();
      return;
    }
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = look.colour;
    ctx.stroke();
    if (look.status === 'candidate') {
      ctx.beginPath();
      ctx.arc(x, y, 1.4, 0, 2 * Math.PI);
      ctx.fillStyle = look.colour;
      ctx.fill();
    }
    if (look.status === 'closed') cross(ctx, x, y, size * 0.5);
  };

  /* A Leaflet circle marker whose look is drawn by `options.draw`. */
  kepu.Mark = L.CircleMarker.extend({
    _updatePath() {
      const renderer = this._renderer;
      if (!renderer._drawing || this._empty()) return;
      const ctx = renderer._ctx;
      ctx.save();
      ctx.setLineDash([]);
      this.options.draw(ctx, this._point.x, this._point.y, this.options.look);
      ctx.restore();
    },
  });

  kepu.extent = function (look) {
    return look.radius ? look.radius + (look.ring ? RING + 1 : 1) : look.size + 2;
  };

  kepu.relook = function (mark, look) {
    mark.options.look = look;
    mark.setRadius(kepu.extent(look));
    if (mark._map) {
      mark._updateBounds();
      mark.redraw();
    }
  };

  /* The same symbol on a small canvas of its own, for the legend. */
  kepu.swatch = function (draw, look, side) {
    const canvas = document.createElement('canvas');
    const ratio = Math.max(2, window.devicePixelRatio || 1);
    canvas.width = side * ratio;
    canvas.height = side * ratio;
    canvas.style.width = side + 'px';
    canvas.style.height = side + 'px';
    canvas.setAttribute('aria-hidden', 'true');
    const ctx = canvas.getContext('2d');
    ctx.scale(ratio, ratio);
    draw(ctx, side / 2, side / 2, look);
    return canvas;
  };
}(window.kepu = window.kepu || {}));
