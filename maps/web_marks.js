/* The symbols: how a place and a venue are drawn, on the map and in the legend alike. */
(function (kepu) {
  'use strict';

  const SHAPES = [[4, 0.25], [3, 0.25], [4, 0], [6, 0], [3, 0]];

  /* The rim of a smaller place cannot be seen. */
  kepu.SPECK_PX = 2.6;

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

  function circle(ctx, x, y, radius) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }

  kepu.drawPlace = function (ctx, x, y, look) {
    if (look.ring) {
      circle(ctx, x, y, look.radius + 2.6);
      ctx.lineWidth = 4.4;
      ctx.strokeStyle = '#fff';
      ctx.stroke();
      ctx.lineWidth = 2.4;
      ctx.strokeStyle = look.ring;
      ctx.stroke();
    }
    circle(ctx, x, y, look.radius);
    ctx.globalAlpha = look.isFaint ? 0.22 : 0.95;
    ctx.fillStyle = look.fill;
    ctx.fill();
    if (look.isCrossed || look.radius > kepu.SPECK_PX) {
      ctx.lineWidth = look.isCrossed ? 1.3 : 1;
      ctx.strokeStyle = look.edge;
      ctx.stroke();
    }
    if (look.isCrossed) cross(ctx, x, y, look.radius * 0.55);
    ctx.globalAlpha = 1;
  };

  kepu.drawVenue = function (ctx, x, y, look) {
    const [corners, turn] = SHAPES[look.shape % SHAPES.length];
    const isHollow = look.status !== 'open';
    const size = look.size * (corners === 3 ? 1.2 : 1.08);
    const top = corners === 3 ? y + (turn ? -0.15 : 0.15) * size : y;
    if (look.ring) {
      circle(ctx, x, y, size + 3.6);
      ctx.lineWidth = 2.4;
      ctx.strokeStyle = look.ring;
      ctx.stroke();
    }
    if (!isHollow) {
      trace(ctx, x, top, size + 1.1, corners, turn);
      ctx.fillStyle = '#fff';
      ctx.fill();
      trace(ctx, x, top, size, corners, turn);
      ctx.fillStyle = look.colour;
      ctx.fill();
      return;
    }
    // hollow to the ground: the colour of a place that waits for this very venue must be seen
    trace(ctx, x, top, size + 1.4, corners, turn);
    ctx.lineWidth = 1.2;
    ctx.strokeStyle = '#fff';
    ctx.stroke();
    trace(ctx, x, top, size, corners, turn);
    ctx.lineWidth = 1.4;
    ctx.strokeStyle = look.colour;
    ctx.stroke();
    if (look.status === 'candidate') {
      circle(ctx, x, y, 1.4);
      ctx.fillStyle = look.colour;
      ctx.fill();
    }
    if (look.status === 'closed') cross(ctx, x, y, size * 0.5);
  };

  /* Shape and colour of the n-th type that is chosen: no two of the first 25 are alike. */
  kepu.venueSymbol = function ({ venueTypes }, n) {
    const round = Math.floor(n / venueTypes.length);
    return { shape: (n + round) % SHAPES.length, colour: venueTypes[n % venueTypes.length] };
  };

  /* The same symbol on a small canvas of its own, for the legend. */
  kepu.swatch = function (draw, look, side) {
    const canvas = document.createElement('canvas');
    const ratio = 3;
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
