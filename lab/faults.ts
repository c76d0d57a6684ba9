import type {LabSwitch} from './switches.ts';

/** What a person can make go wrong in a lab, by name. */
export interface LabFault {
  /** A clause: what is wrong while it lasts. */
  readonly what: string;
  /** The kinds of targets that it hits. */
  readonly kinds: readonly string[];
  /** Of these kinds, only these targets of the lab's inventory. */
  readonly targets?: readonly string[];
  /** Only entries of these units notice it. */
  readonly units?: readonly string[];
  /** Only entries notice it whose units declare that they need one of these rights: `ecs:RunTask`, or all of `ecs:`. */
  readonly rights?: readonly string[];
  readonly cause: readonly LabSwitch[];
  /** Empty: it is over as soon as it has happened. */
  readonly heal: readonly LabSwitch[];
}

const untilHealed = 1_000_000;
const slowAwsMs = 2_000;
const lagSeconds = 60;

const startsTasks = ['ecs:UpdateService', 'ecs:RunTask'];
const databases = ['mysql', 'mysql.aurora'];
const awsKinds = ['ecs-service', 'route53-zone', 'load-balancer', 'scheduler', 'mysql.aurora'];

const killed = (database: 'source' | 'replica' | 'aurora', what: string): LabFault => ({
  what,
  kinds: [database === 'aurora' ? 'mysql.aurora' : 'mysql'],
  targets: [database],
  cause: [{what: 'database-killed', database}],
  heal: [{what: 'database-restarted', database}],
});

const withoutSsh = (target: string, ...hosts: readonly string[]): LabFault => ({
  what: `ssh to ${hosts.join(' and ')} hangs`,
  kinds: ['hosts'],
  targets: [target],
  cause: hosts.map((host) => ({what: 'ssh', host, fault: 'hang'})),
  heal: hosts.map((host) => ({what: 'ssh', host, fault: 'none'})),
});

const aws = (what: string, fault: Pick<Extract<LabSwitch, {what: 'aws'}>, 'kind' | 'delayMs'>) => ({
  what,
  kinds: awsKinds,
  rights: [
    'ecs:',
    'route53:',
    'elasticloadbalancing:',
    'scheduler:',
    'rds:',
    'application-autoscaling:',
  ],
  cause: [{what: 'aws', service: '*', times: untilHealed, ...fault}] as const,
  heal: [{what: 'aws-well'}] as const,
});

export const labFaults = {
  aurora: killed('aurora', 'Aurora does not run'),
  source: killed('source', 'the source does not run, and starts again without read_only'),
  replica: killed('replica', 'the replica does not run'),
  failover: {
    what: 'Aurora fails over to its reader',
    kinds: ['mysql.aurora'],
    cause: [{what: 'aurora-failover'}],
    heal: [],
  },
  replication: {
    what: 'replication to the replica stops with an error at one of the next writes',
    kinds: databases,
    targets: ['replica'],
    cause: [{what: 'replication-broken', database: 'replica'}],
    heal: [{what: 'replication-fixed', database: 'replica'}],
  },
  'slow-replication': {
    what: `Aurora applies each change ${lagSeconds} s late`,
    kinds: databases,
    targets: ['aurora'],
    units: ['mysql.caught-up', 'mysql.watch-replication'],
    cause: [{what: 'replication-delayed', database: 'aurora', seconds: lagSeconds}],
    heal: [{what: 'replication-delayed', database: 'aurora', seconds: 0}],
  },
  web: withoutSsh('webHosts', 'web1', 'web2'),
  db: withoutSsh('dbHost', 'db1'),
  aws: aws('AWS answers each call with an error', {kind: 'server-error'}),
  'slow-aws': aws(`AWS takes ${slowAwsMs / 1_000} s longer for each call`, {
    kind: 'delay',
    delayMs: slowAwsMs,
  }),
  dns: {
    what: 'the resolver does not answer',
    kinds: ['dns', 'route53-zone'],
    cause: [{what: 'resolver-silent', silent: true}],
    heal: [{what: 'resolver-silent', silent: false}],
  },
  site: {
    what: 'every second request to the new side fails',
    kinds: ['site'],
    cause: [{what: 'site-fails', every: 2}],
    heal: [{what: 'site-fails', every: null}],
  },
  crash: {
    what: 'the containers of each new task exit with 3',
    kinds: ['ecs-service'],
    rights: startsTasks,
    cause: [{what: 'image-crashes', image: '*', exitCode: 3}],
    heal: [{what: 'ecs-well'}],
  },
  'no-room': {
    what: 'the cluster has no memory for new tasks',
    kinds: ['ecs-service'],
    rights: startsTasks,
    cause: [{what: 'no-room', reason: 'MEMORY'}],
    heal: [{what: 'ecs-well'}],
  },
} as const satisfies Readonly<Record<string, LabFault>>;

export type LabFaultName = keyof typeof labFaults;

/** A fault that lasts. */
export interface ActiveFault {
  readonly name: LabFaultName;
  readonly what: string;
  /** ISO 8601, by the clock of this machine. */
  readonly sinceUtc: string;
}

interface FaultsOfLab {
  /** Without those that nobody is to know. */
  readonly active: readonly ActiveFault[];
  /** False: it lasts already. `hidden`: it is not in `active`. */
  cause(name: LabFaultName, hidden?: boolean): Promise<boolean>;
  /** Whether it goes wrong now, hidden or not. */
  lasts(name: LabFaultName): boolean;
  /** Ends all that last, the newest first, and returns their names. One that cannot be ended keeps no other. */
  heal(): Promise<readonly LabFaultName[]>;
}

/** `turn`: one switch of this lab. */
export function faultsWith(turn: (change: LabSwitch) => Promise<void>): FaultsOfLab {
  const active: (ActiveFault & {readonly hidden: boolean})[] = [];
  const turnAll = async (switches: readonly LabSwitch[]) => {
    for (const change of switches) {
      await turn(change);
    }
  };
  return {
    get active() {
      return active
        .filter(({hidden}) => !hidden)
        .map(({name, what, sinceUtc}) => ({name, what, sinceUtc}));
    },
    cause: async (name, hidden = false) => {
      if (active.some((fault) => fault.name === name)) {
        return false;
      }
      const fault: LabFault = labFaults[name];
      try {
        await turnAll(fault.cause);
      } catch (error) {
        // Half of it may have happened.
        await turnAll(fault.heal).catch(() => {});
        throw error;
      }
      if (fault.heal.length > 0) {
        active.push({name, what: fault.what, sinceUtc: new Date().toISOString(), hidden});
      }
      return true;
    },
    lasts: (name) => active.some((fault) => fault.name === name),
    heal: async () => {
      const healed: LabFaultName[] = [];
      const failed: unknown[] = [];
      for (const {name} of active.toReversed()) {
        try {
          await turnAll(labFaults[name].heal);
          active.splice(
            active.findIndex((fault) => fault.name === name),
            1,
          );
          healed.push(name);
        } catch (error) {
          failed.push(error);
        }
      }
      if (failed.length > 0) {
        throw failed[0];
      }
      return healed;
    },
  };
}
