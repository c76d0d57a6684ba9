import {sameJson} from '../model/canonical.ts';
import type {FactOf} from '../model/journal.ts';
import {version} from '../version.ts';

type Versions = FactOf<'run-started'>['versions'];

/** Of this process. */
export const versionsNow = (): Versions => ({switcharoo: version, node: process.versions.node});

/** The programs that have another version now, in words. */
export const versionsSince = (before: Versions, now: Versions): readonly string[] =>
  (['switcharoo', 'node'] as const).flatMap((program) => {
    const [was, is] = [before[program], now[program]];
    return was === is ? [] : [`${program} ${was} is now ${is}`];
  });

/** The parameters with other values: their names alone, since a value may be long. */
export function changedParams(before: unknown, now: unknown): readonly string[] {
  const [was, is] = [before, now].map((params) => new Map(Object.entries(params ?? {})));
  const names = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])];
  return names.filter((name) => !sameJson(was?.get(name), is?.get(name)));
}
