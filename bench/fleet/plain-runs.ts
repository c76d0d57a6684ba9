import {readFileSync} from 'node:fs';
import {thisHost} from '../../src/run/host.ts';
import {openRun} from '../../src/run/open-run.ts';
import {cpuOf} from './processor-time.ts';

// `node plain-runs.ts FILE`: runs what the file names, one after the other, and prints how long it took.

export interface PlainRuns {
  readonly stateFolder: string;
  readonly runs: readonly {readonly runbook: string; readonly inventory: string}[];
}

async function runAll({stateFolder, runs}: PlainRuns): Promise<void> {
  const host = thisHost(stateFolder);
  for (const request of runs) {
    const run = await openRun({...request, yes: true}, host);
    try {
      const {kind} = await run.forward(await run.plan());
      if (kind !== 'done') {
        throw new Error(`${request.inventory} ended as ${kind}.`);
      }
    } finally {
      await run.close();
    }
  }
}

const [, , file = ''] = process.argv;
const before = cpuOf(process);
const startedMs = performance.now();
await runAll(JSON.parse(readFileSync(file, 'utf8')));
const seconds = (performance.now() - startedMs) / 1_000;
const {own, children} = cpuOf(process);
process.stdout.write(
  JSON.stringify({seconds, own: own - before.own, children: children - before.children}),
);
