import {z} from 'zod';
import {SwitcharooError} from '../../../src/index.ts';
import type {Settings} from '../contract.ts';
import {settingsInvalid} from './problems.ts';

const reference = z.union([
  z.strictObject({ssm: z.string().min(1)}),
  z.strictObject({secretsManager: z.string().min(1), key: z.string().min(1).optional()}),
]);
const member = z.union([z.string(), z.number(), z.boolean(), reference]);
type Member = z.output<typeof member>;
type Members = Readonly<Record<string, Member>>;
export type Reference = z.output<typeof reference>;

/** The members of a settings object. A problem has the name alone: a parser would quote the secret. */
export function parseMembers(key: string, bytes: Uint8Array): Members {
  const json = Buffer.from(bytes).toString('utf8');
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch {
    throw new SwitcharooError(settingsInvalid(key, 'it is not JSON'));
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new SwitcharooError(settingsInvalid(key, 'it is not an object of names and values'));
  }
  const entries = Object.entries(content).map(([name, value]) => {
    const result = member.safeParse(value);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new SwitcharooError(settingsInvalid(key, `${name} is not a name for a variable`));
    }
    if (typeof value === 'number' && numberText(json, name) !== String(value)) {
      const what = `${name} is a number that would arrive in another form; put it in quotes`;
      throw new SwitcharooError(settingsInvalid(key, what));
    }
    if (!result.success) {
      const what = `${name} is neither a text, a number, true or false, nor a reference`;
      throw new SwitcharooError(settingsInvalid(key, what));
    }
    return [name, result.data] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The number as the JSON has it. In a text the quotes of its name would be escaped; of two equal names the last
 * counts.
 */
const numberText = (json: string, name: string): string | undefined =>
  [...json.matchAll(new RegExp(`"${name}"\\s*:\\s*([-+.0-9eE]+)`, 'g'))].at(-1)?.[1];

/** Plain values as text, and every reference as the place where ECS reads it. */
export async function resolveMembers(
  members: Members,
  valueFrom: (reference: Reference) => Promise<string>,
): Promise<Settings> {
  const entries = Object.entries(members);
  const plain = entries.filter((entry): entry is [string, string | number | boolean] => {
    return typeof entry[1] !== 'object';
  });
  const references = entries.filter((entry): entry is [string, Reference] => {
    return typeof entry[1] === 'object';
  });
  const secrets = await Promise.all(
    references.map(async ([name, value]) => [name, await valueFrom(value)] as const),
  );
  return {
    environment: Object.fromEntries(plain.map(([name, value]) => [name, String(value)])),
    secrets: Object.fromEntries(secrets),
  };
}
