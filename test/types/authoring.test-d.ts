// What an author must not be able to write. `tsc` checks this file: an expected mistake that compiles is a mistake
// here.
import {z} from 'zod';
import {
  blocked,
  defineFragment,
  defineGate,
  defineOneWayStep,
  defineRunbook,
  defineStep,
  defineTarget,
  done,
  pending,
  waiting,
} from '../../src/index.ts';
import {promote} from '../../steps/aurora/promote.ts';
import {auroraCluster} from '../../steps/aurora/target.ts';
import {caughtUp} from '../../steps/mysql/caught-up.ts';
import {freezeWrites} from '../../steps/mysql/freeze-writes.ts';
import {readyAsSource} from '../../steps/mysql/ready-as-source.ts';
import {stopReplication} from '../../steps/mysql/stop-replication.ts';
import {mysqlServer} from '../../steps/mysql/target.ts';

const valve = defineTarget({
  kind: 'valve',
  config: z.object({pipe: z.string(), secret: z.string()}),
  open: async ({pipe}, {name}) => {
    const reader = {name, isOpen: async () => pipe !== ''};
    return {reader, writer: {...reader, turn: async (_open: boolean) => {}}, close: async () => {}};
  },
});

const book = defineRunbook({
  name: 'x',
  summary: 'x',
  params: z.object({lagMsMax: z.number()}),
  targets: {old: mysqlServer, other: mysqlServer, cluster: auroraCluster, valve},
});
const ready = {on: {source: 'old', replica: 'other'}, input: () => ({})} as const;
const frozen = book.step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({})});

// The parts.

// @ts-expect-error a valve where a MySQL server is asked for
book.step('freeze', freezeWrites, {on: {source: 'valve'}, input: () => ({})});
// @ts-expect-error a target that the runbook does not have
book.step('freeze', freezeWrites, {on: {source: 'nowhere'}, input: () => ({})});
// @ts-expect-error a part that nobody plays
book.step('ready', readyAsSource, {on: {source: 'old'}, input: () => ({})});
// Aurora is a kind of MySQL server, and plays its parts,
book.step('near', caughtUp, {on: {upstream: 'old', replica: 'cluster'}, input: () => ({})});
// @ts-expect-error but a MySQL server is no Aurora.
book.step('promote', promote, {on: {aurora: 'old', upstream: 'other'}, input: () => ({})});

// What goes in.

// @ts-expect-error the wrong type
book.step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({keepUsers: 'shop'})});
// @ts-expect-error a parameter that the runbook does not have
book.step('freeze', freezeWrites, {on: {source: 'old'}, input: ({params}) => params.nothing});
book.step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  // @ts-expect-error an output that no earlier entry gives
  input: ({outputs}) => ({position: outputs.freeze}),
});
frozen.step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  input: ({outputs}) => ({position: outputs.freeze}),
});
frozen.step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  // @ts-expect-error a member that the output does not have
  input: ({outputs}) => ({position: {file: outputs.freeze.log, position: 4}}),
});
frozen.step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  // @ts-expect-error the time of an entry that comes later, or never
  input: ({times}) => ({lagMsMax: times.promote.getTime()}),
});
frozen.step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  input: ({times, params}) => ({lagMsMax: times.freeze.getTime() + params.lagMsMax}),
});

// The order.

// @ts-expect-error a one-way step before the point of no return
book.step('forget', stopReplication, {on: {replica: 'old'}, input: () => ({})});
book
  .pointOfNoReturn('Late.')
  .step('forget', stopReplication, {on: {replica: 'old'}, input: () => ({})});
// @ts-expect-error an id used twice
frozen.step('freeze', freezeWrites, {on: {source: 'other'}, input: () => ({})});
// @ts-expect-error an id used twice, by a confirmation
frozen.confirm('freeze', {question: 'Go?'});
// @ts-expect-error after an entry that comes later
book.step('ready', readyAsSource, {...ready, after: ['freeze']});
frozen.step('ready', readyAsSource, {...ready, after: ['freeze']});
// @ts-expect-error a confirmation after an entry that comes later
book.confirm('go', {question: 'Go?', after: ['freeze']});
frozen.confirm('go', {
  question: 'Go?',
  after: ['freeze'],
  details: ({outputs, params}) => [outputs.freeze.file, String(params.lagMsMax)],
});
// @ts-expect-error a confirmation that shows what no earlier entry gives
book.confirm('go', {question: 'Go?', details: ({outputs}) => [outputs.freeze.file]});
// @ts-expect-error a confirmation without a question
book.confirm('go', {});

