/* Reading the data blocks: base64, deflate, JSON with a tail of bytes; lines from varints. */
(function (kepu) {
  'use strict';

  const DEGREES = 1e-5;
  const READERS = {};

  function bytesOf(text) {
    const code = atob(text);
    const bytes = new Uint8Array(code.length);
    for (let i = 0; i < code.length; i += 1) bytes[i] = code.charCodeAt(i);
    return bytes;
  }

  async function inflate(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /* All lowest bytes first, then all second bytes, and so on. */
  READERS.ints = function (tail, { at, n, planes, base }) {
    const numbers = new Int32Array(n).fill(base);
    for (let plane = 0; plane < planes; plane += 1) {
      const start = at + plane * n;
      for (let i = 0; i < n; i += 1) numbers[i] += tail[start + i] << (8 * plane);
    }
    return numbers;
  };

  READERS.small = (tail, { at, n }) => tail.slice(at, at + n);
  READERS.bytes = READERS.small;

  function restored(value, tail) {
    if (Array.isArray(value)) return value.map((item) => restored(item, tail));
    if (value === null || typeof value !== 'object') return value;
    if (READERS[value.$]) return READERS[value.$](tail, value);
    const found = {};
    Object.keys(value).forEach((key) => { found[key] = restored(value[key], tail); });
    return found;
  }

  kepu.unpack = async function (text) {
    const raw = await inflate(bytesOf(text.trim()));
    const length = new DataView(raw.buffer).getUint32(0, true);
    const head = new TextDecoder().decode(raw.subarray(4, 4 + length));
    return restored(JSON.parse(head), raw.subarray(4 + length));
  };

  /* Zigzag varints -> parts of [latitude, longitude]. */
  kepu.decode = function (bytes) {
    const parts = [];
    let at = 0;
    let x = 0;
    let y = 0;
    function next() {
      let value = 0;
      let scale = 1;
      let byte;
      do {
        byte = bytes[at];
        at += 1;
        value += (byte & 0x7f) * scale;
        scale *= 128;
      } while (byte & 0x80);
      return value % 2 ? -(value + 1) / 2 : value / 2;
    }
    while (at < bytes.length) {
      const part = new Array(next());
      for (let i = 0; i < part.length; i += 1) {
        x += next();
        y += next();
        part[i] = [y * DEGREES, x * DEGREES];
      }
      parts.push(part);
    }
    return parts;
  };

  kepu.degrees = function (steps) {
    return Float64Array.from(steps, (step) => step * DEGREES);
  };
}(window.kepu = window.kepu || {}));
