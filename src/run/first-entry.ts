import {alsoWrittenIn} from '../engine/declared-writes.ts';
import {entryDigests, runbookDigest} from '../engine/digests.ts';
import type {SharedLog} from '../journal/shared-log.ts';
import {journaledHold} from '../model/expected-time.ts';
import type {FactOf} from '../model/journal.ts';
import {journaledOutage} from '../model/outage-limit.ts';
import {type Channels, noChannels} from '../notify/notifier.ts';
import {versionsNow} from './changed-inputs.ts';
import type {Host} from './host.ts';
import type {OpenedWorld} from './open-world.ts';

interface BeginningOfRun {
  readonly host: Pick<Host, 'operator'>;
  readonly opened: OpenedWorld;
  readonly run: string;
  readonly decideBy?: Date;
  readonly isDecideByOfWindow?: boolean;
  readonly longestOutageMs?: number;
  readonly besides?: readonly string[];
  readonly outsideWindow?: string;
  readonly channels?: Channels;
  /** Where its journal is shared. */
  readonly log?: Pick<SharedLog, 'place'> | undefined;
  /** The unit of a fleet that it moves. */
  readonly fleet?: FactOf<'run-started'>['fleet'];
}

/** How the journal of a new run begins. */
export function firstEntry(
  request: BeginningOfRun,
  plan: string,
  rehearsal: boolean,
): FactOf<'run-started'> {
  const {host, opened, run} = request;
  const {runbook, inventory, file, world, targetNames} = opened;
  return {
    kind: 'run-started',
    run,
    runbook: {
      name: runbook.head.name,
      file,
      digest: runbookDigest(runbook),
      entries: [...entryDigests(runbook)],
      ...journaledOutage(runbook),
      ...journaledHold(runbook),
      ...declaredIn(alsoWrittenIn(runbook, world.params)),
    },
    inventory: {
      name: inventory.name,
      file: inventory.file,
      digest: inventory.digest,
      protected: inventory.protected,
    },
    // Zod has made them from JSON.
    params: JSON.parse(JSON.stringify(world.params ?? null)),
    ...(targetNames ? {targets: {...targetNames}} : {}),
    plan,
    operator: host.operator,
    versions: versionsNow(),
    rehearsal,
    ...askedOf(request, runbook.head.outage?.longestMs),
    ...(inventory.store === undefined ? {} : {store: inventory.store}),
    ...(request.log ? {storePlace: request.log.place} : {}),
    ...(request.fleet ? {fleet: request.fleet} : {}),
  };
}

/** What a process of a run was asked for. `longestMs`: how long its runbook lets an outage last. */
export const askedOf = (
  request: Omit<BeginningOfRun, 'opened' | 'run' | 'host'>,
  longestMs?: number,
) => ({
  ...decideByIn(request),
  ...longestOutageIn(longestMs, request),
  ...besidesIn(request),
  ...outsideWindowIn(request),
  ...notifyIn(request.channels),
});

/** What was asked for comes before what the runbook says. */
function longestOutageIn(
  ofRunbook: number | undefined,
  {longestOutageMs}: Pick<BeginningOfRun, 'longestOutageMs'>,
) {
  const ms = longestOutageMs ?? ofRunbook;
  return ms === undefined ? {} : {longestOutageMs: ms};
}

const declaredIn = ({alsoWritten}: ReturnType<typeof alsoWrittenIn>) =>
  alsoWritten ? {alsoWritten: [...alsoWritten]} : {};

const besidesIn = ({besides = []}: Pick<BeginningOfRun, 'besides'>) =>
  besides.length > 0 ? {besides: [...besides]} : {};

const outsideWindowIn = ({outsideWindow}: Pick<BeginningOfRun, 'outsideWindow'>) =>
  outsideWindow === undefined ? {} : {outsideWindow};

/** The channels on which people are told. */
function notifyIn({open, closed}: Channels = noChannels) {
  const names = [...open, ...closed].map(({name}) => name);
  return names.length > 0 ? {notify: names} : {};
}

const decideByIn = ({
  decideBy,
  isDecideByOfWindow,
}: Pick<BeginningOfRun, 'decideBy' | 'isDecideByOfWindow'>) =>
  decideBy === undefined
    ? {}
    : {
        decideByUtc: decideBy.toISOString(),
        ...(isDecideByOfWindow ? {isDecideByOfWindow} : {}),
      };
