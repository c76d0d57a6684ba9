import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  type ReversalLoss,
  remarked,
  SwitcharooError,
} from '../../src/index.ts';
import {contentReads, keyReads} from './checks/needs.ts';
import {
  memoryObstacle,
  obstacleAtServer,
  payloadObstacle,
  refusedAt,
  remarksOn,
} from './checks/obstacles.ts';
import type {RedisReader, RedisWriter} from './contract.ts';
import {bringBack} from './copy/bring-back.ts';
import {filledMeanwhile} from './copy/problems.ts';
import {removeAll, sendAll} from './copy/send.ts';
import {leaveMarker, lostWithoutDeletion, markerIn, markerKey, ownOf} from './markers/marker.ts';
import {markerLost, otherLeads, placeText} from './markers/obstacles.ts';
import {countsOf} from './scope/counts.ts';
import {scopeInput, scopeOf} from './scope/scope.ts';
import {keyCount} from './server/key-text.ts';
import {redisDatabase} from './target.ts';

const targets = {source: redisDatabase, target: redisDatabase};
const input = scopeInput.extend({
  /** Whether a reversal copies the changes of the new side back; if not, the old side stays as it was at the copy. */
  bringBack: z.boolean().default(true),
});

const ofReversal = (need: string): string => `${need} (of the reversal)`;

type CopyLook = Look<typeof targets, z.output<typeof input>>;
type CopyAction = Action<typeof targets>;

/** Copies keys in the cutover, when nothing writes to the old side any more. From here on the new side is in charge. */
export const copyKeys = defineStep({
  name: 'redis.copy-keys',
  summary:
    'Copy the keys of a Redis database to an empty one, once nothing writes to the old one any more.',
  targets,
  input,
  before: z.object({target: z.literal('empty')}),
  output: z.object({copied: z.number(), dropped: z.number()}),
  reverses:
    'Copies the changes of the new side back to the old side, deletions included, unless "bringBack" is false. Then removes all keys from the new side.',
  needs: {
    source: [keyReads, ofReversal(contentReads), ofReversal('+restore +unlink')],
    target: [keyReads, ofReversal(contentReads), '+restore +unlink +set'],
  },
  effects: [],
  neverSkip: 'Without the copy the new side has none of the keys.',
  timeoutMs: 60 * 60_000,

  async check(look) {
    const {
      targets: {target},
      run,
      signal,
    } = look;
    if (!run.started) {
      const server = obstacleAtServer(target, await target.facts(signal));
      if (server) {
        return server;
      }
    }
    const marker = await markerIn(target, signal);
    const own = ownOf(marker, run);
    if (own?.state === 'leads') {
      return done({copied: own.copied, dropped: own.dropped});
    }
    if (marker !== null && !own) {
      return otherLeads(target, marker);
    }
    const obstacle = own ? undefined : await obstacleIn(look);
    return (
      obstacle ??
      remarked(
        pending(
          {target: 'empty' as const},
          {
            what: `keys of ${placeText(look.targets.source)}${scopeOf(look.input).text}`,
            is: 'on the old side',
            shouldBe: `in ${placeText(target)}`,
          },
        ),
        look.shared ? await remarksBefore(look) : [],
      )
    );
  },

  async plan(look) {
    return [copying(look)];
  },

  async reverse(look) {
    const {
      input: {bringBack: brings},
      targets: {target},
      run,
      signal,
    } = look;
    const marker = await markerIn(target, signal);
    if (marker === null) {
      const count = await keysIn(target, signal);
      return count === 0 ? [] : blocked(...markerLost(target, count));
    }
    const own = ownOf(marker, run);
    if (!own) {
      return otherLeads(target, marker);
    }
    if (own.state !== 'leads' || !brings) {
      return [emptying(look)];
    }
    const deletes = (await lostWithoutDeletion(target, own, signal)) === null;
    return [bringingBack(look, deletes), emptying(look)];
  },

  reversalLoss: lossOf,
});

async function keysIn(redis: RedisReader, signal: AbortSignal): Promise<number> {
  return (await redis.facts(signal)).databases.get(redis.db) ?? 0;
}

/** What speaks against the copy before it has started. */
async function obstacleIn(look: CopyLook): Promise<Blocked | undefined> {
  const {
    input: {bringBack: brings},
    targets: sides,
    signal,
  } = look;
  const {source, target} = sides;
  const facts = await factsOf(sides, signal);
  const server = obstacleAtServer(source, facts.source) ?? obstacleAtServer(target, facts.target);
  if (server) {
    return server;
  }
  if (facts.source.runId === facts.target.runId && source.db === target.db) {
    return blocked(
      `${source.name} and ${target.name} are the same database: ${source.db} of the server at ${target.address}.`,
      'Correct host, port and db of the two targets in the inventory.',
    );
  }
  const refused =
    (await refusedAt(source, brings ? ['read', 'write'] : ['read'], signal)) ??
    (await refusedAt(target, ['read', 'write', 'note'], signal));
  if (refused) {
    return refused;
  }
  const there = facts.target.databases.get(target.db) ?? 0;
  if (there > 0) {
    return blocked(
      `${placeText(target)} is not empty: it has ${keyCount(there)} that this run did not copy.`,
      `If nobody needs them, remove them: redis-cli -h HOST -n ${target.db} FLUSHDB`,
    );
  }
  return memoryObstacle(sides, facts) ?? (await payloadObstacle(sides, facts, brings, signal));
}

