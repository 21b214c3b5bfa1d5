/* The one state of the page, and its form as the end of a link. */
(function (kepu) {
  'use strict';

  function isEqual(a, b) {
    if (!Array.isArray(a)) return a === b;
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => item === b[i]);
  }

  kepu.store = function (defaults) {
    let state = Object.freeze(Object.assign({}, defaults));
    const listeners = [];
    return {
      defaults,
      get: () => state,
      on(listener) { listeners.push(listener); },
      set(patch) {
        const changed = new Set(Object.keys(patch).filter((key) => !isEqual(patch[key], state[key])));
        if (!changed.size) return;
        state = Object.freeze(Object.assign({}, state, patch));
        listeners.forEach((listener) => listener(state, changed));
      },
    };
  };

  function written(value) {
    if (Array.isArray(value)) return value.map(encodeURIComponent).join(',');
    if (typeof value === 'boolean') return value ? '1' : '0';
    return encodeURIComponent(String(value));
  }

  /* What differs from the defaults, in the order of the defaults. */
  kepu.toHash = function (state, defaults) {
    return Object.keys(defaults).filter((key) => !isEqual(state[key], defaults[key]))
      .map((key) => `${key}=${written(state[key])}`).join('&');
  };

  const READERS = {
    string: (text) => decodeURIComponent(text),
    number: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined),
    boolean: (text) => (text === '1' ? true : text === '0' ? false : undefined),
    object: (text) => (text === '' ? [] : text.split(',').map(decodeURIComponent)),
  };

  /* A whole state; what a hash does not say, or says wrongly, is the default. */
  kepu.fromHash = function (hash, defaults, isValid) {
    const state = Object.assign({}, defaults);
    hash.replace(/^#/, '').split('&').forEach((pair) => {
      const at = pair.indexOf('=');
      const key = pair.slice(0, at);
      if (at < 1 || !Object.prototype.hasOwnProperty.call(defaults, key)) return;
      let value;
      try {
        value = READERS[typeof defaults[key]](pair.slice(at + 1));
      } catch (error) {
        if (!(error instanceof URIError)) throw error;
      }
      if (value !== undefined && isValid(key, value)) state[key] = value;
    });
    return state;
  };

  const parts = [];

  /* A further part of the page registers itself; see docs/decisions.md. */
  kepu.part = function (part) {
    parts.push(part);
  };

  kepu.parts = () => parts;
}(window.kepu = window.kepu || {}));
