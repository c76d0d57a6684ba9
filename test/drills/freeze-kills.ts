import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {positionOf} from '../../lab/mysql/seed.ts';
import {statementsOf} from '../../lab/mysql/statements.ts';
import {type SideWatch, watchSides} from '../../lab/side-watch.ts';
import {chanceFrom} from '../../src/forecast/chance.ts';
import {type TriedDatabases, tryDatabases} from '../lab/mysql/databases.ts';
import {mariadb, old} from '../lab/mysql/server-kinds.ts';

export interface FreezeKill {
  readonly outcome: 'not frozen' | 'ended itself' | 'opened' | 'neither';
  readonly problems: readonly string[];
}

const boundSeconds = 2;
/** The event has whole seconds, and looks and a busy machine add to it. */
const slackMs = 500;
const child = fileURLToPath(new URL('./freeze-child.ts', import.meta.url));

/** Kills a freeze that ends itself at random, or cuts it off, so often on each kind of server that can have one. */
export async function drillFreeze(
  {count, seed}: {readonly count: number; readonly seed: number},
  say: (text: string) => void,
): Promise<readonly FreezeKill[]> {
  const results: FreezeKill[] = [];
  for (const kind of [old, mariadb]) {
    const databases = await tryDatabases({source: kind, target: kind});
    const sides = watchSides({source: databases.source, aurora: databases.aurora});
    try {
      const of = await killOften(databases, sides, {count, random: chanceFrom(seed)}, say);
      const sum = (outcome: FreezeKill['outcome']) =>
        of.filter((each) => each.outcome === outcome).length;
      say(
        `${kind.name}: ${of.length} killed or cut off: ${sum('not frozen')} not frozen, ${sum('ended itself')} ended by the event, ${sum('opened')} with Aurora open, ${sum('neither')} between the drop of the event and Aurora`,
      );
      results.push(...of);
    } finally {
      await sides.stop();
      await databases.close();
    }
  }
  return results;
}

async function killOften(
  databases: TriedDatabases,
  sides: SideWatch,
  {count, random}: {readonly count: number; readonly random: () => number},
  say: (text: string) => void,
): Promise<readonly FreezeKill[]> {
  const {source, aurora} = databases;
  await aurora.query("CALL mysql.rds_set_configuration('binlog retention hours', 168)");
  await connect(databases);
  const results: FreezeKill[] = [];
  for (let index = 0; index < count; index += 1) {
    await source.query('SET GLOBAL event_scheduler = ON');
    await aurora.query('CALL mysql.rds_set_read_only(1)');
    await source.query('SET GLOBAL read_only = OFF');
    await until(async () => sides.report().accepts.source === true);
    const result = await killOnce(databases, sides, random);
    results.push(result);
    if (result.problems.length > 0) {
      say(`${index + 1}: FAILED: ${result.problems.join('; ')}`);
    }
  }
  return results;
}

/** Aurora executes what the source writes: both sides writable would be a fault from the first moment on. */
async function connect({source, aurora, passwords: {repl}}: TriedDatabases): Promise<void> {
  const words = statementsOf(aurora.brand);
  const {file, position} = await positionOf(source);
  await aurora.query(words.follow, ['127.0.0.1', source.port, repl, file, position]);
  await aurora.query(words.start);
}

async function killOnce(
  {source, aurora}: TriedDatabases,
  sides: SideWatch,
  random: () => number,
): Promise<FreezeKill> {
  const earlier = sides.report().bothWritable.length;
  const args = [source.port, aurora.port, boundSeconds, Math.round(random() * 60)].map(String);
  const run = start(args);
  await run.said('ready');
  // One in four anywhere; the others while the source is frozen.
  const isAnywhere = random() < 0.25;
  await (isAnywhere ? sleep(random() * 250) : until(async () => !sides.report().accepts.source));
  await sleep(isAnywhere ? 0 : random() * 120);
  // A stopped process is what a cut network leaves: its sessions stay open and say nothing.
  run.child.kill(random() < 0.5 ? 'SIGKILL' : 'SIGSTOP');
  const accepts = () => sides.report().accepts;
  await sleep(30);
  const isFrozen = accepts().source === false;
  const since = performance.now();
  const over = () => accepts().source === true || accepts().aurora === true;
  const isOver = await until(async () => over(), boundSeconds * 1_000 + 5_000);
  const ms = performance.now() - since;
  const outcome = !isOver
    ? 'neither'
    : accepts().aurora
      ? 'opened'
      : isFrozen
        ? 'ended itself'
        : 'not frozen';
  const problems = [
    ...(isOver && ms > boundSeconds * 1_000 + slackMs ? [`frozen for ${Math.round(ms)} ms`] : []),
    ...(isOver ? [] : await openedByResume(source.port, aurora.port, sides)),
  ];
  run.child.kill('SIGKILL');
  await run.ended;
  const both = sides.report().bothWritable.slice(earlier);
  return {
    outcome,
    problems: [...problems, ...both.map(({ms}) => `both sides writable for ${ms} ms`)],
  };
}

/** A process that died between the drop of the event and the opening: nothing but a resume ends that freeze. */
async function openedByResume(
  source: number,
  aurora: number,
  sides: SideWatch,
): Promise<readonly string[]> {
  const run = start([source, aurora, boundSeconds, 0, 'started'].map(String));
  await run.ended;
  const isOpen = await until(async () => sides.report().accepts.aurora === true, 2_000);
  return isOpen ? [] : ['neither side accepts writes, and a resume does not open Aurora'];
}

function start(args: readonly string[]) {
  const started = spawn(
    process.execPath,
    ['--conditions=switcharoo-source', '--import', 'tsx', child, ...args],
    {stdio: ['ignore', 'pipe', 'inherit']},
  );
  let text = '';
  started.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const ended = once(started, 'exit');
  return {
    child: started,
    ended,
    said: async (word: string) => {
      if (!(await until(async () => text.includes(word), 60_000))) {
        throw new Error('the process that freezes did not start');
      }
    },
  };
}

async function until(isSo: () => Promise<boolean>, limitMs = 30_000): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  while (performance.now() < giveUpAt) {
    if (await isSo()) {
      return true;
    }
    await sleep(2);
  }
  return false;
}
