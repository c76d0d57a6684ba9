import {AwsError, type XmlElements} from './replies.ts';

/** What a call of the API makes of its form. */
export type Operation = (form: URLSearchParams) => XmlElements | Promise<XmlElements>;

/** All of them, or the one with this identifier. Throws an `AwsError` with `code` when there is none. */
export function selected<Item>(
  all: readonly (readonly [identifier: string, item: Item])[],
  identifier: string | null,
  code: string,
  noun: string,
): readonly Item[] {
  const matches = all.filter(([name]) => identifier === null || name === identifier.toLowerCase());
  if (identifier !== null && matches.length === 0) {
    throw new AwsError(code, `${noun} ${identifier} not found.`, 404);
  }
  return matches.map(([, item]) => item);
}

/** One page: `MaxRecords` (20 to 100) from `Marker` on. */
export function page(
  list: string,
  element: string,
  trees: readonly XmlElements[],
  form: URLSearchParams,
): XmlElements {
  const size = Number(form.get('MaxRecords') ?? 100);
  if (!(size >= 20 && size <= 100)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Invalid value ${size} for MaxRecords. Must be between 20 and 100`,
    );
  }
  const from = Number(form.get('Marker') ?? 0);
  const next = from + size;
  return {
    [list]: {[element]: trees.slice(from, next)},
    Marker: next < trees.length ? String(next) : undefined,
  };
}

export function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') {
    throw new AwsError('MissingParameter', `The request must contain the parameter ${name}.`);
  }
  return value;
}

/** `Tags.Tag.1.Key`, `Tags.Tag.1.Value`, and so on. */
export function tagsIn(form: URLSearchParams): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (let number = 1; form.has(`Tags.Tag.${number}.Key`); number += 1) {
    tags[form.get(`Tags.Tag.${number}.Key`) ?? ''] = form.get(`Tags.Tag.${number}.Value`) ?? '';
  }
  return tags;
}
