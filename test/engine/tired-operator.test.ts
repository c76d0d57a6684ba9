import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import bareMetalToEcs from '../../runbooks/bare-metal-to-ecs.ts';
import moveNameServers from '../../runbooks/move-name-servers.ts';
import seamlessCutover from '../../runbooks/seamless-cutover.ts';
import shiftGradually from '../../runbooks/shift-gradually.ts';
import warmCutover from '../../runbooks/warm-cutover.ts';
import type {Answer} from '../../src/engine/operator.ts';
import {blocked, confirm, defineGate, defineStep, done, pending} from '../../src/index.ts';
import type {Entry, Item} from '../../src/model/entry.ts';
import {type AnyRunbook, Runbook} from '../../src/model/runbook.ts';
import {Shelf, shelf} from './fakes.ts';
import {Rig} from './rig.ts';

// Somebody at 3 a.m. who presses Enter, or skips whatever may be skipped, at each failure of each entry.

const runbooks: readonly AnyRunbook[] = [
  bareMetalToEcs,
  warmCutover,
  seamlessCutover,
  shiftGradually,
  moveNameServers,
];

/** What the entries of these units do is felt by clients. */
const felt = new Set([
  'mysql.freeze-writes',
  'mysql.freeze-in-ring',
  'hosts.stop-web-servers',
  'hosts.stop-crons',
  'hosts.close-port',
  'hosts.forward-traffic',
  'aurora.promote',
  'aurora.open-writes',
  'aurora.open-writes-in-ring',
  'hosts.hold-connections',
  'route53.swap-records',
  'route53.change-delegation',
]);

/** The runbook with its own order, dependencies, inputs and rules, on a shelf with a box for each entry. */
function onShelf(runbook: AnyRunbook): AnyRunbook {
  const items = (runbook.items as readonly Item[]).map(
    (item): Item =>
      item.kind === 'entry' && item.unit !== confirm ? {...item, ...boxOf(item)} : item,
  );
  const {name, summary, params} = runbook.head;
  return new Runbook({name, summary, params, targets: {a: shelf}}, items, '');
}

function boxOf({id, unit: {name, kind}}: Entry): Pick<Entry, 'unit' | 'on' | 'timeoutMs'> {
  const parts = {
    name,
    summary: name,
    targets: {shelf},
    input: z.any(),
    output: z.any(),
    needs: {shelf: []},
    timeoutMs: 1_000,
  };
  const check = async ({
    targets,
  }: {
    targets: {shelf: {read(box: string): Promise<string | null>}};
  }) => {
    const box = await targets.shelf.read(id);
    return box === 'broken' ? blocked(`${id} is broken.`, 'Mend it.') : box;
  };
  const gate = defineGate({
    ...parts,
    check: async (look) => {
      const box = await check(look);
      return box !== null && typeof box === 'object' ? box : done({});
    },
  });
  const step = defineStep({
    ...parts,
    before: z.any(),
    reverses: 'Empties the box.',
    check: async (look) => {
      const box = await check(look);
      return box !== null && typeof box === 'object' ? box : box === null ? pending({}) : done({});
    },
    plan: async () => [write(id, 'done')],
    reverse: async () => [write(id, null)],
  });
  return {unit: kind === 'gate' ? gate : step, on: {shelf: 'a'}, timeoutMs: 1_000};
}

const write = (box: string, text: string | null) =>
  ({
    on: 'shelf',
    does: `${text === null ? 'empty' : 'fill'} ${box}`,
    perform: (writer: {put(box: string, text: string | null): Promise<void>}) =>
      writer.put(box, text),
  }) as const;

async function nightWith(runbook: AnyRunbook, broken: string, answer: Answer['answer']) {
  const a = new Shelf('a', {[broken]: 'broken'});
  const rig = new Rig({runbook: onShelf(runbook), shelves: [a], params: paramsOf()});
  rig.operator.answering = () => answer;
  rig.operator.deciding = ({skip}) =>
    skip.allowed ? {choice: 'skip', reason: 'x'} : {choice: 'stop'};
  await rig.run();
  const later = rig.reopened();
  later.operator.answering = rig.operator.answering;
  later.operator.deciding = rig.operator.deciding;
  await later.run();
  return {a, rig: later};
}

/** Lambdas ask for parameters; their values do not matter here. */
const paramsOf = () =>
  new Proxy({toJSON: () => ({})}, {get: (target, key) => (key === 'toJSON' ? target.toJSON : [])});

describe.each(runbooks.map((runbook) => ({name: runbook.head.name, runbook})))(
  'a tired operator of $name',
  ({runbook}) => {
    const items: readonly Item[] = runbook.items;
    const entries: readonly Entry[] = runbook.entries;
    const ids = entries.filter(({unit}) => unit !== confirm).map(({id}) => id);

    test('who only presses Enter and skips starts nothing that clients feel', async () => {
      const at = entries.findIndex(({unit}) => unit === confirm);
      const mayHappen = new Set(entries.slice(0, at).map(({id}) => id));
      for (const broken of ids) {
        const {a} = await nightWith(runbook, broken, 'no');
        const done = [...a.boxes].filter(([, text]) => text === 'done').map(([id]) => id);
        expect(
          done.filter((id) => !mayHappen.has(id)),
          broken,
        ).toEqual([]);
      }
    });

    test('who says yes to everything and skips never moves past an entry that guards', async () => {
      for (const broken of ids) {
        const {a, rig} = await nightWith(runbook, broken, 'yes');
        const {entries: states, passedPointOfNoReturn} = rig.progress;
        const isGuard = ({neverSkip}: Entry) => neverSkip !== undefined;
        const acted = entries.filter(
          ({id, unit}) => felt.has(unit.name) && a.boxes.get(id) === 'done',
        );
        for (const entry of acted) {
          const before = entries.slice(0, entries.indexOf(entry)).filter(isGuard);
          const group = before.filter(({group}) => group === undefined || group !== entry.group);
          expect(
            group.filter(({id}) => states.get(id)?.state !== 'done').map(({id}) => id),
            `${broken} is broken, and ${entry.id} acted`,
          ).toEqual([]);
        }
        if (passedPointOfNoReturn) {
          const barrier = items.findIndex(({kind}) => kind === 'point-of-no-return');
          const guards = items
            .slice(0, barrier)
            .filter((item) => item.kind === 'entry' && isGuard(item));
          expect(
            guards.filter((item) => item.kind === 'entry' && states.get(item.id)?.state !== 'done'),
            `${broken} is broken, and there is no return`,
          ).toEqual([]);
        }
      }
    });
  },
);
