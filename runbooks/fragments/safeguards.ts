import {defineFragment} from 'switcharoo';
import {takeSnapshot} from 'switcharoo/aurora';
import {vpnTunnelsUp} from 'switcharoo/ec2';
import {backupFresh} from 'switcharoo/hosts';
import {heardFrom} from 'switcharoo/operator';
import {z} from 'zod';
import {watched} from './watch.ts';

const person = z.object({name: z.string(), reach: z.string()});

/** What a careful team checks before the outage. Each is only in the runbook if its parameter is set. */
const before = z.object({
  /** VPN connections through which replication or a partner goes. The target is `vpn`. */
  vpn: z
    .object({
      connections: z.array(z.string()).optional(),
      tunnels: z.enum(['all', 'one']).optional(),
    })
    .optional(),
  /** Those who accept requests of the new side by their addresses, which are not those of the old side. */
  partners: z.array(person.extend({addresses: z.array(z.string()).min(1)})).optional(),
  /** The last backup of the source: on `hosts`, or of a `command` there, or asked for by hand. */
  sourceBackup: z
    .object({
      hosts: z.string().default('dbHost'),
      directory: z.string().optional(),
      names: z.string().optional(),
      command: z.string().optional(),
      askedOf: person.optional(),
      hoursMax: z.coerce.number().positive().default(24),
    })
    .optional(),
  /** A snapshot of the cluster of Aurora, while nobody waits. */
  snapshot: z.boolean().optional(),
});
type Before = z.output<typeof before>;

const some = <Thing>(thing: Thing | undefined): readonly Thing[] =>
  thing === undefined ? [] : [thing];

const backupsOf = (by: 'host' | 'person') => ({
  title: 'Check the last backup of the source',
  of: ({sourceBackup}: Before) =>
    some(sourceBackup).filter(({askedOf}) => (askedOf === undefined) === (by === 'host')),
  name: () => 'source',
});

export const safeguardParams = before.extend(watched.shape);

/** What the question before the outage comes after. */
export const safeguardIds = [
  'vpn-up',
  'partner-knows',
  'source-backup',
  'source-backup-told',
  'snapshot',
] as const;

export const safeguards = defineFragment({params: before, targets: {}, earlier: {}}, (runbook) =>
  runbook
    .phase('Check the safeguards')
    .each(
      'vpn-up',
      {title: 'Wait for the VPN', of: ({vpn}) => some(vpn), name: () => 'vpn'},
      vpnTunnelsUp,
      ({connections, tunnels}) => ({
        on: {vpn: 'vpn'},
        input: () => ({
          ...(connections === undefined ? {} : {connections}),
          ...(tunnels === undefined ? {} : {tunnels}),
        }),
      }),
    )
    .each(
      'partner-knows',
      {
        title: 'Ask the partners',
        of: ({partners = []}) => partners,
        name: ({name}) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      },
      heardFrom,
      ({name, reach, addresses}) => ({
        on: {},
        input: () => ({
          question: `Does ${name} accept requests from ${addresses.join(', ')}?`,
          details: [
            'Have them confirm that a request from the new side was answered, not just that a rule was added.',
            'The addresses of the old side must stay allowed: a reversal needs them.',
          ],
          owner: {name, reach},
        }),
      }),
    )
    .each(
      'source-backup',
      backupsOf('host'),
      backupFresh,
      ({hosts, directory, names, command, hoursMax}) => ({
        on: {hosts},
        input: () => ({
          hoursMax,
          ...(directory === undefined ? {} : {directory}),
          ...(names === undefined ? {} : {names}),
          ...(command === undefined ? {} : {command}),
        }),
      }),
    )
    .each('source-backup-told', backupsOf('person'), heardFrom, ({askedOf, hoursMax}) => ({
      on: {},
      input: () => ({
        question: `Is the last good backup of the source at most ${hoursMax} h old?`,
        details: ['In the note, say when the backup ended, and where it is.'],
        owner: askedOf ?? {name: '', reach: ''},
      }),
    }))
    .each(
      'snapshot',
      {
        title: 'Take a snapshot of Aurora',
        of: ({snapshot}) => (snapshot ? ['aurora'] : []),
        name: (target) => target,
      },
      takeSnapshot,
      (aurora) => ({on: {aurora}, input: () => ({}), timeoutMs: 6 * 3_600_000}),
    ),
);
