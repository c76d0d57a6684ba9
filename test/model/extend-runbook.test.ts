import {expect, test} from 'vitest';
import {z} from 'zod';
import {
  confirm,
  defineGate,
  defineRunbook,
  defineTarget,
  done,
  type Runbook,
} from '../../src/index.ts';
import {extendRunbook} from '../../src/model/extend-runbook.ts';

const site = defineTarget({
  kind: 'site',
  config: z.object({}),
  open: async () => ({reader: {}, writer: {}, close: async () => {}}),
});
const open = defineGate({
  name: 'site.open',
  summary: 'Wait for the site.',
  targets: {site},
  input: z.object({}),
  output: z.object({at: z.string()}),
  needs: {site: []},
  timeoutMs: 1_000,
  check: async () => done({at: 'now'}),
});
const shut = {...open, name: 'site.shut', neverSkip: 'Visitors would write.'};
const asked = {on: {}, input: () => ({question: 'Go?', details: []})};
const looked = {on: {site: 'shop'}, input: () => ({})} as const;
const base = defineRunbook({
  name: 'base',
  summary: 'Base.',
  params: z.object({hosts: z.array(z.string()).default(['web1'])}),
  targets: {shop: site},
})
  .phase('Prepare')
  .step('ready', open, looked)
  .checkpoint('prepared')
  .phase('Cut over')
  .step('go', confirm, {...asked, after: ['ready']})
  .together('Stop', (group) =>
    group
      .step('stop-web', open, {...looked, requires: ['go']})
      .step('stop-crons', open, {...looked, requires: ['go']}),
  )
  .each('shut', {title: 'Shut', of: ({hosts}) => hosts, name: (host) => host}, shut, (_host) => ({
    ...looked,
    requires: ['stop-web'],
  }))
  .step('swap', open, {...looked, after: ['stop-web', 'shut'], requires: ['go']})
  .step('accept', confirm, {...asked, after: ['swap']});

const shapeOf = ({items}: Runbook<any, any, any, any, any>) =>
  items.map((item) => [
    item.phase,
    ...(item.kind === 'entry'
      ? [item.group ?? '', item.id, [...item.after], [...item.requires]]
      : [item.kind]),
  ]);
const idsOf = ({items}: Runbook<any, any, any, any, any>) =>
  items.map((item) => (item.kind === 'entry' ? item.id : item.kind));

test('entries are added before and after an entry or a checkpoint, and a group stays one', () => {
  const extended = extendRunbook(base, {name: 'ours'})
    .before('prepared', (runbook) => runbook.step('partner', confirm, asked))
    .after('prepared', (runbook) => runbook.phase('Tell').step('told', confirm, asked))
    .before('stop-crons', (runbook) => runbook.step('page-up', open, looked))
    .after('stop-web', (runbook) =>
      runbook.step('quiet', open, {...looked, after: ['stop-web', 'page-up']}),
    )
    .beside('stop-web', (group) => group.step('stop-queue', open, {...looked, requires: ['go']}));
  expect(extended.head).toMatchObject({name: 'ours', summary: 'Base.'});
  expect(shapeOf(extended)).toEqual([
    ['Prepare', '', 'ready', [], []],
    ['Prepare', '', 'partner', [], []],
    ['Prepare', 'checkpoint'],
    ['Tell', '', 'told', [], []],
    ['Cut over', '', 'go', ['ready'], []],
    ['Cut over', '', 'page-up', [], []],
    ['Cut over', 'Stop', 'stop-web', [], ['go']],
    ['Cut over', 'Stop', 'stop-crons', [], ['go']],
    ['Cut over', 'Stop', 'stop-queue', [], ['go']],
    ['Cut over', '', 'quiet', ['stop-web', 'page-up'], []],
    ['Cut over', '', 'swap', ['stop-web', 'shut'], ['go']],
    ['Cut over', '', 'accept', ['swap'], []],
  ]);
  expect(idsOf(base)).toHaveLength(7);
});

test('what is added around entries that the parameters make stays around them', () => {
  const extended = extendRunbook(base)
    .before('shut', (runbook) => runbook.step('first', open, looked))
    .after('shut', (runbook) =>
      runbook.step('last', open, {
        on: {site: 'shop'},
        input: ({outputs}) => {
          outputs.shut('web1').at;
          return {};
        },
      }),
    );
  expect(extended.isOpen).toBe(true);
  const ids = idsOf(extended.expanded({hosts: ['web1', 'web2']}));
  expect(ids.slice(ids.indexOf('first'), ids.indexOf('swap'))).toEqual([
    'first',
    'shut:web1',
    'shut:web2',
    'last',
  ]);
});

test('a replaced entry keeps its place, its group and the guards that its binding does not name', () => {
  const replaced = extendRunbook(base)
    .replace('stop-web', shut, {...looked, timeoutMs: 5_000})
    .replace('swap', open, {...looked, after: ['go']});
  expect(shapeOf(replaced)).toEqual(
    shapeOf(base).map((shape) =>
      shape[2] === 'swap' ? ['Cut over', '', 'swap', ['go'], ['go']] : shape,
    ),
  );
  expect(replaced.entries.find(({id}) => id === 'stop-web')).toMatchObject({
    unit: {name: 'site.shut'},
    timeoutMs: 5_000,
    neverSkip: 'Visitors would write.',
  });
});

test('an entry that is left out leaves its own order to those that came after it', () => {
  expect(shapeOf(extendRunbook(base).without('stop-web').without('ready'))).toEqual([
    ['Prepare', 'checkpoint'],
    ['Cut over', '', 'go', [], []],
    ['Cut over', 'Stop', 'stop-crons', [], ['go']],
    ['Cut over', '', 'swap', ['go', 'shut'], ['go']],
    ['Cut over', '', 'accept', ['swap'], []],
  ]);
  const {items} = extendRunbook(base)
    .without('stop-web')
    .expanded({hosts: ['web1']});
  expect(items.find((item) => item.kind === 'entry' && item.id === 'shut:web1')).toMatchObject({
    requires: ['go'],
  });
  expect(idsOf(extendRunbook(base).without('prepared'))).not.toContain('checkpoint');
});

test('further parameters and targets are those of the base and the own ones', () => {
  const {head} = extendRunbook(base, {
    params: z.object({partner: z.string()}),
    targets: {help: site},
  });
  expect(head.params.parse({partner: 'x'})).toEqual({partner: 'x', hosts: ['web1']});
  expect(Object.keys(head.targets)).toEqual(['shop', 'help']);
});

test('a place that the base does not have is named, with the one that is meant', () => {
  const extended = extendRunbook(base) as any;
  expect(() => extended.before('swaps', (runbook: unknown) => runbook)).toThrow(
    'base has no entry or checkpoint swaps. Did you mean swap?',
  );
  expect(() => extended.replace('prepared', open, looked)).toThrow(
    'prepared of base is a checkpoint or a set of entries, not a single entry',
  );
  expect(() => extended.beside('swap', (group: unknown) => group)).toThrow(
    'swap is not in a group: use after() instead of beside()',
  );
  const odd = defineRunbook({...base.head, params: z.string() as never});
  expect(() => extendRunbook(odd, {params: z.object({})})).toThrow('are not a z.object');
});