async function factsOf({source, target}: CopyLook['targets'], signal: AbortSignal) {
  const [ofSource, ofTarget] = await Promise.all([source.facts(signal), target.facts(signal)]);
  return {source: ofSource, target: ofTarget};
}

/** For the plan: what is copied and what is dropped, and what else is to be known. */
async function remarksBefore(look: CopyLook): Promise<readonly string[]> {
  const {targets: sides, stillReading, signal} = look;
  const [facts, sourceMs, targetMs] = await Promise.all([
    factsOf(sides, signal),
    sides.source.nowMs(signal),
    sides.target.nowMs(signal),
  ]);
  return [
    ...(await countsOf(sides.source, scopeOf(look.input), signal, stillReading)),
    ...remarksOn(sides, facts, targetMs - sourceMs),
  ];
}

async function lossOf(look: CopyLook): Promise<ReversalLoss> {
  const {
    input: {bringBack: brings},
    targets: {source, target},
    run,
    signal,
  } = look;
  const marker = ownOf(await markerIn(target, signal), run);
  if (!marker) {
    const [reason] = markerLost(target, await keysIn(target, signal));
    return {lossless: false, because: [reason]};
  }
  if (!brings) {
    const because = `What was written to ${target.name} since the copy is lost: the runbook sets bringBack: false.`;
    return {lossless: false, because: [because]};
  }
  const lost = await lostWithoutDeletion(target, marker, signal);
  if (lost !== null) {
    return {
      lossless: false,
      because: [
        `${lost}. The old side keeps every key that the new side lacks, even one that was deleted there.`,
      ],
    };
  }
  return {
    lossless: true,
    because: [
      `The reversal copies what was written to ${target.name} since the copy back to ${source.name}, and repeats deletions.${scopeOf(look.input).text === '' ? '' : ' Keys that the runbook does not copy are not copied back.'}`,
    ],
  };
}

const copying = ({input: chosen, targets: {source}, run}: CopyLook): CopyAction => ({
  on: 'target',
  does: `copy the keys of ${placeText(source)}${scopeOf(chosen).text}, and record in ${markerKey} that the new side is in charge`,
  perform: async (target, signal, say) => {
    signal.throwIfAborted();
    const mark = {run: run.id, entry: run.entry, runId: '', evicted: 0};
    const marker = await markerIn(target, signal);
    const own = ownOf(marker, run);
    // Right before the first write: this process may have stood still since its look.
    if (!own && (marker !== null || (await keysIn(target, signal)) > 0)) {
      throw new SwitcharooError(filledMeanwhile(placeText(target)));
    }
    // A second time would overwrite what the new side has written since.
    if (own?.state === 'leads') {
      return;
    }
    const scope = scopeOf(chosen);
    await leaveMarker(target, {...mark, state: 'copying', copied: 0, dropped: 0}, signal);
    if (own) {
      // An earlier try may have copied what the old side has deleted meanwhile.
      await removeAll(target, scope, signal);
    }
    const sent = await sendAll({from: source, to: target, scope, signal, say});
    const {runId, evicted} = await target.facts(signal);
    await leaveMarker(target, {...mark, ...sent, runId, evicted, state: 'leads'}, signal);
  },
});

const bringingBack = (
  {input: chosen, targets: {source, target}, run}: CopyLook,
  repeatsDeletions: boolean,
): CopyAction => ({
  on: 'source',
  does: `copy what was written to ${placeText(target)} since the copy${scopeOf(chosen).text} back to ${placeText(source)}, ${repeatsDeletions ? 'and repeat deletions' : 'without deletions'}`,
  perform: async (old, signal, say) => {
    signal.throwIfAborted();
    const marker = ownOf(await markerIn(target, signal), run);
    // Once the keys of the new side are being removed, they are no deletions to bring back.
    if (marker?.state !== 'leads') {
      return;
    }
    const deletes = (await lostWithoutDeletion(target, marker, signal)) === null;
    const scope = scopeOf(chosen);
    await bringBack({from: target, to: old, scope, deletes, signal, say});
  },
});

const emptying = ({input: chosen, targets: {target}, run}: CopyLook): CopyAction => ({
  on: 'target',
  does: `remove all keys from ${placeText(target)}, which was empty before: the old side is in charge again`,
  perform: async (writer: RedisWriter, signal) => {
    signal.throwIfAborted();
    const marker = ownOf(await markerIn(writer, signal), run);
    if (!marker) {
      return;
    }
    await leaveMarker(writer, {...marker, state: 'returned'}, signal);
    await removeAll(writer, scopeOf(chosen), signal);
    await writer.remove([Buffer.from(markerKey)], signal);
  },
});
