import {parseArgs} from 'node:util';
import {benchHosts} from './hosts.ts';
import {benchRuns} from './runs.ts';
import {benchTables} from './tables.ts';

// `npm run bench:scale`: what large estates take, side by side at several sizes. Figures of one machine: what counts
// is how they grow.
const {values} = parseArgs({
  options: {
    only: {type: 'string'},
    tables: {type: 'string', default: '300,3000,10000'},
    /** Another checkout, built: the tables are measured with it, too. */
    beside: {type: 'string'},
  },
});
const benches = {
  tables: () => benchTables(values.tables.split(',').map(Number), values.beside),
  hosts: () => benchHosts([1, 10, 100]),
  runs: benchRuns,
};
for (const [name, bench] of Object.entries(benches)) {
  if (values.only === undefined || values.only === name) {
    await bench();
  }
}
// A lab may leave a timer.
process.exit(0);
