import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  waiting,
} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import {delegationAt, dsAt, untilPublished} from './registrar/parent-view.ts';
import {plainName, serverNames} from './registrar/server-text.ts';
import {type SigningKey, signingKey} from './registrar/signing-key.ts';
import {hostedZone, registrar} from './target.ts';

const input = z.object({
  /** For a signed zone without DS records at its parent: they may have been removed a moment ago. */
  assumedTtlSeconds: z.coerce.number().int().nonnegative().default(86_400),
});

const targets = {registrar, parent: dnsZone, zone: hostedZone, old: dnsZone};
type DsLook = Look<typeof targets, z.output<typeof input>>;

const before = z.object({
  /** From the answers of the parent. */
  ds: z.array(z.string()),
  /** From the registrar; empty where only a person can see them. */
  keys: signingKey.array(),
  ttlSeconds: z.number(),
});

/** Ends the chain of trust to a domain, so that it can move to name servers that do not have its keys. */
export const removeDs = defineStep({
  name: 'route53.remove-ds',
  summary: 'Remove the DS records of a domain, before its name servers change.',
  targets,
  input,
  before,
  /** The longest that a resolver may cache them. */
  output: z.object({ttlSeconds: z.number()}),
  reverses: 'Restores the same DS records, once the old name servers are restored.',
  needs: {
    registrar: [
      'route53domains:GetDomainDetail',
      'route53domains:ListOperations',
      'route53domains:GetOperationDetail',
      'route53domains:DisassociateDelegationSignerFromDomain',
      'route53domains:AssociateDelegationSignerToDomain',
    ],
    parent: ['to reach each server over UDP and TCP'],
    zone: ['route53:GetHostedZone'],
    old: ['to reach each server over UDP and TCP'],
  },
  effects: [{fact: 'ds', of: 'old', are: 'removed'}],
  // A registry or a person may take hours.
  timeoutMs: 2 * 24 * 3_600_000,
  neverSkip:
    'With a DS record in place, validating resolvers refuse every answer from the new name servers.',
  poll: {firstMs: 250, mostMs: 15_000},

  check: async (look) => {
    const {
      targets: {registrar, parent},
      signal,
    } = look;
    const first = look.run.before === undefined ? undefined : before.parse(look.run.before);
    const [published, registration, operation] = await Promise.all([
      dsAt(parent, registrar.domain, signal),
      registrar.registration(signal),
      registrar.pendingOperation(signal),
    ]);
    if (operation !== undefined) {
      return waiting(operation);
    }
    if (published.kind === 'divergent') {
      return waiting(published.text);
    }
    const keys = registration?.keys ?? [];
    if (registration && keys.length > 0 !== published.content.length > 0) {
      return waiting(
        `${registrar.provider} has ${keys.length} keys of ${registrar.domain}, and ${parent.name} answers ${published.content.length} DS records`,
      );
    }
    if (published.content.length === 0) {
      return done({ttlSeconds: first?.ttlSeconds ?? (await assumedTtl(look))});
    }
    if (registration?.locked !== undefined) {
      return blocked(
        `${registrar.domain} is locked at ${registrar.provider} (${registration.locked}): its DS records cannot be changed.`,
        'Unlock the domain at the registrar. Only the registry can remove a status that begins with "server".',
      );
    }
    return pending(
      {ds: [...published.content], keys: [...keys], ttlSeconds: published.ttl},
      {
        what: `DS records of ${registrar.domain}`,
        is: published.content.join('; '),
        shouldBe: 'none',
      },
    );
  },

  plan: async (look, {ds}) => [
    dsChange(look, {
      keys: [],
      ds: [],
      does: `remove the ${ds.length === 1 ? 'DS record' : `${ds.length} DS records`} of ${plainName(look.targets.registrar.domain)} (${ds.join('; ')})`,
    }),
  ],

  reverse: async (look, {ds, keys}) => {
    const {
      targets: {registrar, parent},
      signal,
    } = look;
    const published = await dsAt(parent, registrar.domain, signal);
    const registration = await registrar.registration(signal);
    if (
      published.kind === 'agreed' &&
      sameList(published.content, ds) &&
      (registration?.keys.length ?? 0) === keys.length
    ) {
      return [];
    }
    return (
      (await unsignedServers(look)) ?? [
        dsChange(look, {
          keys,
          ds,
          does: `add the DS records of ${plainName(registrar.domain)} again (${ds.join('; ')})`,
        }),
      ]
    );
  },
});

/** A signed zone usually had a DS record, which some resolver may still cache. */
async function assumedTtl({input, targets: {old}, signal}: DsLook): Promise<number> {
  const replies = await old.ask({name: old.domain, type: 'DNSKEY'}, signal);
  const isSigned = replies.some(
    (reply) => reply.kind === 'no-answer' || reply.answers.some(({type}) => type === 'DNSKEY'),
  );
  return isSigned ? input.assumedTtlSeconds : 0;
}

/** With DS records for keys that the present name servers do not have, the domain would not resolve. */
async function unsignedServers({
  targets: {registrar, parent, zone},
  signal,
}: DsLook): Promise<Blocked | undefined> {
  const {nameServers} = await zone.domain(signal);
  const delegation = await delegationAt(parent, registrar.domain, signal);
  const live =
    delegation.kind === 'agreed' ? delegation.content.map(({name}) => name) : nameServers;
  return live.some((name) => nameServers.includes(name))
    ? blocked(
        delegation.kind === 'agreed'
          ? `${registrar.domain} has the name servers ${serverNames(delegation.content)}, which do not sign with its old keys.`
          : `The name servers of ${registrar.domain} are not certain: ${delegation.text}.`,
        'Restore the old name servers at the registrar, and wait until the NS records of the new ones have expired.',
      )
    : undefined;
}

const sameList = (first: readonly string[], second: readonly string[]): boolean =>
  JSON.stringify([...first].sort()) === JSON.stringify([...second].sort());

const dsChange = (
  look: DsLook,
  {
    keys,
    ds,
    does,
  }: {
    readonly keys: readonly SigningKey[];
    readonly ds: readonly string[];
    readonly does: string;
  },
): Action<typeof targets> => {
  const {registrar, parent} = look.targets;
  return {
    on: 'registrar',
    does: `${registrar.provider}: ${does}`,
    perform: async (writer, signal, say) => {
      let progress = '';
      // Known here: the delegated name servers sign with these keys, or the DS records are removed.
      await writer.setKeys(keys, ds, signal, (text) => {
        progress = text;
        say(text);
      });
      await untilPublished(
        () => dsAt(parent, registrar.domain, signal),
        // The registry makes DS records from keys; the next check compares them with the old ones.
        (published) => (keys.length > 0 ? published.length > 0 : sameList(published, ds)),
        {progress: progress || `waiting until ${parent.name} publishes it`, signal, say},
      );
    },
  };
};
