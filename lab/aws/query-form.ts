/** `Names.member.1`, `Names.member.2`, …: a list of the query protocol. */
export function members(form: URLSearchParams, list: string, field = ''): readonly string[] {
  const values: string[] = [];
  for (let number = 1; ; number += 1) {
    const value = form.get(`${list}.member.${number}${field}`);
    if (value === null) {
      return values;
    }
    values.push(value);
  }
}

/** The form of a query as a tree: `A.member.1.B` is B of the first member of A. */
export function treeIn(form: URLSearchParams): Readonly<Record<string, unknown>> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of form) {
    const path = key.split('.');
    let place: Record<string, unknown> = root;
    for (const name of path.slice(0, -1)) {
      const next = (place[name] ?? {}) as Record<string, unknown>; // made here
      place[name] = next;
      place = next;
    }
    place[path.at(-1) ?? ''] = value;
  }
  return withLists(root) as Readonly<Record<string, unknown>>; // an object stays one
}

function withLists(tree: unknown): unknown {
  if (typeof tree !== 'object' || tree === null) {
    return tree;
  }
  const entries = Object.entries(tree).map(([name, value]) => [name, withLists(value)] as const);
  const isList = entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name));
  return isList ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
