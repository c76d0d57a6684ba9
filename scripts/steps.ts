import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {AnyUnit} from '../src/model/step.ts';
import {effectsText} from '../src/report/effects-text.ts';
import {stepLibrary} from '../src/run/step-library.ts';

export const stepsFile = fileURLToPath(new URL('../docs/steps.md', import.meta.url));

const head = `# Steps and gates

Every unit of the step library: what it makes true for \`switcharoo verify\`
([verifying a runbook](verifying-a-runbook.md)), and whether an operator may skip it after a failure.
\`switcharoo steps NAME\` shows everything else: targets, input, output, permissions, limit and reversal.

This page is generated from the steps. To update it: \`UPDATE_GOLDEN=1 npx vitest run test/docs\`.
`;

/** The whole page, a section for each technology. */
export async function stepsPage(): Promise<string> {
  const units = [...(await stepLibrary())].sort((a, b) => (a.name < b.name ? -1 : 1));
  const technologies = new Map<string, AnyUnit[]>();
  for (const unit of units) {
    const [technology = ''] = unit.name.split('.');
    technologies.set(technology, [...(technologies.get(technology) ?? []), unit]);
  }
  return [head, ...[...technologies].map(([name, those]) => sectionOf(name, those))].join('\n');
}

function sectionOf(technology: string, units: readonly AnyUnit[]): string {
  return [
    `## ${technology}`,
    '',
    '| unit | kind | what it does | makes true | may be skipped |',
    '|---|---|---|---|---|',
    ...units.map(rowOf),
    '',
  ].join('\n');
}

function rowOf(unit: AnyUnit): string {
  const {name, kind, summary, neverSkip} = unit;
  const effects = effectsText(unit).join(' ') || 'none of the facts';
  return `| \`${name}\` | ${kind} | ${summary} | ${effects} | ${neverSkip === undefined ? 'yes' : `No. ${neverSkip}`} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(stepsFile, await stepsPage());
}
