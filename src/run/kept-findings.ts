import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {z} from 'zod';
import {type KnownFinding, type PreflightReport, preflightFindings} from '../report/index.ts';
import type {Host} from './host.ts';

interface LastPreflight {
  readonly atUtc: string;
  /** What is open, the longest known first. */
  readonly findings: readonly KnownFinding[];
}

/** Remembers what a preflight has seen, and since when: a finding that was known keeps its age. */
export function keepFindings(
  {state}: Pick<Host, 'state'>,
  report: PreflightReport,
  now: Date,
): void {
  const {name} = report.inventory;
  const before = new Map(
    (lastPreflight({state}, name)?.findings ?? []).map((finding) => [keyOf(finding), finding]),
  );
  const findings = preflightFindings(report)
    .filter(({severity}) => severity === 'blocks' || severity === 'warns')
    .map(({target, check, severity, observed}) => {
      const finding = {target, check, severity, observed};
      return {...finding, sinceUtc: before.get(keyOf(finding))?.sinceUtc ?? now.toISOString()};
    })
    .toSorted((a, b) => a.severity.localeCompare(b.severity) || (a.sinceUtc < b.sinceUtc ? -1 : 1));
  try {
    mkdirSync(folderIn(state.path), {recursive: true, mode: 0o700});
    const kept = {atUtc: now.toISOString(), findings};
    writeFileSync(fileOf(state.path, name), `${JSON.stringify(kept)}\n`, {mode: 0o600});
  } catch {
    // A preflight changes nothing and needs no state folder. Only the ages cannot be shown later.
  }
}

export function lastPreflight(
  {state}: Pick<Host, 'state'>,
  inventory: string,
): LastPreflight | null {
  try {
    return lastShape.parse(JSON.parse(readFileSync(fileOf(state.path, inventory), 'utf8')));
  } catch {
    return null;
  }
}

/** Other figures do not make it another finding: three clients where there were two. */
const keyOf = ({target, check, observed}: Omit<KnownFinding, 'sinceUtc'>): string =>
  [target, check, observed.replaceAll(/\d+/g, '#')].join('\n');

const folderIn = (stateFolder: string): string => join(stateFolder, 'preflight');
const fileOf = (stateFolder: string, inventory: string): string =>
  join(folderIn(stateFolder), `${encodeURIComponent(inventory)}.json`);

const lastShape: z.ZodType<LastPreflight> = z.object({
  atUtc: z.iso.datetime(),
  findings: z.array(
    z.object({
      target: z.string(),
      check: z.string(),
      severity: z.string(),
      observed: z.string(),
      sinceUtc: z.iso.datetime(),
    }),
  ),
});
