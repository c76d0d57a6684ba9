import {type Action, blocked, defineStep, SwitcharooError} from '../../src/index.ts';
import type {MysqlReader, MysqlWriter} from './contract.ts';
import {enableWrites} from './freeze/actions.ts';
import {freezeWrites} from './freeze-writes.ts';
import {ringOtherSideWritable} from './ring/problems.ts';
import {mysqlServer} from './target.ts';

const targets = {source: mysqlServer, aurora: mysqlServer};

/**
 * The freeze of a source that already replicates from Aurora in a ring. It is thawed only while Aurora refuses writes:
 * never are both sides of a ring writable.
 */
export const freezeInRing = defineStep({
  name: 'mysql.freeze-in-ring',
  summary:
    'Freeze writes on the source while it replicates in a ring, and record its last position.',
  targets,
  input: freezeWrites.input,
  before: freezeWrites.before,
  output: freezeWrites.output,
  needs: {...freezeWrites.needs, aurora: ['REPLICATION CLIENT']},
  reverses: `${freezeWrites.reverses} Only while Aurora refuses writes.`,
  undoWhenFailed: true,
  relies: [
    {fact: 'writes', of: 'source', are: 'accepted'},
    {fact: 'writes', of: 'aurora', are: 'refused'},
  ],
  effects: [{fact: 'writes', of: 'source', are: 'refused'}],
  claims: ['source'],
  timeoutMs: freezeWrites.timeoutMs,
  neverSkip: 'Without it, both sides of the ring accept writes.',
  poll: {firstMs: 50, mostMs: 500},

  async check(look) {
    const {aurora} = look.targets;
    if (!look.run.started && !(await aurora.fence(look.signal)).readOnly) {
      return blocked(
        `${aurora.name} accepts writes (read_only = OFF), and ${look.targets.source.name} executes them as a member of the ring.`,
        `Check for writes on ${aurora.name} with SHOW PROCESSLIST, then CALL mysql.rds_set_read_only(1) there.`,
      );
    }
    return freezeWrites.check(withoutRing(look));
  },

  plan: (look, before) => freezeWrites.plan(withoutRing(look), before),

  async reverse(look, before) {
    const actions = await freezeWrites.reverse(withoutRing(look), before);
    return 'kind' in actions
      ? actions
      : actions.map(
          (action): Action<typeof targets> =>
            action === enableWrites ? thaw(look.targets.aurora) : action,
        );
  },
});

/** While Aurora refuses writes its log has nothing that the source would execute: the ring writes nothing there. */
const withoutRing = <Look extends {readonly targets: {readonly source: MysqlReader}}>(
  look: Look,
) => ({
  ...look,
  targets: {source: {...look.targets.source, replication: async () => null}},
});

const thaw = (aurora: MysqlReader) =>
  ({
    on: 'source',
    does: enableWrites.does,
    perform: async (source: MysqlWriter, signal: AbortSignal) => {
      if (!(await aurora.fence(signal)).readOnly) {
        throw new SwitcharooError(ringOtherSideWritable(source.name, aurora.name));
      }
      await source.allowWrites(signal);
    },
  }) as const;