// Entries that run together know what came before them, and nothing of each other.

frozen.together('Both', (group) =>
  group
    .step('one', readyAsSource, {...ready, after: ['freeze']})
    .step('two', freezeWrites, {on: {source: 'other'}, input: () => ({})}),
);
book.together('Both', (group) =>
  group
    .step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({})})
    .step('near', caughtUp, {
      on: {upstream: 'old', replica: 'other'},
      // @ts-expect-error the output of one that runs at the same time
      input: ({outputs}) => ({position: outputs.freeze}),
    }),
);
book.together('Both', (group) =>
  group
    .step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({})})
    // @ts-expect-error after one that runs at the same time
    .step('ready', readyAsSource, {...ready, after: ['freeze']}),
);
book.together('Both', (group) =>
  group
    .step('same', readyAsSource, ready)
    // @ts-expect-error an id used twice in the group
    .step('same', readyAsSource, ready),
);
// @ts-expect-error an id that an entry before the group has
frozen.together('Both', (group) => group.step('freeze', readyAsSource, ready));
book.together('Both', (group) =>
  // @ts-expect-error a one-way step before the point of no return
  group.step('forget', stopReplication, {on: {replica: 'old'}, input: () => ({})}),
);
book
  .together('Both', (group) =>
    group
      .step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({})})
      .step('ready', readyAsSource, ready),
  )
  .step('near', caughtUp, {
    on: {upstream: 'old', replica: 'other'},
    input: ({outputs}) => ({position: outputs.freeze}),
    after: ['ready'],
  });

// A step.

const common = {
  summary: 's',
  targets: {valve},
  input: z.object({open: z.boolean()}),
  before: z.object({isOpen: z.boolean()}),
  output: z.object({turned: z.number()}),
  needs: {valve: ['TURN']},
  reverses: 'Turns it back.',
  timeoutMs: 1,
};
const turn = (open: boolean) =>
  ({
    on: 'valve',
    does: 'turn it',
    perform: (writer: {turn(open: boolean): Promise<void>}) => writer.turn(open),
  }) as const;

defineStep({
  ...common,
  name: 'valve.turn',
  check: async ({targets, input}) =>
    (await targets.valve.isOpen()) === input.open ? done({turned: 1}) : pending({isOpen: true}),
  plan: async ({input}) => [turn(input.open)],
  reverse: async (_look, before) => [turn(before.isOpen)],
});
defineStep({
  ...common,
  name: 'valve.writes-in-check',
  check: async ({targets}) => {
    // @ts-expect-error a write from check
    await targets.valve.turn(true);
    return done({turned: 1});
  },
  plan: async () => [],
  reverse: async () => [],
});
defineStep({
  ...common,
  name: 'valve.writes-in-plan',
  check: async () => done({turned: 1}),
  plan: async ({targets}) => {
    // @ts-expect-error a write from plan
    await targets.valve.turn(true);
    return [];
  },
  reverse: async () => [],
});
defineStep({
  ...common,
  name: 'valve.writes-in-reverse',
  check: async () => done({turned: 1}),
  plan: async () => [],
  reverse: async ({targets}) => {
    // @ts-expect-error a write from reverse, besides its actions
    await targets.valve.turn(false);
    return [];
  },
});
defineStep({
  ...common,
  name: 'valve.wrong-output',
  // @ts-expect-error an output that is not as its schema says
  check: async () => done({turned: 'once'}),
  plan: async () => [],
  reverse: async () => [],
});
defineStep({
  ...common,
  name: 'valve.wrong-before',
  // @ts-expect-error a before-image that is not as its schema says
  check: async () => pending({isOpen: 'yes'}),
  plan: async () => [],
  reverse: async () => [],
});
defineStep({
  ...common,
  name: 'valve.no-such-part',
  check: async () => done({turned: 1}),
  // @ts-expect-error an action on a part that the step does not have
  plan: async () => [{on: 'pump', does: 'pump', perform: async () => {}}],
  reverse: async () => [],
});
// @ts-expect-error a step without a way back
defineStep({
  ...common,
  name: 'valve.no-reverse',
  check: async () => pending({isOpen: true}),
  plan: async () => [],
});
// A way back that would lose data says so, with a hint.
defineStep({
  ...common,
  name: 'valve.blocked',
  check: async () => waiting('it turns'),
  plan: async () => [],
  reverse: async () => blocked('The valve is stuck.', 'Oil it.'),
});
// @ts-expect-error a one-way step that does not say why
defineOneWayStep({
  ...common,
  name: 'valve.weld',
  check: async () => pending(undefined),
  plan: async () => [],
});
defineGate({
  ...common,
  name: 'valve.is-open',
  // @ts-expect-error a gate that has something to change
  check: async () => pending({isOpen: true}),
});
// @ts-expect-error parts whose needs are not told
defineGate({...common, needs: {}, name: 'valve.needs', check: async () => done({turned: 1})});

