/* The scripts of the page without a page: run in a context of their own, they leave `kepu`. */
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const MAPS = new URL('../../maps/', import.meta.url);

export function load(names) {
  const window = {};
  const context = vm.createContext({
    window, atob, Blob, Response, TextDecoder, DecompressionStream, console,
  });
  names.forEach((name) => vm.runInContext(readFileSync(new URL(name, MAPS), 'utf8'), context, { filename: name }));
  return window.kepu;
}

/* Arrays of another context are not instances of ours; a copy is. */
export const plain = (value) => JSON.parse(JSON.stringify(value, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v) : v)));
