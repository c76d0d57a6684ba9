import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {root} from './places.ts';

/** What one `npm run bench:outage -- --write` measured; the docs and the README show these figures. */
export interface OutageFigures {
  /** YYYY-MM-DD, UTC. */
  readonly date: string;
  readonly cores: number;
  /** The lowest and the highest load average (1 min) at the start of a cutover, without what the cutover adds. */
  readonly load: readonly [number, number];
  readonly rounds: number;
  readonly clients: number;
  readonly slowProcedures: boolean;
  /** A contender at a distance: the median of its rounds; `lost` and `duplicated` are of all rounds. */
  readonly rows: readonly OutageRow[];
}

export interface OutageRow {
  readonly by: string;
  readonly rttMs: number;
  /** Requests of the clients, reads and writes together. */
  readonly made: number;
  readonly failed: number;
  readonly slowestMs: number;
  readonly outageMs: number;
  readonly totalMs: number;
  readonly lost: number;
  readonly duplicated: number;
}

const file = join(root, 'bench', 'outage', 'figures.json');

export const readFigures = (): OutageFigures => JSON.parse(readFileSync(file, 'utf8'));

export function writeFigures(figures: OutageFigures): void {
  // A line a row, so that a difference can be read.
  const {rows, ...head} = figures;
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  const opening = JSON.stringify(head, null, 2).replace(/\n\}$/, '');
  writeFileSync(file, `${opening},\n  "rows": [\n${lines}\n  ]\n}\n`);
}
