import type {LabSwitch} from '../../lab/switches.ts';
import type {Point} from './kill-points.ts';

export interface FaultDrill {
  readonly name: string;
  /** When the switches are turned: before the run starts, or at a place in it. */
  readonly at: Point | 'before';
  readonly fault: readonly LabSwitch[];
  /** Turned back so long after, while the run goes on; without it, after the run has ended. */
  readonly mendAfterMs?: number;
  readonly mend?: readonly LabSwitch[];
  /** The exit codes that tell the truth. */
  readonly ends: readonly number[];
  /** What the words of a run that did not get through must name. */
  readonly says: RegExp;
  /** What the operator does by hand before going on, as the hint tells it. */
  readonly byHand?: readonly LabSwitch[];
  /** Where to go after the mending when it did not get through; `resume` unless told. */
  readonly afterwards?: 'resume' | 'reverse';
  /** A run that neither ends nor fails within this has lost its limits; four minutes unless told. */
  readonly longestMs?: number;
}

const minutes = 60_000;

const at = (entry: string, kind: Point['kind'] = 'entry-started', nth = 0): Point => ({
  entry,
  kind,
  nth,
  plusMs: 0,
});

type AwsKind = Extract<LabSwitch, {what: 'aws'}>['kind'];

const aws = (service: string, operation: string, kind: AwsKind, times = 1): LabSwitch => ({
  what: 'aws',
  service,
  operation,
  kind,
  times,
});

const awsWell: readonly LabSwitch[] = [{what: 'aws-and-ecs-well'}];
const throughOrHeld = [0, 5];

const changes = ['route53', 'ChangeResourceRecordSets'] as const;

/** Faults of AWS that pass by themselves must not be noticed, but for the time that they take. */
const awsFaults: readonly FaultDrill[] = [
  ...(['throttle', 'prior-request', 'server-error'] as const).map((kind) => ({
    name: `aws-${kind}-at-swap`,
    at: at('swap'),
    fault: [aws(...changes, kind, 3)],
    ends: [0],
    says: /swap/,
  })),
  ...(['cut-before', 'cut-after', 'silence'] as const).map((kind) => ({
    name: `aws-${kind}-at-swap`,
    at: at('swap'),
    fault: [aws(...changes, kind)],
    mend: awsWell,
    ends: throughOrHeld,
    says: /swap|Route 53|route53/,
  })),
  ...(['RegisterTaskDefinition', 'UpdateService'] as const).flatMap((operation) =>
    (['throttle', 'server-error', 'cut-before', 'cut-after'] as const).map((kind) => ({
      name: `aws-${kind}-at-${operation === 'UpdateService' ? 'update' : 'register'}`,
      at: at('deploy'),
      fault: [aws('ecs', operation, kind)],
      mend: awsWell,
      ends: throughOrHeld,
      says: /service shop|deploy/,
    })),
  ),
  {
    name: 'aws-deny-at-swap',
    at: at('swap'),
    fault: [aws(...changes, 'deny', 99)],
    mend: awsWell,
    ends: [5],
    says: /not authorized|AccessDenied/,
  },
];

type Database = 'source' | 'replica' | 'aurora';

const killed = (
  database: Database,
  point: Point,
  after: Pick<FaultDrill, 'byHand' | 'afterwards'> = {},
): FaultDrill => ({
  ...after,
  name: `killed-${database}-at-${point.entry}${point.kind === 'action-intended' ? `-${point.nth + 1}` : ''}`,
  at: point,
  fault: [{what: 'database-killed', database}],
  mendAfterMs: 1_500,
  mend: [{what: 'database-restarted', database}],
  ends: throughOrHeld,
  says: new RegExp(database),
});

// A restart of an old server forgets `read_only`: whoever mends the server fences it again, and looks who wrote
// meanwhile.
const fence = (database: Database): Pick<FaultDrill, 'byHand'> => ({
  byHand: [{what: 'read-only', database, on: true}],
});
const backOnly = {afterwards: 'reverse'} as const;

const dropped = (database: Database, user: string, point: Point): FaultDrill => ({
  name: `dropped-${database}-at-${point.entry}`,
  at: point,
  fault: [{what: 'connections-dropped', database, user}],
  ends: throughOrHeld,
  says: new RegExp(database),
});

/** `read_only` is then what the cluster parameter says. */
const failedOver = (point: Point): FaultDrill => ({
  name: `failover-at-${point.entry}`,
  at: point,
  fault: [{what: 'aurora-failover'}],
  ends: throughOrHeld,
  says: /aurora/,
});

