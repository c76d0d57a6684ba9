import {spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Operator} from '../../src/engine/operator.ts';
import {progressOf} from '../../src/model/progress.ts';
import type {RunOptions} from '../../src/run/open-run.ts';
import {
  begun,
  caughtUp,
  entriesIn,
  resumed,
  reversed,
  takenOver,
  textInStore,
  textOn,
} from './small/hosts.ts';
import {onSmallStage, type SmallHost, type SmallStage, smallRunbook} from './small/stage.ts';
import {tableText} from './table.ts';

/** Where the first host is lost: the entry, and what the last line of the object says. */
interface Barrier {
  readonly label: string;
  readonly where: 'before the freeze' | 'in the freeze' | 'after the freeze';
}

const events = {
  'killed, request lost': killAt,
  'killed, answer lost': killAt,
  'store away, then back': loseStoreAt,
  'store away, reversed alone': loseStoreAt,
  'store away, reverses by itself': loseStoreAt,
  'store away, goes on alone': loseStoreAt,
} as const;
type Event = keyof typeof events;

export interface Lived {
  readonly event: Event;
  readonly barrier: Barrier;
  readonly way: 'resume' | 'reverse';
  readonly problems: readonly string[];
}

interface Scene {
  readonly stage: SmallStage;
  readonly event: Event;
  readonly barrier: Barrier;
  readonly way: 'resume' | 'reverse';
  readonly unbroken: Unbroken;
}

/** What a run does that nothing disturbs. */
interface Unbroken {
  readonly barriers: readonly Barrier[];
  readonly effects: readonly string[];
  readonly start: unknown;
  readonly end: unknown;
}

const waiting = new Set(['action-intended', 'answered', 'point-of-no-return-passed']);
const atOnce = 3;

/** Every barrier of a cutover, with everything that can become of the first host or the store there. */
export async function drillBarriers(
  {only}: {readonly only?: readonly number[] | undefined},
  say: (text: string) => void,
): Promise<readonly Lived[]> {
  const unbroken = await onSmallStage(liveUnbroken);
  const all = (Object.keys(events) as Event[]).flatMap((event) =>
    unbroken.barriers.flatMap((barrier) =>
      (event.startsWith('killed') ? (['resume', 'reverse'] as const) : (['resume'] as const)).map(
        (way) => ({event, barrier, way}),
      ),
    ),
  );
  const chosen = all.filter((_, index) => only === undefined || only.includes(index + 1));
  say(`${chosen.length} nights at ${unbroken.barriers.length} barriers`);
  const lived: Lived[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < chosen.length; index = next++) {
      const night = chosen[index];
      if (night) {
        const problems = await onSmallStage((stage) =>
          events[night.event]({...night, stage, unbroken}),
        );
        lived.push({...night, problems});
        if (problems.length > 0) {
          const {label} = night.barrier;
          say(`${night.event} at ${label}, ${night.way}: ${problems.join('; ')}`);
        }
      }
    }
  };
  await Promise.all(Array.from({length: atOnce}, lane));
  say(tableText(rowsOf(lived)));
  return lived;
}

function rowsOf(lived: readonly Lived[]): readonly (readonly string[])[] {
  const head = ['', 'before the freeze', 'in the freeze', 'after the freeze', 'differences'];
  const rows = (Object.keys(events) as Event[]).map((event) => {
    const own = lived.filter((night) => night.event === event);
    const countIn = (where: string) =>
      String(own.filter(({barrier}) => barrier.where === where).length);
    const differences = own.filter(({problems}) => problems.length > 0).length;
    return [event, ...head.slice(1, 4).map(countIn), String(differences)];
  });
  return [head, ...rows];
}

