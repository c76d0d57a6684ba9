import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {targetKinds} from '../src/cli/commands/steps.ts';
import type {CheckWords, Severity} from '../src/model/preflight.ts';

export const preflightFile = fileURLToPath(new URL('../docs/preflight.md', import.meta.url));

const head = `# What is looked at before the night

\`switcharoo preflight -i production\` looks over every target of an inventory that has checks, changes nothing, and prints
what it found: a table, or with \`--json\` one document. It needs no runbook. Run it weeks before, again after each thing
that you mend, and on the day.

The same checks are part of two gates: \`mysql.ready-as-source\` (the source and its dedicated replica) and
\`aurora.ready-as-target\` (the cluster, held against both).

| it says | in a run | exit code of \`preflight\` |
|---|---|---|
| \`✗ blocks\` | the gate is blocked, and says all of them at once | 3 |
| \`? asks\` | the gate asks the operator, and journals the answer | 0 |
| \`! warns\` | the gate opens; the warning stands in the plan (\`! …\`) and in the journal | 0 |

A check that could not be made (an account that may not look, a server that does not answer) blocks: nothing is known.

A server that follows another one of the inventory is looked over as a replica, any other as a source. Aurora is held
against the source that has a replica there, or else against the first server. \`{"items"}\` in the JSON has every table,
column, account or session of a finding; the sentence has the first five.

\`\`\`text
{inventory, targets: [{name, kind, checks}], without, findings: [{check, severity, target, found, items, consequence, fix}]}
\`\`\`

What no SQL and no call of the APIs of RDS and CloudWatch can tell is not among them:

- what a client's driver asks for at its handshake, before it is connected to Aurora or where performance_schema is off;
- whether the replication accounts really log in from the other server's own network: \`aurora.replicate-from\` and
  \`mysql.replicate-back\` find it out, the latter before anybody may write on Aurora;
- free space on the disks of servers that are not Aurora, and how much a disk bears;
- whether every statement of the application suits another version: looked for are reserved words, and functions and forms
  that are known to have gone, in stored objects and, where performance_schema is on, in what clients have said;
  \`util.checkForServerUpgrade\` of MySQL Shell looks at more of it;
- whether the way back was rehearsed, and when: that stands in the journals, and \`switcharoo runs\` lists them.

A rehearsal with a copy of the data finds out most of those.

This file is made from the checks: \`UPDATE_GOLDEN=1 npx vitest run test/docs\` writes it anew.
`;

/** The whole page, a section for each kind of target that has checks. */
export async function preflightPage(): Promise<string> {
  const kinds = [...new Set(await targetKinds())].filter(({preflight}) => preflight);
  const sections = kinds
    .sort((one, other) => (one.kind < other.kind ? -1 : 1))
    .map(({kind, preflight}) => sectionOf(kind, preflight?.checks ?? []));
  return [head, ...sections].join('\n');
}

const signs: Readonly<Record<Severity, string>> = {blocks: '✗', asks: '?', warns: '!'};

function sectionOf(kind: string, checks: readonly CheckWords[]): string {
  const rows = checks.map(
    ({name, severity, expects, consequence, fix}) =>
      `| ${signs[severity]} \`${name}\` | ${expects} | ${consequence} | ${fix} |`,
  );
  return [
    `## \`${kind}\``,
    '',
    '| | it wants | if not | fix |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(preflightFile, await preflightPage());
}