// A target: its config is what its schema makes of the inventory, and its writer can all that its reader can.

defineTarget({
  kind: 'pump',
  config: z.object({port: z.coerce.number()}),
  // @ts-expect-error a writer that cannot look
  open: async ({port}) => ({
    reader: {rpm: async () => port},
    writer: {stop: async () => {}},
    close: async () => {},
  }),
});
defineTarget({
  kind: 'pump',
  config: z.object({port: z.coerce.number()}),
  // @ts-expect-error a field that its config does not have
  open: async ({host}) => ({reader: host, writer: host, close: async () => {}}),
});

// An entry for each of several things.

const things = {
  title: 'x',
  of: ({lagMsMax}: {readonly lagMsMax: number}) => [{name: `${lagMsMax}`}],
  name: ({name}: {readonly name: string}) => name,
};
const eachFrozen = book.each('freeze', things, freezeWrites, ({name}) => ({
  on: {source: name},
  input: () => ({}),
}));
eachFrozen.step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  input: ({outputs, times}) => ({
    position: outputs.freeze('a'),
    lagMsMax: times.freeze('a').getTime(),
  }),
  after: ['freeze'],
});
eachFrozen.step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  // @ts-expect-error the output of all of them at once
  input: ({outputs}) => ({position: outputs.freeze}),
});
// @ts-expect-error a part that nobody plays
book.each('ready', things, readyAsSource, ({name}) => ({on: {source: name}, input: () => ({})}));
// @ts-expect-error a one-way step before the point of no return
book.each('forget', things, stopReplication, ({name}) => ({
  on: {replica: name},
  input: () => ({}),
}));
// @ts-expect-error an id used twice
eachFrozen.each('freeze', things, freezeWrites, ({name}) => ({
  on: {source: name},
  input: () => ({}),
}));

// Phases that several runbooks share.

const watched = defineFragment(
  {
    params: z.object({lagMsMax: z.number()}),
    targets: {old: mysqlServer, other: mysqlServer},
    earlier: {freeze: freezeWrites},
  },
  (runbook) =>
    runbook.phase('Watch').step('near', caughtUp, {
      on: {upstream: 'old', replica: 'other'},
      input: ({outputs, params}) => ({position: outputs.freeze, lagMsMax: params.lagMsMax}),
      after: ['freeze'],
    }),
);
// Their entries are the runbook's own,
frozen.include(watched).step('near-again', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  input: ({outputs, times}) => ({lagMsMax: times.near.getTime() + outputs.freeze.position}),
  after: ['near'],
});
// @ts-expect-error but not twice.
frozen.include(watched).step('near', caughtUp, {
  on: {upstream: 'old', replica: 'other'},
  input: () => ({}),
});
// @ts-expect-error an entry that the fragment builds on is missing
book.include(watched);
// @ts-expect-error an entry of the fragment has an id that is used already
frozen.include(watched).include(watched);

const other = {name: 'y', summary: 'y'};
defineRunbook({...other, params: z.object({}), targets: {old: mysqlServer, other: mysqlServer}})
  .step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({})})
  // @ts-expect-error a parameter of the fragment is missing
  .include(watched);
defineRunbook({...other, params: z.object({lagMsMax: z.number()}), targets: {old: mysqlServer}})
  .step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({})})
  // @ts-expect-error a target of the fragment is missing
  .include(watched);
defineRunbook({
  ...other,
  params: z.object({lagMsMax: z.number()}),
  targets: {old: mysqlServer, other: valve},
})
  .step('freeze', freezeWrites, {on: {source: 'old'}, input: () => ({})})
  // @ts-expect-error a target of the fragment is of another kind
  .include(watched);
defineFragment({params: z.object({}), targets: {old: mysqlServer}, earlier: {}}, (runbook) =>
  // @ts-expect-error a one-way step before the point of no return
  runbook.step('forget', stopReplication, {on: {replica: 'old'}, input: () => ({})}),
);
const late = defineFragment(
  {params: z.object({}), targets: {old: mysqlServer}, earlier: {}},
  (runbook) => runbook.pointOfNoReturn('Late.'),
);
// The point of no return of a fragment is the runbook's.
book.include(late).step('forget', stopReplication, {on: {replica: 'old'}, input: () => ({})});
