import {parseArgs} from 'node:util';
import {benchHosts} from './hosts.ts';
import {benchNames} from './names.ts';
import {benchRows} from './rows.ts';
import {benchRuns} from './runs.ts';
import {benchTables} from './tables.ts';

// `npm run bench:scale`: what large estates take, side by side at several sizes. Figures of one machine: what counts
// is how they grow.
const {values} = parseArgs({
  options: {
    /** Some of the parts, such as `tables,names`. */
    only: {type: 'string'},
    tables: {type: 'string', default: '300,3000,10000'},
    hosts: {type: 'string', default: '1,10,100'},
    names: {type: 'string', default: '100,1000,10000'},
    /** Millions. */
    rows: {type: 'string', default: '0.5,1,2,5'},
    entries: {type: 'string', default: '100,1000'},
    runs: {type: 'string', default: '100,1000'},
    /** Another checkout, built: the tables are measured with it, too. */
    beside: {type: 'string'},
  },
});
const sizesOf = (list: string): readonly number[] => list.split(',').map(Number);
const benches = {
  tables: () => benchTables(sizesOf(values.tables), values.beside),
  hosts: () => benchHosts(sizesOf(values.hosts)),
  names: () => benchNames(sizesOf(values.names)),
  rows: () => benchRows(sizesOf(values.rows)),
  runs: () => benchRuns(sizesOf(values.entries), sizesOf(values.runs)),
};
for (const [name, bench] of Object.entries(benches)) {
  if (values.only === undefined || values.only.split(',').includes(name)) {
    await bench();
  }
}
// A lab may leave a timer.
process.exit(0);
