/* Specks: places too small for a pen are written dot by dot; 20,000 of them in a few milliseconds. */
(function (kepu) {
  'use strict';

  const FULL = 250;
  const STEPS_A_DOT = 4;
  const sprites = new Map();
  let paper = null;

  function blank(width, height) {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    return canvas.getContext('2d', { willReadFrequently: true });
  }

  /* The dots of one look, with its middle at (half, half). */
  function spriteOf(look, ratio) {
    const radius = Math.round(look.radius * ratio * STEPS_A_DOT) / STEPS_A_DOT;
    const key = [radius, look.fill, look.edge, look.isCrossed, look.isFaint].join();
    if (!sprites.has(key)) {
      const half = Math.ceil(radius + 1);
      const side = 2 * half + 1;
      const ctx = blank(side, side);
      kepu.drawPlace(ctx, half + 0.5, half + 0.5, Object.assign({}, look, { radius }));
      sprites.set(key, { half, side, dots: ctx.getImageData(0, 0, side, side).data });
    }
    return sprites.get(key);
  }

  /* One dot upon another: colours weighed by what can be seen of each. */
  kepu.blend = function (data, at, dots, from) {
    const over = dots[from + 3];
    const under = data[at + 3];
    if (over >= FULL || under === 0) {
      for (let c = 0; c < 4; c += 1) data[at + c] = dots[from + c];
      return;
    }
    const rest = under * (255 - over) / 255;
    for (let c = 0; c < 3; c += 1) data[at + c] = (dots[from + c] * over + data[at + c] * rest) / (over + rest);
    data[at + 3] = over + rest;
  };

  /* Collects specks of a view; `done` lays them upon what was drawn before. */
  kepu.specks = function (view) {
    const { ctx, ratio, min, max, within } = view;
    const [low, high] = within ? [within.min, within.max] : [min, max];
    const dot = (value, from) => Math.round((value - from) * ratio);
    const [left, top] = [Math.max(0, dot(low.x, min.x)), Math.max(0, dot(low.y, min.y))];
    const width = Math.min(ctx.canvas.width, dot(high.x, min.x)) - left;
    const height = Math.min(ctx.canvas.height, dot(high.y, min.y)) - top;
    let image = null;
    return {
      put(x, y, look) {
        if (width < 1 || height < 1) return;
        if (!image) image = ctx.createImageData(width, height);
        const { half, side, dots } = spriteOf(look, ratio);
        const x0 = Math.floor((x - min.x) * ratio) - left - half;
        const y0 = Math.floor((y - min.y) * ratio) - top - half;
        const { data } = image;
        for (let j = Math.max(0, -y0); j < side && y0 + j < height; j += 1) {
          for (let i = Math.max(0, -x0); i < side && x0 + i < width; i += 1) {
            const from = 4 * (j * side + i);
            if (dots[from + 3]) kepu.blend(data, 4 * ((y0 + j) * width + x0 + i), dots, from);
          }
        }
      },
      done() {
        if (!image) return;
        if (!paper || paper.canvas.width < width || paper.canvas.height < height) {
          paper = blank(Math.max(width, paper ? paper.canvas.width : 0), Math.max(height, paper ? paper.canvas.height : 0));
        }
        paper.putImageData(image, 0, 0);
        ctx.setTransform(1, 0, 0, 1, 0, 0);
        ctx.drawImage(paper.canvas, 0, 0, width, height, left, top, width, height);
        view.inPixels();
      },
    };
  };
}(window.kepu = window.kepu || {}));
