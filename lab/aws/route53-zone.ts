import {randomBytes} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {type AliasTarget, defined, type RecordSet} from './record-set.ts';
import {AwsError, type XmlTree} from './replies.ts';
import {afterBatch} from './route53-batch.ts';
import {storedName} from './route53-names.ts';
import {readBatch, storedSet} from './route53-xml.ts';

export interface LabZone {
  readonly id: string;
  readonly name: string;
  readonly nameServers: readonly string[];
  /** Apex NS and SOA are added where they are missing. */
  readonly records: readonly RecordSet[];
}

/** A zone, and what of it the name servers know by when. */
export interface Hosted {
  readonly id: string;
  readonly name: string;
  readonly nameServers: readonly string[];
  sets: readonly RecordSet[];
  shown: readonly {readonly fromMs: number; readonly sets: readonly RecordSet[]}[];
  busy: boolean;
}

export interface ChangeInfo {
  readonly id: string;
  readonly submittedMs: number;
  readonly insyncMs: number;
  readonly comment?: string;
}

export function hosted({id, name: given, nameServers, records}: LabZone): Hosted {
  const name = storedName(given);
  const own: readonly RecordSet[] = [
    {name, type: 'NS', ttl: 172_800, values: nameServers},
    {
      name,
      type: 'SOA',
      ttl: 900,
      values: [`${nameServers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`],
    },
  ];
  const stored = records.map(storedSet);
  const missing = own.filter(
    ({type}) => !stored.some((set) => set.name === name && set.type === type),
  );
  const sets = [...missing, ...stored];
  return {id, name, nameServers, sets, shown: [{fromMs: 0, sets}], busy: false};
}

export interface ChangeOptions {
  /** From a change until all name servers answer with it: PENDING becomes INSYNC. */
  readonly insyncMs: number;
  /** How long a zone is busy with one change, and refuses another. */
  readonly processingMs?: number;
  /** The load balancers that an alias may lead to. Without it, every name outside of the zone exists. */
  readonly aliasTargets?: readonly Omit<AliasTarget, 'evaluateTargetHealth'>[];
}

export async function changed(
  zone: Hosted,
  body: string,
  options: ChangeOptions,
): Promise<ChangeInfo> {
  if (zone.busy) {
    throw new AwsError(
      'PriorRequestNotComplete',
      'The request was rejected because Route 53 was still processing a prior request.',
    );
  }
  zone.busy = true;
  try {
    await sleep(options.processingMs ?? 0);
    const {changes, comment} = readBatch(body);
    const submittedMs = Date.now();
    const insyncMs = submittedMs + options.insyncMs;
    const {id, name, sets} = zone;
    const {aliasTargets} = options;
    show(
      zone,
      afterBatch({id, name, ...(aliasTargets && {aliasTargets})}, sets, changes),
      insyncMs,
    );
    return defined({id: newChangeId(), submittedMs, insyncMs, comment});
  } finally {
    zone.busy = false;
  }
}

export function show(zone: Hosted, sets: readonly RecordSet[], fromMs: number): void {
  zone.sets = sets;
  zone.shown = [...zone.shown, {fromMs, sets}];
}

export function publishedNow(zone: Hosted): readonly RecordSet[] {
  const now = Date.now();
  const current = zone.shown.findLastIndex(({fromMs}) => fromMs <= now);
  // What came before the state that is published now is never asked for again.
  zone.shown = zone.shown.slice(Math.max(current, 0));
  return zone.shown[0]?.sets ?? [];
}

const newChangeId = (): string => `C${randomBytes(10).toString('hex').toUpperCase()}`;

export const changeTree = ({id, submittedMs, insyncMs, comment}: ChangeInfo): XmlTree => ({
  Id: `/change/${id}`,
  Status: Date.now() < insyncMs ? 'PENDING' : 'INSYNC',
  SubmittedAt: new Date(submittedMs).toISOString(),
  Comment: comment,
});

export const zoneTree = ({id, name, sets}: Hosted): XmlTree => ({
  Id: `/hostedzone/${id}`,
  Name: name,
  CallerReference: `lab-${id}`,
  Config: {PrivateZone: false},
  ResourceRecordSetCount: sets.length,
});
