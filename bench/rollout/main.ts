import {spawn} from 'node:child_process';
import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setInterval} from 'node:timers';
import {fileURLToPath} from 'node:url';
import {DescribeServicesCommand, DescribeTasksCommand, ListTasksCommand} from '@aws-sdk/client-ecs';
import {type EcsLab, startEcsLab} from '../../test/lab/aws/ecs-lab.ts';
import {benchFolder, endWithBench} from '../folder.ts';

// `npm run bench:rollout`: how long after something changed in ECS, or at the load balancer, the program says so. The
// real program watches the lab's AWS, whose tasks are real processes; when a change really happened comes from the lab.
const root = fileURLToPath(new URL('../..', import.meta.url));
const rounds = 3;
/** How long a look takes here, at most. */
const lookMs = 200;

interface Scenario {
  readonly name: string;
  readonly prepare?: (lab: EcsLab) => void;
  readonly service?: Parameters<typeof startEcsLab>[0];
}

const scenarios: readonly Scenario[] = [
  {name: 'it works'},
  {name: 'no image', prepare: ({ecs}) => ecs.faults.missingImage('shop:2')},
  {
    name: 'tasks crash, breaker',
    prepare: ({ecs}) => ecs.faults.crash('shop:2', 3),
    service: {circuitBreaker: {enable: true, rollback: true}},
  },
  {name: 'no room', prepare: ({ecs}) => ecs.faults.noCapacity('MEMORY')},
  {
    name: 'targets unreachable',
    prepare: ({ecs}) => ecs.faults.unreachable('shop:2'),
    service: {healthCheckGraceMs: 600_000},
  },
];

/** Something that really happened, and the words by which its line is known. */
interface Change {
  readonly kind: string;
  readonly atMs: number;
  readonly words: readonly string[];
}

say(
  'From a change to our line about it, in ms. The look behind a line comes 0.1 to 1 s after the one before it.\n',
);
table(['rollout', 'change', 'seen', 'not seen', 'median', 'most']);
for (const scenario of scenarios) {
  const delays = new Map<string, (number | undefined)[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const {kind, delayMs} of await watched(scenario)) {
      delays.set(kind, [...(delays.get(kind) ?? []), delayMs]);
    }
  }
  for (const [kind, all] of delays) {
    const seen = all.filter((delayMs) => delayMs !== undefined).toSorted((a, b) => a - b);
    const median = seen[Math.floor(seen.length / 2)] ?? Number.NaN;
    const missed = all.length - seen.length;
    table([
      scenario.name,
      kind,
      seen.length,
      missed,
      Math.round(median),
      Math.round(seen.at(-1) ?? Number.NaN),
    ]);
  }
}

async function watched(scenario: Scenario) {
  const lab = await startEcsLab({desiredCount: 4, ...scenario.service});
  const folder = benchFolder('switcharoo-rollout-');
  try {
    await lab.ecs.steady();
    scenario.prepare?.(lab);
    const health = watchTargets(lab);
    const lines = linesOf(await output(lab, folder));
    const begunMs = lines.find(({text}) => text.includes('applying on service: update'))?.atMs ?? 0;
    const changes = [...(await realChanges(lab)), ...health.end()].filter(
      // After the last look nobody looked.
      ({atMs}) => atMs >= begunMs && atMs < (lines.at(-1)?.atMs ?? 0) - lookMs,
    );
    return changes.map(({kind, atMs, words}) => {
      const line = lines.find(
        (line) => line.atMs >= atMs - 5 && words.every((part) => line.text.includes(part)),
      );
      return {kind, delayMs: line && line.atMs - atMs};
    });
  } finally {
    rmSync(folder, {recursive: true, force: true});
    await lab.stop();
  }
}

