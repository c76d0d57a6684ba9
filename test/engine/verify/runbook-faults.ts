import firstCopy from '../../../runbooks/first-copy.ts';
import firstCopyFromS3 from '../../../runbooks/first-copy-from-s3.ts';
import move from '../../../runbooks/move-name-servers.ts';
import task from '../../../runbooks/run-task.ts';
import shift from '../../../runbooks/shift-gradually.ts';
import warm from '../../../runbooks/warm-cutover.ts';
import type {AnyRunbook} from '../../../src/model/runbook.ts';
import type {Property} from '../../../src/model/verification.ts';
import {bareMetal} from './bare-metal.ts';
import {added, all, type Edit, entryIn, moved, skippable, unguarded, without} from './edits.ts';

interface RunbookFault {
  readonly name: string;
  readonly runbook: AnyRunbook;
  readonly edit: Edit;
  readonly finds: Property;
  /** The sentence that an operator reads. */
  readonly because: RegExp;
}

const unguardedIn = (runbook: AnyRunbook): Edit =>
  all(...runbook.entries.map(({id}: {id: string}) => unguarded(id)));

/** Copies of the runbooks for everything but the night itself, each with one fault, and what it leads to. */
export const runbookFaults: readonly RunbookFault[] = [
  {
    name: 'a delegation that does not wait until the DS records have expired',
    runbook: move,
    edit: all(without('ds-expired'), unguarded('match-again'), unguarded('delegate')),
    finds: 'bogus-answers',
    because: /resolvers may still hold DS records for the keys of oldServers/,
  },
  {
    name: 'DS records removed before the zones are compared',
    runbook: move,
    edit: all(without('match'), unguarded('remove-ds')),
    finds: 'not-compared',
    because: /DS records are removed for a move to movingZone, but no gate has compared/,
  },
  {
    name: 'a delegation long after the zones were compared',
    runbook: move,
    edit: all(without('match-again'), unguarded('go')),
    finds: 'not-compared',
    because: /delegated to movingZone, but no gate has just compared its records/,
  },
  {
    name: 'a comparison of the zones that may be skipped',
    runbook: move,
    edit: all(skippable('match-again'), unguarded('go')),
    finds: 'not-compared',
    because: /delegated to movingZone/,
  },
  {
    name: 'a point of no return before the delegation',
    runbook: move,
    edit: moved('point-of-no-return', 'delegate'),
    finds: 'early-point-of-no-return',
    because: /^delegate fails after the point of no return/,
  },
  {
    name: 'a point of no return while resolvers ask the old name servers',
    runbook: move,
    edit: moved('point-of-no-return', 'ns-ttl-expired'),
    finds: 'early-point-of-no-return',
    because: /resolvers may still ask the name servers of oldServers/,
  },
  {
    name: 'a signed domain that is delegated',
    runbook: move,
    edit: all(unguardedIn(move), moved('delegate', 'remove-ds')),
    finds: 'cannot-finish',
    because: /cannot finish/,
  },
  {
    name: 'visitors sent to a side that no gate has tried',
    runbook: shift,
    edit: all(without('new-side-answers'), unguarded('canary')),
    finds: 'unproven-traffic',
    because: /sent to the new side/,
  },
  {
    name: 'more visitors sent to the new side without a look at it',
    runbook: shift,
    edit: all(without('half-answers'), unguarded('all')),
    finds: 'unproven-traffic',
    because: /since its last rollout and the last shift of traffic/,
  },
  {
    name: 'a gate before the first visitors that may be skipped',
    runbook: shift,
    edit: all(skippable('new-side-answers'), unguarded('canary')),
    finds: 'unproven-traffic',
    because: /sent to the new side/,
  },
  {
    name: 'a rollout after the gate that tried the new side',
    runbook: warm,
    edit: all(unguardedIn(warm), moved('new-side-answers', 'deploy')),
    finds: 'unproven-traffic',
    because: /since its last rollout/,
  },
  {
    name: 'a first copy that nobody compares',
    runbook: firstCopy,
    edit: without('equal', 'still-equal'),
    finds: 'not-compared',
    because: /no gate has compared aurora/,
  },
  {
    name: 'a restored copy whose comparison may be skipped',
    runbook: firstCopyFromS3,
    edit: skippable('equal'),
    finds: 'not-compared',
    because: /no gate has compared aurora/,
  },
  {
    name: 'writes opened on a copy that nobody has compared',
    runbook: bareMetal,
    edit: all(
      added({...entryIn(firstCopy, 'seed'), phase: 'Prepare'}, 'replicate'),
      without('verify-data', 'only-replication', 'verify-changes'),
      unguarded('go'),
      unguarded('accept'),
    ),
    finds: 'not-compared',
    because: /^aurora starts to accept writes/,
  },
  {
    name: 'a command that runs before the point of no return',
    runbook: task,
    edit: without('point-of-no-return'),
    finds: 'no-lossless-reversal',
    because: /cannot be reversed to the start/,
  },
];
