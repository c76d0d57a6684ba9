import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import bareMetalToEcs from '../runbooks/bare-metal-to-ecs.ts';
import firstCopy from '../runbooks/first-copy.ts';
import firstCopyFromS3 from '../runbooks/first-copy-from-s3.ts';
import moveNameServers from '../runbooks/move-name-servers.ts';
import warmCutover from '../runbooks/warm-cutover.ts';
import type {Entry} from '../src/model/runbook.ts';

const runbooks = [firstCopy, firstCopyFromS3, bareMetalToEcs, warmCutover, moveNameServers];

export const permissionsFile = fileURLToPath(new URL('../docs/permissions.md', import.meta.url));

const head = `# What switcharoo's accounts must be allowed

For each target of \`runbooks/first-copy.ts\`, \`runbooks/first-copy-from-s3.ts\`, \`runbooks/bare-metal-to-ecs.ts\`,
\`runbooks/warm-cutover.ts\` and \`runbooks/move-name-servers.ts\`: what its account needs, and the entries of any that need it. Of a single step, \`switcharoo steps mysql.freeze-writes\` says the same.

Days before the night, \`switcharoo permissions bare-metal-to-ecs -i production\` prints the IAM policy and the GRANT
statements for one inventory, as narrow as they can be, and asks AWS (\`sts:GetCallerIdentity\`,
\`iam:SimulatePrincipalPolicy\`) and the databases (\`SHOW GRANTS\`) what its accounts lack of them: exit code 3 if anything.
A plan finds out what its looks are refused; a right that only a write needs is missed until that write is made. Where an
account may not simulate its own policy, it says so and claims nothing; resource policies and organisation-wide limits are
not part of what IAM simulates.

This file is made from the steps: \`UPDATE_GOLDEN=1 npx vitest run test/docs\` writes it anew.
`;

/** The whole page, a section for each target. */
export function permissionsPage(): string {
  const targets = Object.entries<{kind: string}>({
    ...bareMetalToEcs.head.targets,
    ...moveNameServers.head.targets,
  });
  return [head, ...targets.map(([name, {kind}]) => sectionOf(name, kind))].join('\n');
}

function sectionOf(target: string, kind: string): string {
  const rows = [...needsOf(target)].map(([need, ids]) => `| ${need} | ${ids.join(', ')} |`);
  const table =
    rows.length === 0
      ? 'Nothing: it is only looked at from outside.'
      : ['| it needs | for |', '|---|---|', ...rows].join('\n');
  return `## ${target} (\`${kind}\`)\n\n${table}\n`;
}

/** What is needed there, and by which entries. */
function needsOf(target: string): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, Set<string>>();
  for (const entry of runbooks.flatMap(({entries}) => entries) as readonly Entry[]) {
    const parts = Object.keys(entry.on).filter((part) => entry.on[part] === target);
    const wanted = parts.flatMap((part): readonly string[] => entry.unit.needs[part] ?? []);
    for (const need of new Set(wanted)) {
      needs.set(need, (needs.get(need) ?? new Set()).add(entry.id));
    }
  }
  return new Map([...needs].map(([need, ids]) => [need, [...ids]]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(permissionsFile, permissionsPage());
}
