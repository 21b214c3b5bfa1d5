/* Counts of many choices by the page's own code: `node count.mjs page.html choices.json`. */
import { readFileSync } from 'node:fs';
import { load } from './load.mjs';

const kepu = load([
  'web_text.js', 'web_codec.js', 'web_fold.js', 'web_measure.js', 'web_spread.js', 'web_priority.js',
  'whatif_times.js', 'whatif_run.js', 'whatif_access.js',
]);
const [page, choices] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
const block = (name) => kepu.unpack(page.match(new RegExp(`id="kepu-${name}">([^<]*)<`))[1]);
const data = kepu.unfold(await block('data'));
const times = await block('whatif');
data.places.n = data.places.lat.length;
const NOTHING = { open: [], close: [] };
const counts = (one) => [one.people, one.covered, one.apart, one.share];
function listed(measure) {
  const { values, edges, towns, summary, labels, unit, townEdges } = measure;
  return { values: Array.from(values), edges, towns: Array.from(towns), summary, labels, unit, townEdges };
}
function accessOf(answer) {
  if (!answer.district.covered || kepu.whatif.untimed(data, times, answer.choice)) return null;
  const { access, reached } = kepu.whatif.accessOf(data, times, answer, NOTHING);
  return Object.assign(listed(kepu.whatif.access(data, times, answer, NOTHING)), { access: Array.from(access), reached });
}
const answers = JSON.parse(choices).map((choice) => {
  const answer = kepu.plainAnswer(data, choice);
  const priority = kepu.priority(data, answer);
  return {
    scopes: [answer.district, answer.urban, answer.rural, ...answer.towns].map(counts),
    venue: Array.from(answer.found.venue, (v) => (v < 0 ? null : data.venues.id[v])),
    reason: Array.from(answer.reason),
    priority: priority && listed(priority),
    access: accessOf(answer),
  };
});
process.stdout.write(JSON.stringify({ answers, unproven: kepu.unproven(data).map((one) => one.key) }));
