import {spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {startTicksOf} from '../lab/process-start.ts';
import {endWithTest} from './end-with-test.ts';
import {whyNoHostWith} from './steps/hosts/real-host.ts';

const cases = [
  {name: 'processes and hosts of the lab', starts: 'processes', least: 4},
  {name: 'a lab, and a run in it', starts: 'lab', least: 8},
  ...(whyNoHostWith('real hosts', ['cron']) === undefined
    ? [{name: 'a real host', starts: 'host', least: 4}]
    : []),
];

// Whoever watches tests ends them like this when they take too long.
test.for(cases)('$name end when the test is killed -9', async ({starts, least}) => {
  const child = spawn(
    process.execPath,
    ['--conditions=switcharoo-source', '--import', 'tsx', 'test/end-with-test-demo.ts', starts],
    {stdio: ['ignore', 'pipe', 'inherit']},
  );
  endWithTest(child);
  const roots = await new Promise<readonly number[]>((resolve) => {
    child.stdout.once('data', (text) => resolve(JSON.parse(String(text))));
  });
  const all = withDescendants([child.pid ?? 0, ...roots]);
  expect(all.length).toBeGreaterThanOrEqual(least);
  child.kill('SIGKILL');
  const left = () => all.filter(({pid, ticks}) => startTicksOf(pid) === ticks);
  for (let tries = 0; left().length > 0 && tries < 300; tries += 1) {
    await sleep(100);
  }
  expect(left().map(({command}) => command)).toEqual([]);
});

interface Running {
  readonly pid: number;
  readonly ticks: number;
  readonly command: string;
}

function withDescendants(roots: readonly number[]): readonly Running[] {
  const parents = new Map(
    readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0)
      .map((pid) => [pid, parentOf(pid)]),
  );
  const all = new Set(roots);
  for (let size = 0; size < all.size; ) {
    size = all.size;
    for (const [pid, parent] of parents) {
      if (all.has(parent)) {
        all.add(pid);
      }
    }
  }
  return [...all].flatMap((pid) => {
    const ticks = startTicksOf(pid);
    return ticks === null ? [] : [{pid, ticks, command: commandOf(pid)}];
  });
}

function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

const commandOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').slice(0, 200);