/** The real program, without a terminal: a time-stamped line for all that it tells. */
function output({config}: EcsLab, folder: string): Promise<string> {
  const {accessKeyId, secretAccessKey} = config.credentials ?? {
    accessKeyId: '',
    secretAccessKey: '',
  };
  const inventory = join(folder, 'small.yaml');
  writeFileSync(
    inventory,
    `name: small\ntargets:\n  service: {kind: ecs-service, cluster: shop, service: web, endpoint: '${config.endpoint}', credentials: {accessKeyId: ${accessKeyId}, secretAccessKey: {env: BENCH_SECRET}}}\n`,
  );
  const program = join(root, 'bin', 'switcharoo.js');
  const words = [
    '--state-dir',
    folder,
    'run',
    join(root, 'bench/rollout/runbook.ts'),
    '-i',
    inventory,
    '--yes',
  ];
  const child = spawn(process.execPath, [program, ...words], {
    cwd: root,
    env: {...process.env, BENCH_SECRET: secretAccessKey},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithBench(folder, child);
  return new Promise((resolve) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.once('close', () => resolve(text));
  });
}

function linesOf(text: string): readonly {readonly atMs: number; readonly text: string}[] {
  return text.split('\n').flatMap((line) => {
    const [at = '', text = ''] = [line.slice(0, 24), line.slice(25)];
    return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(at) ? [{atMs: Date.parse(at), text}] : [];
  });
}

/** From ECS itself, afterwards: its events and its tasks have their times. */
async function realChanges({ecsClient}: EcsLab): Promise<readonly Change[]> {
  const asked = {cluster: 'shop', services: ['web']};
  const [service] = (await ecsClient.send(new DescribeServicesCommand(asked))).services ?? [];
  const events = (service?.events ?? []).map(({createdAt, message = ''}) => ({
    kind: message.includes('unable to place') ? 'event: no place' : 'event',
    atMs: createdAt?.getTime() ?? 0,
    words: [message.replace(/^\(service [^)]*\) /, '')],
  }));
  const tasks = await allTasks(ecsClient);
  const fresh = tasks.filter(({taskDefinitionArn = ''}) => taskDefinitionArn.endsWith('web:2'));
  const moves = fresh.flatMap(({taskArn = '', startedAt, stoppedAt}) => {
    const id = (taskArn.split('/').at(-1) ?? '').slice(0, 8);
    return [
      ...(startedAt && !stoppedAt
        ? [{kind: 'task runs', atMs: startedAt.getTime(), words: [`task ${id} (web:2): RUNNING`]}]
        : []),
      ...(stoppedAt
        ? [
            {
              kind: 'task stopped',
              atMs: stoppedAt.getTime(),
              words: [`task ${id} (web:2): STOPPED`],
            },
          ]
        : []),
    ];
  });
  return [...events, ...moves];
}

async function allTasks(client: EcsLab['ecsClient']) {
  const described = [];
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    const asked = {cluster: 'shop', serviceName: 'web', desiredStatus};
    const {taskArns: tasks = []} = await client.send(new ListTasksCommand(asked));
    const command = new DescribeTasksCommand({cluster: 'shop', tasks});
    described.push(...(tasks.length === 0 ? [] : ((await client.send(command)).tasks ?? [])));
  }
  return described;
}

/** The load balancer says of no change when it was: it is looked at all the time. */
function watchTargets({balancer}: EcsLab): {end(): readonly Change[]} {
  const states = new Map<string, string>();
  const changes: Change[] = [];
  const timer = setInterval(() => {
    for (const {id, state} of balancer.targets()) {
      if (states.get(id) !== state && (state === 'healthy' || state === 'unhealthy')) {
        const words = [`target ${id} in shop: `, ` ${state}`];
        changes.push({kind: `target ${state}`, atMs: Date.now(), words});
      }
      states.set(id, state);
    }
  }, 2);
  return {
    end: () => {
      clearInterval(timer);
      return changes;
    },
  };
}

function table(cells: readonly (string | number)[]): void {
  say(
    cells
      .map((cell, index) => (index < 2 ? String(cell).padEnd(22) : String(cell).padStart(10)))
      .join(''),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