const databaseFaults: readonly FaultDrill[] = [
  killed('aurora', at('replicate', 'action-intended', 2)),
  killed('source', at('freeze', 'action-intended', 1)),
  killed('replica', at('replica-caught-up')),
  killed('aurora', at('promote', 'action-intended', 0)),
  killed('aurora', at('promote', 'action-intended', 1)),
  killed('source', at('reverse-replication', 'action-intended', 1), backOnly),
  killed('aurora', at('reverse-replication', 'action-intended', 2)),
  killed('aurora', at('open-writes', 'action-intended')),
  killed('source', at('stop-replication', 'action-intended'), fence('source')),
  dropped('source', 'switcharoo', at('freeze', 'action-intended', 1)),
  dropped('aurora', 'admin', at('promote', 'action-intended', 0)),
  dropped('source', 'switcharoo', at('reverse-replication', 'action-intended', 1)),
  failedOver(at('near')),
  failedOver(at('replica-caught-up')),
  failedOver(at('promote', 'action-intended', 1)),
  failedOver(at('open-writes', 'action-intended')),
  failedOver(at('deploy')),
  {
    name: 'source-forgets-read-only',
    at: at('freeze', 'entry-done'),
    fault: [
      {what: 'database-killed', database: 'source'},
      {what: 'database-restarted', database: 'source'},
    ],
    ends: [5],
    says: /source accepts writes/,
    afterwards: 'reverse',
  },
  {
    name: 'replication-broken',
    at: at('near', 'entry-done'),
    fault: [{what: 'replication-broken', database: 'replica'}],
    mend: [{what: 'replication-fixed', database: 'replica'}],
    ends: [5],
    says: /1062|Duplicate/,
  },
  {
    name: 'lag-that-grows',
    at: at('stop-web'),
    fault: [{what: 'replication-delayed', database: 'aurora', seconds: 60}],
    mendAfterMs: 15_000,
    mend: [{what: 'replication-delayed', database: 'aurora', seconds: 0}],
    ends: [0],
    says: /behind/,
  },
];

const ssh = (
  host: string,
  fault: Extract<LabSwitch, {what: 'ssh'}>['fault'],
  entry: string,
  says: RegExp,
): FaultDrill => ({
  name: `ssh-${fault}-at-${entry}`,
  at: at(entry),
  fault: [{what: 'ssh', host, fault}],
  mend: [{what: 'ssh', host, fault: 'none'}],
  ends: [5],
  says,
});

const hostFaults: readonly FaultDrill[] = [
  ssh('web1', 'refuse', 'stop-web', /web1.*(refused|reach)/),
  ssh('web1', 'hang', 'stop-web', /web1/),
  ssh('web2', 'changed-host-key', 'stop-web', /web2.*key/),
  ssh('db1', 'hang', 'close-database', /db1/),
];

const image = '123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:2';

const rollout = (name: string, fault: LabSwitch, says: RegExp): FaultDrill => ({
  name: `rollout-${name}`,
  at: at('close-database'),
  fault: [fault],
  mend: awsWell,
  ends: [5],
  says,
  afterwards: 'reverse',
});

const siteFaults: readonly FaultDrill[] = [
  {
    name: 'resolver-silent',
    at: at('swap', 'entry-done'),
    fault: [{what: 'resolver-silent', silent: true}],
    mendAfterMs: 8_000,
    mend: [{what: 'resolver-silent', silent: false}],
    ends: throughOrHeld,
    says: /answer|resolver|127\.0\.0\.1/,
  },
  {
    name: 'resolver-stale',
    at: at('swap'),
    fault: [{what: 'resolver-stale', stale: true}],
    mendAfterMs: 10_000,
    mend: [{what: 'resolver-stale', stale: false}],
    ends: [0],
    says: /still/,
  },
  rollout('crashes', {what: 'image-crashes', image, exitCode: 3}, /exit|3/),
  rollout('never-healthy', {what: 'image-unreachable', image}, /health/i),
  {
    ...rollout('cannot-be-placed', {what: 'no-room', reason: 'MEMORY'}, /MEMORY|memory|place/),
    // Room may come as long as a deployment may take.
    longestMs: 17 * minutes,
  },
  rollout('without-an-image', {what: 'image-missing', image}, /pull|image/i),
  {
    name: 'smoke-fails-half-the-time',
    at: at('propagated'),
    fault: [{what: 'site-fails', every: 2}],
    mend: [{what: 'site-fails', every: null}],
    ends: [5],
    says: /503/,
    afterwards: 'reverse',
    // The gate itself, and once more before the question that comes after it.
    longestMs: 6 * minutes,
  },
];

export const faultDrills: readonly FaultDrill[] = [
  ...awsFaults,
  ...databaseFaults,
  ...hostFaults,
  ...siteFaults,
];
