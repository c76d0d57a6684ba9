import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import bareMetalToEcs from '../runbooks/bare-metal-to-ecs.ts';
import firstCopy from '../runbooks/first-copy.ts';
import firstCopyFromS3 from '../runbooks/first-copy-from-s3.ts';
import moveNameServers from '../runbooks/move-name-servers.ts';
import seamlessCutover from '../runbooks/seamless-cutover.ts';
import warmCutover from '../runbooks/warm-cutover.ts';
import type {Entry} from '../src/model/entry.ts';
import type {TargetKind} from '../src/model/target.ts';
import {changeCalendar} from '../steps/calendar/index.ts';
import {s3Store} from '../steps/s3/index.ts';

/** With one of everything that is an option: what it needs is on the page, too. */
const bareMetal = bareMetalToEcs.expanded({
  moreServices: [{service: 'sockets', tasks: 1, environment: {}}],
  workers: [{service: 'worker', tasks: 1, environment: {}}],
  schedules: [{group: 'shop', names: ['nightly-report']}],
  documents: [{bucket: 'documents', hosts: 'webHosts', directory: '/srv/shop/documents'}],
  redis: [{old: 'oldRedis', new: 'newRedis'}],
  redisQueues: [{redis: 'oldRedis', queues: ['queue:mails']}],
  sqsQueues: [{sqs: 'sqs', queues: ['shop-exports']}],
  consumers: [{hosts: 'webHosts', units: ['shop-mailer.service']}],
  maintenancePages: [
    {balancer: 'balancer', port: 443, hosts: ['www.shop.example'], body: 'Back soon.'},
  ],
} as never); // No other parameter makes entries.

const runbooks = [
  firstCopy,
  firstCopyFromS3,
  bareMetal,
  warmCutover,
  seamlessCutover,
  moveNameServers,
];

export const permissionsFile = fileURLToPath(new URL('../docs/permissions.md', import.meta.url));

const head = `# Permissions

This page lists what the account of each target needs, and for which entries, in these runbooks: \`first-copy\`,
\`first-copy-from-s3\`, \`bare-metal-to-ecs\`, \`warm-cutover\`, \`seamless-cutover\` and \`move-name-servers\`. For a
single step: \`switcharoo steps mysql.freeze-writes\`.

Days before the night, run \`switcharoo permissions bare-metal-to-ecs -i production\`. It prints the IAM policy and the GRANT
statements for one inventory, as narrow as possible. It asks AWS (\`sts:GetCallerIdentity\`,
\`iam:SimulatePrincipalPolicy\`) and the databases (\`SHOW GRANTS\`) what the accounts lack; the exit code is 3 if anything is
missing. A plan notices a missing right to read. A right that only a write needs is noticed at that write. An account that
must not simulate its own policy is reported as unknown. IAM's simulation covers neither resource policies nor
organisation-wide limits.

This page is generated from the steps. To update it: \`UPDATE_GOLDEN=1 npx vitest run test/docs\`.
`;

/** The whole page, one section for each target. */
export function permissionsPage(): string {
  const targets = Object.entries<{kind: string}>({
    ...bareMetalToEcs.head.targets,
    ...bareMetal.head.targets,
    ...moveNameServers.head.targets,
  });
  return [
    head,
    ...targets.map(([name, {kind}]) => sectionOf(name, kind)),
    storeSection(),
    calendarSection(),
  ].join('\n');
}

/** Where an inventory names one. */
function storeSection(): string {
  const needs = (s3Store.inventoryNeeds ?? []).map(
    (need) => [need, [need.includes('(optional') ? 'an audit or a check' : 'every run']] as const,
  );
  return sectionWith('store', s3Store.kind, new Map(needs));
}

/** Where the window of an inventory names one. */
function calendarSection(): string {
  const needs = (changeCalendar.inventoryNeeds ?? []).map((need) => [need, ['every run']] as const);
  return sectionWith('calendar', changeCalendar.kind, new Map(needs));
}

const sectionOf = (target: string, kind: string): string =>
  sectionWith(target, kind, needsOf(target));

function sectionWith(
  target: string,
  kind: string,
  needs: ReadonlyMap<string, readonly string[]>,
): string {
  const rows = [...needs].map(([need, ids]) => `| ${need} | ${ids.join(', ')} |`);
  const table =
    rows.length === 0
      ? 'Nothing: it is only read from outside.'
      : ['| it needs | for |', '|---|---|', ...rows].join('\n');
  return `## ${target} (\`${kind}\`)\n\n${table}\n`;
}

/** What the target's account needs, and for which entries. */
function needsOf(target: string): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, Set<string>>();
  for (const entry of runbooks.flatMap(({entries}) => entries) as readonly Entry[]) {
    const parts = Object.keys(entry.on).filter((part) => entry.on[part] === target);
    const required = parts.flatMap((part): readonly string[] => entry.unit.needs[part] ?? []);
    for (const need of new Set(required)) {
      needs.set(need, (needs.get(need) ?? new Set()).add(entry.id));
    }
    const claims = entry.unit.kind === 'gate' ? [] : (entry.unit.claims ?? []);
    for (const part of parts.filter((name) => claims.includes(name))) {
      const {claimNeeds = []} = entry.unit.targets[part] as TargetKind;
      for (const need of claimNeeds) {
        needs.set(need, (needs.get(need) ?? new Set()).add('every run'));
      }
    }
  }
  return new Map([...needs].map(([need, ids]) => [need, [...ids]]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(permissionsFile, permissionsPage());
}
