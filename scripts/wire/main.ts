import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {argv, env, exit} from 'node:process';
import {compare, type Exchange} from './compare.ts';

// Runs the suites that talk to the lab's AWS, and compares each exchange with the models of AWS that the SDK has.

const suites = ['aws', 'ecr', 'ecs', 'elb', 'route53', 's3', 'settings', 'sqs'].map(
  (technology) => `test/steps/${technology}`,
);
const chosen = argv.length > 2 ? argv.slice(2) : ['test/lab/aws', ...suites];

const folder = mkdtempSync(join(tmpdir(), 'switcharoo-wire-'));
try {
  const run = spawnSync('npx', ['vitest', 'run', ...chosen], {
    stdio: 'inherit',
    env: {...env, SWITCHAROO_WIRE: folder},
  });
  const failed = await report(exchangesIn(folder));
  exit(run.status === 0 && failed === 0 ? 0 : 1);
} finally {
  rmSync(folder, {recursive: true, force: true});
}

function exchangesIn(recorded: string): readonly Exchange[] {
  return readdirSync(recorded).flatMap((file) =>
    readFileSync(join(recorded, file), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Exchange),
  );
}

/** Prints each mismatch once, and returns how many there are. */
async function report(exchanges: readonly Exchange[]): Promise<number> {
  const operations = new Set<string>();
  const byMismatch = new Map<string, number>();
  const skipped = new Map<string, number>();
  let compared = 0;
  for (const exchange of exchanges) {
    const comparison = await compare(exchange);
    if (comparison.kind === 'not-compared') {
      count(skipped, comparison.because);
      continue;
    }
    compared += 1;
    const call = `${exchange.service} ${exchange.operation}`;
    operations.add(call);
    for (const mismatch of comparison.mismatches) {
      count(byMismatch, `${call}: ${mismatch.replaceAll(/\[\d+\]/g, '[]')}`);
    }
  }
  for (const [text, times] of [...byMismatch, ...skipped]) {
    console.log(`${times} × ${text}`);
  }
  console.log(
    `${compared} of ${exchanges.length} exchanges of ${operations.size} operations were compared with the models: ${byMismatch.size} mismatches.`,
  );
  return compared === 0 ? 1 : byMismatch.size;
}

function count(numbers: Map<string, number>, key: string): void {
  numbers.set(key, (numbers.get(key) ?? 0) + 1);
}
