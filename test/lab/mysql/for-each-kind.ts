import {describe} from 'vitest';
import {
  current,
  type KindPair,
  mariadb,
  old,
  type ServerKind,
  serverKinds,
  serverPairs,
} from './server-kinds.ts';

/** A `describe` for each kind; of one that this machine has not, the tests are counted as skipped, and it is said. */
export function forEachKind(
  title: string,
  tests: (kind: ServerKind) => void,
  kinds: readonly ServerKind[] = serverKinds,
): void {
  for (const kind of kinds) {
    describeUnlessMissing(`${title}, on ${kind.name}`, [kind], () => tests(kind));
  }
}

export function forEachPair(
  title: string,
  tests: (pair: KindPair) => void,
  pairs: readonly KindPair[] = serverPairs,
): void {
  for (const pair of pairs) {
    const {source, target} = pair;
    const name = `${title}, ${source.name} to ${target.name}`;
    describeUnlessMissing(name, [source, target], () => tests(pair));
  }
}

/** The two that are farthest from each other: they need not replicate to be held against one another. */
export function forOldAndCurrent(title: string, tests: (pair: KindPair) => void): void {
  describeUnlessMissing(title, [old, current], () => tests({source: old, target: current}));
}

/** A migration from one brand to the other. */
export function forMariadbAndCurrent(title: string, tests: (pair: KindPair) => void): void {
  describeUnlessMissing(title, [mariadb, current], () => tests({source: mariadb, target: current}));
}

/** MariaDB on both sides: a replica of it has clients of its own. */
export function forMariadb(title: string, tests: (pair: KindPair) => void): void {
  describeUnlessMissing(`${title}, MariaDB to MariaDB`, [mariadb], () =>
    tests({source: mariadb, target: mariadb}),
  );
}

function describeUnlessMissing(
  title: string,
  kinds: readonly ServerKind[],
  tests: () => void,
): void {
  const missing = kinds.find((kind) => kind.missing !== null);
  if (missing) {
    console.warn(`SKIPPED: ${title}: there is no ${missing.name} here; ${missing.missing}`);
  }
  describe.skipIf(missing)(title, tests);
}
