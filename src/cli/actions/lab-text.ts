import type {LabStatus, WriteCount} from '@switcharoo/lab';
import {clockUtc} from '../../model/duration.ts';
import {rowsSentence} from '../../report/index.ts';

type Row = readonly [subject: string, name: string, text: string];

/** The state of the lab for a person: a line for each database, host, record and service, and two for the clients. */
export function labStatusText({clients, world, faults}: LabStatus): string {
  return aligned([
    ...faults.map(
      ({name, what, sinceUtc}): Row => [
        'faults',
        name,
        `${what}, since ${clockUtc(new Date(sinceUtc))} UTC`,
      ],
    ),
    ...databaseRows(world.databases),
    ...applicationRows(world.units),
    ...recordRows(world),
    ...serviceRows(world),
    ...clientRows(clients),
  ]);
}

/** The acknowledged writes, compared with the database in charge. */
export function writeCountText({clients, lookups, ...count}: Omit<WriteCount, 'kept'>): string {
  const {inCharge, acknowledged, lost, duplicated, rows, outageMs} = count;
  return [
    `writes   ${acknowledged} acknowledged; on ${inCharge}, which is in charge, ${lost} lost and ${duplicated} duplicated`,
    `rows     ${rowsSentence(rows)}`,
    `reads    ${clients.reads.answered} answered, ${clients.reads.failed} failed`,
    `lookups  ${lookups.right} right, ${lookups.wrong} wrong`,
    `outage   ${outageMs} ms, the longest of a client`,
  ].join('\n');
}

const databaseRows = (databases: LabStatus['world']['databases']): readonly Row[] =>
  Object.entries(databases).map(([name, status]) => {
    if ('unanswered' in status) {
      return ['databases', name, `does not answer: ${status.unanswered}`];
    }
    const {readOnly, replicatesFrom, threads} = status;
    const replication =
      replicatesFrom === null
        ? 'replicates from no server'
        : `replicates from ${replicatesFrom} (threads ${threads === 'Yes/Yes' ? 'running' : threads})`;
    return ['databases', name, `${readOnly ? 'read_only' : 'accepts writes'}, ${replication}`];
  });

/** The hosts of the application; those of the databases have none of its units. */
const applicationRows = (units: LabStatus['world']['units']): readonly Row[] =>
  Object.entries(units).flatMap(([host, states]): readonly Row[] => {
    const present = Object.entries(states).filter(([, state]) => state !== 'not-found');
    const text = present.map(([unit, state]) => `${unit} ${state}`).join(', ');
    return present.length === 0 ? [] : [['application', host, text]];
  });

const recordRows = ({records, moving}: LabStatus['world']): readonly Row[] => [
  ...records
    .filter(({type}) => type === 'A')
    .map(({name, values, aliasTarget, ttl, weight}): Row => {
      const leadsTo = values
        ? `A ${values.join(' ')}, TTL ${ttl} s`
        : `A of ${aliasTarget?.dnsName}`;
      const share = weight === undefined ? '' : `, weight ${weight}`;
      return ['DNS', name.replace(/\.$/, ''), `${leadsTo}${share}`];
    }),
  ['DNS', moving.domain.name, `NS ${moving.domain.nameServers.map(({name}) => name).join(' ')}`],
];

const serviceRows = ({services, targets}: LabStatus['world']): readonly Row[] => [
  ...services.map(({name, taskDefinition, desiredCount, runningCount}): Row => {
    const text = `${runningCount} of ${desiredCount} tasks running, task definition ${taskDefinition}`;
    return ['ECS', name, text];
  }),
  ['ECS', 'targets', targets.length === 0 ? 'none' : targets.join(', ')],
];

function clientRows(clients: LabStatus['clients']): readonly Row[] {
  const {acknowledged, refused, unanswered, reads, outageMs, p50Ms, p99Ms, lastFailure} = clients;
  const times = p50Ms === null ? '' : `; half of them within ${p50Ms} ms, 99 % within ${p99Ms} ms`;
  return [
    [
      'clients',
      'writes',
      `${acknowledged} acknowledged, ${refused} refused, ${unanswered} unanswered${times}`,
    ],
    ['clients', 'reads', `${reads.answered} answered, ${reads.failed} failed`],
    ['clients', 'outage', `${outageMs} ms, the longest of a client`],
    ...(lastFailure === null ? [] : [['clients', 'last failure', lastFailure] as const]),
  ];
}

/** In three columns; a subject is printed once. */
function aligned(rows: readonly Row[]): string {
  const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length));
  const [subjectWidth, nameWidth] = [width(0), width(1)];
  return rows
    .map(([subject, name, text], index) => {
      const shown = rows[index - 1]?.[0] === subject ? '' : subject;
      return `${shown.padEnd(subjectWidth)}  ${name.padEnd(nameWidth)}  ${text}`;
    })
    .join('\n');
}
