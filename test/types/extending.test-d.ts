// What an author who extends a runbook must not be able to write. `tsc` checks this file: an expected mistake that
// compiles is a mistake here.
import {z} from 'zod';
import base from '../../runbooks/bare-metal-to-ecs.ts';
import {defineRunbook, extendRunbook} from '../../src/index.ts';
import {freezeWrites} from '../../steps/mysql/freeze-writes.ts';
import {readyAsSource} from '../../steps/mysql/ready-as-source.ts';
import {stillFrozen} from '../../steps/mysql/still-frozen.ts';
import {stopReplication} from '../../steps/mysql/stop-replication.ts';
import {mysqlServer} from '../../steps/mysql/target.ts';
import {httpAnswers} from '../../steps/smoke/http.ts';
import {webSite} from '../../steps/smoke/target.ts';

const ours = extendRunbook(base, {
  name: 'ours',
  params: z.object({helpUrl: z.url(), helpText: z.string()}),
  targets: {reports: mysqlServer, help: webSite},
});
const freeze = {on: {source: 'reports'}, input: () => ({})} as const;
const frozen = ours.before('freeze', (runbook) => runbook.step('reports', freezeWrites, freeze));

// What is added knows the base's parameters and targets, its own, and what is done at that place.

ours.after('freeze', (runbook) =>
  runbook.step('unchanged', stillFrozen, {
    on: {source: 'source'},
    input: ({outputs}) => ({position: outputs.freeze}),
    after: ['go', 'freeze'],
  }),
);
ours.after('smoke', (runbook) =>
  runbook.step('help', httpAnswers, {
    on: {site: 'help'},
    input: ({params}) => ({url: params.helpUrl, includes: params.helpText + params.siteName}),
  }),
);
ours.before('freeze', (runbook) =>
  // @ts-expect-error a target that neither has
  runbook.step('reports', freezeWrites, {on: {source: 'nowhere'}, input: () => ({})}),
);
ours.before('freeze', (runbook) =>
  runbook.step('unchanged', stillFrozen, {
    on: {source: 'source'},
    // @ts-expect-error the output of an entry that comes later
    input: ({outputs}) => ({position: outputs.freeze}),
  }),
);
ours.before('freeze', (runbook) =>
  // @ts-expect-error after an entry that comes later
  runbook.step('reports', freezeWrites, {...freeze, after: ['promote']}),
);
// @ts-expect-error a place that the base does not have
ours.before('thaw', (runbook) => runbook.step('reports', freezeWrites, freeze));
ours.before('prepared', (runbook) => runbook.confirm('mail-sent', {question: 'Mail sent?'}));
// @ts-expect-error an id that the base uses, later
ours.before('freeze', (runbook) => runbook.step('promote', freezeWrites, freeze));
// @ts-expect-error an id that was added before
frozen.after('promote', (runbook) => runbook.step('reports', freezeWrites, freeze));
ours.before('freeze', (runbook) =>
  // @ts-expect-error a one-way step before the point of no return
  runbook.step('forget', stopReplication, {on: {replica: 'reports'}, input: () => ({})}),
);

// What was added is known at the places after it, and not before.

frozen.after('promote', (runbook) =>
  runbook.step('unchanged', stillFrozen, {
    on: {source: 'reports'},
    input: ({outputs}) => ({position: outputs.reports}),
    after: ['reports'],
  }),
);
frozen.after('reports', (runbook) =>
  runbook.confirm('read', {question: 'Read?', after: ['reports', 'go']}),
);
frozen.before('go', (runbook) =>
  // @ts-expect-error after what was added later
  runbook.confirm('read', {question: 'Read?', after: ['reports']}),
);

// Beside the entries of a group.

ours.beside('stop-web', (group) =>
  group.step('reports', freezeWrites, {...freeze, requires: ['go']}),
);
ours.beside('stop-web', (group) =>
  // @ts-expect-error after one that runs at the same time
  group.step('reports', freezeWrites, {...freeze, after: ['stop-crons']}),
);
// @ts-expect-error an id that the base uses
ours.beside('stop-web', (group) => group.step('freeze', freezeWrites, freeze));

// Instead of an entry.

ours.replace('freeze', freezeWrites, {
  on: {source: 'source'},
  input: () => ({keepUsers: ['monitor']}),
});
// @ts-expect-error a unit whose output later entries cannot use
ours.replace('freeze', readyAsSource, {
  on: {source: 'source', replica: 'replica'},
  input: () => ({}),
});
// @ts-expect-error a place that the base does not have
ours.replace('thaw', freezeWrites, freeze);

// Without one.

// @ts-expect-error twice
ours.without('smoke').without('smoke');
ours.without('smoke').after('smoke-sql', (runbook) =>
  // @ts-expect-error after an entry that was left out
  runbook.confirm('read', {question: 'Read?', after: ['smoke']}),
);
ours.without('smoke').before('propagated', (runbook) =>
  runbook.step('smoke', httpAnswers, {
    on: {site: 'site'},
    input: ({params}) => ({url: params.smokeUrl, includes: params.smokeText}),
  }),
);

// The base of a base.

extendRunbook(frozen).after('reports', (runbook) => runbook.confirm('read', {question: 'Read?'}));
defineRunbook({name: 'x', summary: 'x', params: z.object({}), targets: {}})
  // @ts-expect-error a runbook that extends none
  .before('x', (runbook) => runbook);