async function liveUnbroken(stage: SmallStage): Promise<Unbroken> {
  const labels: string[] = [];
  stage.meet({
    object: async ({body}, serve) => {
      const label = labelOf(body);
      if (label !== undefined && !labels.includes(label)) {
        labels.push(label);
      }
      return serve();
    },
  });
  const start = stage.shop.state.settings;
  const [ada] = stage.hosts;
  await begun(stage, ada, {});
  const [freeze, open] = ['freeze', 'unpage'].map((entry) =>
    labels.findIndex((label) => label.startsWith(`${entry}:`)),
  ) as [number, number]; // both are entries of the runbook
  // The first intent of the freeze is shared before anything is frozen.
  const whereOf = (at: number): Barrier['where'] =>
    at <= freeze ? 'before the freeze' : at < open ? 'in the freeze' : 'after the freeze';
  return {
    barriers: labels.map((label, at) => ({label, where: whereOf(at)})),
    effects: effectsOn(stage),
    ...{start, end: stage.shop.state.settings},
  };
}

/** Of what a process waits for; nothing of what is shared while it works on. */
function labelOf(body: string): string | undefined {
  const last = entriesIn(body).at(-1);
  return last && waiting.has(last.kind)
    ? `${'entry' in last ? last.entry : ''}: ${last.kind}`
    : undefined;
}

const effectsOn = ({shop}: SmallStage): readonly string[] =>
  shop.effects.map(({what, value}) => `${what} = ${value}`);

/** The real program is killed while it waits for the store, which has the object or not; the second host goes on. */
async function killAt(scene: Scene): Promise<readonly string[]> {
  const {stage, barrier, event, unbroken} = scene;
  const [ada, kim] = stage.hosts;
  const words = ['run', smallRunbook, '-i', stage.inventory, '--yes', '--json'];
  const child = spawn(
    process.execPath,
    ['bin/switcharoo.js', '--state-dir', ada.folder, ...words],
    {stdio: 'ignore'},
  );
  const dead = once(child, 'exit');
  let isKilled = false;
  stage.meet({
    object: async ({body}, serve) => {
      if (isKilled || labelOf(body) !== barrier.label) {
        return serve();
      }
      isKilled = true;
      const reply = event === 'killed, answer lost' ? await serve() : undefined;
      child.kill('SIGKILL');
      await dead;
      return reply ?? Promise.reject(new Error('nobody hears of it'));
    },
  });
  await dead;
  const [run = ''] = ada.state.runs();
  if (!isKilled) {
    return ['the barrier never came'];
  }
  const sent = effectsOn(stage).length;
  // What the store has not heard of is on the first host alone.
  const isShared = textInStore(stage, run) !== '';
  const host = isShared ? kim : ada;
  const taken = isShared ? await takenOver(stage, {run, host, isSure: true}) : undefined;
  const ended = await endOn(scene, run, host);
  return [
    ...(taken === undefined || taken.end === 'taken over' ? [] : [`take-over: ${taken.end}`]),
    ...ended,
    ...(await differencesOf(scene, {run, host, sent})),
    ...(unbroken.effects.slice(0, sent).join() === effectsOn(stage).slice(0, sent).join()
      ? []
      : ['the first host did something else']),
  ];
}

/** Forward, or back where anything is to be reversed. */
async function endOn({way}: Scene, run: string, host: SmallHost): Promise<readonly string[]> {
  const back = way === 'reverse' ? await reversed(run, host) : undefined;
  const isForward = back === undefined || notReversible.has(back.end);
  const came = isForward ? await resumed(run, host) : back;
  return came.end === (isForward ? 'done' : 'reversed') ? [] : [`${way}: ${came.end}`];
}

const notReversible = new Set(['nothing-to-reverse', 'past-point-of-no-return']);

interface After {
  readonly run: string;
  readonly host: SmallHost;
  /** How many effects the first host had. */
  readonly sent: number;
}

async function differencesOf(
  {stage, unbroken}: Scene,
  {run, host}: After,
): Promise<readonly string[]> {
  const text = textOn(host, run);
  const isReversed = isAtStart(text);
  const hasReversed = entriesIn(text).some(({kind}) => kind === 'run-reversed');
  const is = JSON.stringify(stage.shop.state.settings);
  const effects = effectsOn(stage);
  const {lost, duplicated, splits} = await stage.shop.count();
  return [
    ...(is === JSON.stringify(isReversed ? startOf(unbroken, is) : unbroken.end) ? [] : [is]),
    ...(isReversed || hasReversed || effects.join() === unbroken.effects.join()
      ? []
      : [effects.join()]),
    ...(lost + duplicated + splits === 0 ? [] : [JSON.stringify({lost, duplicated, splits})]),
    ...(text === textInStore(stage, run) ? [] : ['the store differs from the journal']),
  ];
}

