import {engineSchema} from './schemas.ts';

const fleetSchema = 'switcharoo_fleet';

interface RoleGrants {
  /** A role of PostgreSQL without a login: people and processes with logins of their own become members of it. */
  readonly role: string;
  readonly what: string;
  /** SQL for psql. */
  readonly statements: readonly string[];
}

const grants = (role: string, what: string, statements: readonly string[]): RoleGrants => ({
  ...{role, what},
  statements: statements.map((statement) => `${statement} TO ${role};`),
});

const read = [
  `GRANT USAGE ON SCHEMA ${fleetSchema}`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA ${fleetSchema}`,
];
const event = `GRANT INSERT (fleet, wave, unit, operator, what, note) ON ${fleetSchema}.event`;

/** Before the tables are there: for an administrator of PostgreSQL. */
const members = ['owner', 'runner', 'operator', 'approver', 'reader'] as const;
const name = (member: (typeof members)[number]): string => `switcharoo_fleet_${member}`;

/**
 * What each of the people and processes of a fleet needs in PostgreSQL, and no more. Nobody but the owner can write
 * the columns in which PostgreSQL itself says who ordered or approved something.
 */
export const fleetGrants: readonly RoleGrants[] = [
  {
    role: name('owner'),
    what: 'makes the tables with "fleet init". First, as an administrator of PostgreSQL:',
    statements: [
      ...members.map((member) => `CREATE ROLE ${name(member)} NOLOGIN;`),
      `GRANT CREATE ON DATABASE :"DBNAME" TO ${name('owner')};`,
    ],
  },
  grants(name('runner'), 'takes units and reports on them. After "fleet init", as its owner:', [
    ...read,
    `GRANT INSERT, UPDATE ON ${fleetSchema}.runner`,
    // A row that is locked meanwhile needs the right to change it.
    `GRANT UPDATE (at_once) ON ${fleetSchema}.fleet`,
    `GRANT UPDATE ON ${fleetSchema}.unit`,
    `GRANT USAGE ON SCHEMA ${engineSchema}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${engineSchema}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${engineSchema}`,
    `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${engineSchema}`,
  ]),
  grants(
    name('operator'),
    'starts waves, holds and releases the fleet, resumes units, takes them over, leaves them out:',
    [
      ...read,
      `GRANT INSERT (fleet, at_once), UPDATE ON ${fleetSchema}.fleet`,
      `GRANT INSERT (fleet, wave, place, digest, approve_by, approve_of, started_by) ON ${fleetSchema}.wave`,
      `GRANT INSERT (fleet, wave, unit, place, work, resources, after) ON ${fleetSchema}.unit`,
      `GRANT UPDATE (status, problem, by_person, changed_at) ON ${fleetSchema}.unit`,
      // To move a unit that was left out into a later wave.
      `GRANT UPDATE (wave, place, work, resources, after, run, home, phase) ON ${fleetSchema}.unit`,
      // To take a unit over from a host that is lost.
      `GRANT UPDATE (runner, attempt, changes, outage_since) ON ${fleetSchema}.unit`,
      event,
    ],
  ),
  grants(name('approver'), 'approves waves:', [
    ...read,
    `GRANT INSERT (fleet, wave, digest) ON ${fleetSchema}.approval`,
    event,
  ]),
  grants(
    name('reader'),
    'follows the fleet with "fleet status", "fleet report" and "fleet live":',
    read,
  ),
];
