import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {textOf} from '../text-of.ts';

/** The drop-ins of a unit, as the last `systemctl daemon-reload` read them. */
export interface DropIns {
  readonly paths: readonly string[];
  /** The values of `ConditionPathExists=` (systemd.unit(5)), the only setting that the lab honours. */
  readonly conditions: readonly string[];
}

/** Reads `UNIT.d/*.conf` in the order of their names. */
export function readDropIns(systemFolder: string, unit: string): DropIns {
  const folder = join(systemFolder, `${unit}.d`);
  const paths = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.conf'))
        .sort()
        .map((name) => join(folder, name))
    : [];
  const conditions = paths.flatMap((path) => conditionsIn(textOf(path) ?? ''));
  // An empty one cancels all before it.
  return {paths, conditions: conditions.slice(conditions.lastIndexOf('') + 1)};
}

/** Every condition must hold; a leading `!` negates it. */
export function conditionsHold(conditions: readonly string[]): boolean {
  return conditions.every((condition) =>
    condition.startsWith('!') ? !existsSync(condition.slice(1)) : existsSync(condition),
  );
}

function conditionsIn(text: string): readonly string[] {
  return [...text.matchAll(/^ConditionPathExists=(.*)$/gm)].map(([, value = '']) => value.trim());
}
