/* Counts of many choices by the page's own code: `node count.mjs page.html choices.json`. */
import { readFileSync } from 'node:fs';
import { load } from './load.mjs';

const kepu = load(['web_text.js', 'web_codec.js', 'web_fold.js', 'web_measure.js', 'web_spread.js', 'web_priority.js']);
const [page, choices] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
const data = kepu.unfold(await kepu.unpack(page.match(/id="kepu-data">([^<]*)</)[1]));
data.places.n = data.places.lat.length;
const counts = (one) => [one.people, one.covered, one.apart, one.share];
function priorityOf(answer) {
  const found = kepu.priority(data, answer);
  return found && { values: Array.from(found.values), edges: found.edges, towns: Array.from(found.towns), summary: found.summary };
}
const answers = JSON.parse(choices).map((choice) => {
  const answer = kepu.plainAnswer(data, choice);
  return {
    scopes: [answer.district, answer.urban, answer.rural, ...answer.towns].map(counts),
    venue: Array.from(answer.found.venue, (v) => (v < 0 ? null : data.venues.id[v])),
    reason: Array.from(answer.reason),
    priority: priorityOf(answer),
  };
});
process.stdout.write(JSON.stringify({ answers, unproven: kepu.unproven(data).map((one) => one.key) }));
