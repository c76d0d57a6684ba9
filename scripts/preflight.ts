import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {CheckWords, Severity} from '../src/model/preflight.ts';
import {targetKinds} from '../src/run/step-library.ts';

export const preflightFile = fileURLToPath(new URL('../docs/preflight.md', import.meta.url));

const head = `# Preflight checks

\`switcharoo preflight -i production\` checks every target of an inventory, changes nothing, and prints the findings as a
table, or with \`--json\` as one document. It needs no runbook. Run it weeks before, after each fix, and on the day.

The same checks are part of two gates: \`mysql.ready-as-source\` (the source and its dedicated replica) and
\`aurora.ready-as-target\` (the cluster, compared with both).

| finding | in a run | exit code of \`preflight\` |
|---|---|---|
| \`✗ blocks\` | the gate is blocked, and reports all of them at once | 3 |
| \`? asks\` | the gate asks the operator, and journals the answer | 0 |
| \`! warns\` | the gate opens; the warning is in the plan (\`! …\`) and in the journal | 0 |

A check that cannot be made blocks, because nothing is known: the account lacks a privilege, or the server does not answer.
So does an inventory without any target that has checks (\`nothing-checked\`). Kinds without checks are named at the end.

\`switcharoo preflight -i production --every 30m --until 03:00\` goes on until the night. The first list is printed whole,
then only what is new and what is resolved; a figure that changed is no news. While the process of a run works on the databases
of the inventory, nothing is checked: it may be in an outage. With \`--json\`, each change is one line:
\`{atUtc, inventory, added, resolved}\`, or \`{atUtc, busy}\`. The exit code is that of the last list.

A server that replicates from another one of the inventory is checked as a replica, any other server as a source. Aurora
is compared with the source that has a replica in the inventory, or else with the first server. In the JSON document,
\`items\` has every table, column, account or session of a finding; the sentence has the first five.

Some results count for a limited time: verified data, a fresh backup. If a run of this inventory has passed such a gate,
and its outage has not started, preflight says how long ago that was. \`evidence-stale\` warns of a result that no longer
counts: the run checks it again before its next question.

At the end it says how far away the targets are from here: the median of five questions to each one (a statement, a call
of AWS, a command over ssh). \`plan\` expects the length of an outage from the same figures.

\`\`\`text
{inventory, targets: [{name, kind, checks}], without, roundTrips: [{target, what, ms}],
 evidence: [{run, entry, unit, ageMs, freshForMs, stale}],
 journal: {folder, mount, freeBytes, entries, neededBytes},
 findings: [{check, severity, target, observed, items, consequence, fix}]}
\`\`\`

The journal of a run is on this machine. Preflight has no runbook, so it takes a run of 100 entries, more than any
runbook here has, and blocks (\`disk-full\`) where that would not fit: \`run\` refuses such a run before it begins.

Preflight does not check what neither SQL nor the APIs of RDS and CloudWatch can tell:

- what a client's driver requests in its handshake, before it connects to Aurora or where performance_schema is off;
- whether the replication accounts can log in from the other server's network: \`aurora.replicate-from\` and
  \`mysql.replicate-back\` check that, the latter before anybody may write on Aurora;
- free disk space of servers other than Aurora, and the performance of a disk;
- whether every statement of the application works on another version. It searches stored objects, and statements where
  performance_schema is on, for reserved words and for functions and forms that were removed.
  \`util.checkForServerUpgrade\` of MySQL Shell checks more;
- whether and when a reversal was rehearsed: \`switcharoo runs\` lists the runs.

A rehearsal with a copy of the data finds most of these.

This page is generated from the checks. To update it: \`UPDATE_GOLDEN=1 npx vitest run test/docs\`.
`;

/** The whole page, a section for each kind of target that has checks. */
export async function preflightPage(): Promise<string> {
  const kinds = [...new Set(await targetKinds())].filter(({preflight}) => preflight);
  const sections = kinds
    .sort((first, second) => (first.kind < second.kind ? -1 : 1))
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
    '| check | expected | otherwise | fix |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(preflightFile, await preflightPage());
}