/** The run was reversed to its start, and is over. */
function isAtStart(text: string): boolean {
  const progress = progressOf(entriesIn(text));
  return progress?.outcome === 'reversed' && progress.checkpoints.length === 0;
}

/** A setting that was not there before is "none" after its reversal. */
function startOf({start}: Unbroken, is: string): unknown {
  const none = Object.keys(JSON.parse(is)).map((what) => [what, 'none']);
  const all = {...Object.fromEntries(none), ...(start as object)};
  return Object.fromEntries(Object.keys(JSON.parse(is)).map((what) => [what, all[what]]));
}

/** The store does not answer from the barrier on: the run does nothing more forward, and pauses. */
async function loseStoreAt(scene: Scene): Promise<readonly string[]> {
  const {stage, barrier, event, unbroken} = scene;
  const [ada] = stage.hosts;
  let isAway = false;
  let sent = -1;
  stage.meet({
    isAway: () => isAway,
    object: async ({body}, serve) => {
      if (sent < 0 && labelOf(body) === barrier.label) {
        isAway = true;
        sent = effectsOn(stage).length;
        throw new Error('the store is away');
      }
      return serve();
    },
  });
  const isAlone = event === 'store away, goes on alone';
  // After a decision it pauses all the same: nobody is asked there.
  const isDecision = !barrier.label.endsWith(': action-intended');
  const mayEnd = (end: string) => paused.has(end) || (isAlone && !isDecision && end === 'done');
  const isStopped = !isAlone && event !== 'store away, reverses by itself';
  const first = await begun(stage, ada, optionsOf(event));
  const [run = ''] = ada.state.runs();
  const problems = [
    ...(sent >= 0 ? [] : ['the barrier never came']),
    ...(mayEnd(first.end) ? [] : [`run: ${first.end}`]),
    ...(!isStopped || effectsOn(stage).length === sent ? [] : ['it acted without the store']),
    ...(isAlone && !isDecision && effectsOn(stage).length === sent ? ['it did not go on'] : []),
    ...(effectsOn(stage).slice(0, sent).join() === unbroken.effects.slice(0, sent).join()
      ? []
      : ['it sent something else']),
  ];
  if (event === 'store away, reversed alone') {
    const refused = await reversed(run, ada);
    const isExpected = refused.end === 'store-unreachable' || notReversible.has(refused.end);
    problems.push(...(isExpected ? [] : [`reverse: ${refused.end}`]));
    const alone = await reversed(run, ada, {alone: true});
    problems.push(...endOfReversal(alone.end));
  }
  isAway = false;
  // What reversed itself stopped at the nearest checkpoint.
  if (!isAtStart(textOn(ada, run)) && first.end !== 'done') {
    const ended = await resumed(run, ada);
    problems.push(...(ended.end === 'done' ? [] : [`resume: ${ended.end}, after ${first.end}`]));
  }
  await caughtUp(stage, ada);
  return [...problems, ...(await differencesOf(scene, {run, host: ada, sent}))];
}

/** What is told when an entry fails. */
function optionsOf(event: Event): RunOptions {
  switch (event) {
    case 'store away, reverses by itself':
      return {onFailure: 'reverse'};
    case 'store away, goes on alone':
      return {operator: alone};
    default:
      return {};
  }
}

const alone: Operator = {
  name: 'ada',
  ask: async () => ({answer: 'unasked', by: 'ada'}),
  decide: async ({mayGoAlone}) =>
    mayGoAlone ? {choice: 'retry', alone: true, by: 'ada'} : {choice: 'stop', by: 'ada'},
};

/** Once the new side may have writes of its own, a person decides whether to reverse. */
const paused = new Set(['store-unreachable', 'reversed', 'reversal-loses-writes']);

const endOfReversal = (end: string): readonly string[] =>
  end === 'reversed' || notReversible.has(end) ? [] : [`reverse --alone: ${end}`];
