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
import {delegationAt, dsAt, namesOf, untilParentSays} from './registrar/parent-view.ts';
import {plainName, registrar} from './registrar/registrar.ts';
import {type SigningKey, signingKey} from './registrar/signing-key.ts';
import {hostedZone} from './target.ts';

const input = z.object({
  /** For a zone that is signed while its parent has no DS any more: somebody may have removed it a moment ago. */
  assumedTtlSeconds: z.coerce.number().int().nonnegative().default(86_400),
});

const targets = {registrar, parent: dnsZone, zone: hostedZone, old: dnsZone};
type DsLook = Look<typeof targets, z.output<typeof input>>;

const before = z.object({
  /** As the parent answers them. */
  ds: z.array(z.string()),
  /** As the registrar has them; none where only a person can see them. */
  keys: signingKey.array(),
  ttlSeconds: z.number(),
});

/** Ends the chain of trust to a domain, so that it may move to name servers that do not sign with its keys. */
export const removeDs = defineStep({
  name: 'route53.remove-ds',
  summary: 'Remove the DS records of a domain, before its name servers change.',
  targets,
  input,
  before,
  /** How long a resolver may remember the last of them. */
  output: z.object({ttlSeconds: z.number()}),
  reverses: 'Enters the same DS records again, once the old name servers are back.',
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
  // A registry may take hours, and a person too.
  timeoutMs: 2 * 24 * 3_600_000,
  poll: {firstMs: 250, mostMs: 15_000},

  check: async (look) => {
    const {
      targets: {registrar, parent},
      signal,
    } = look;
    const first = look.run.before === undefined ? undefined : before.parse(look.run.before);
    const [seen, entered, underway] = await Promise.all([
      dsAt(parent, registrar.domain, signal),
      registrar.entered(signal),
      registrar.underway(signal),
    ]);
    if (underway !== undefined) {
      return waiting(underway);
    }
    if (seen.kind === 'moving') {
      return waiting(seen.says);
    }
    const keys = entered?.keys ?? [];
    if (entered && keys.length > 0 !== seen.content.length > 0) {
      return waiting(
        `${registrar.who} has ${keys.length} keys of ${registrar.domain}, and ${parent.name} answers ${seen.content.length} DS records`,
      );
    }
    if (seen.content.length === 0) {
      return done({ttlSeconds: first?.ttlSeconds ?? (await assumedTtl(look))});
    }
    if (entered?.locked !== undefined) {
      return blocked(
        `${registrar.domain} is locked at ${registrar.who} (${entered.locked}), so that its DS records cannot be changed.`,
        'Let the registrar, or the registry, take the lock away first.',
      );
    }
    return pending(
      {ds: [...seen.content], keys: [...keys], ttlSeconds: seen.ttl},
      {
        what: `DS records of ${registrar.domain}`,
        is: seen.content.join('; '),
        shouldBe: 'none',
      },
    );
  },

  plan: async (look, {ds}) => [
    setting(look, {
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
    const seen = await dsAt(parent, registrar.domain, signal);
    const entered = await registrar.entered(signal);
    if (
      seen.kind === 'one' &&
      sameList(seen.content, ds) &&
      (entered?.keys.length ?? 0) === keys.length
    ) {
      return [];
    }
    const words = ds.join('; ');
    return (
      (await unsignedServers(look)) ?? [
        setting(look, {
          keys,
          ds,
          does: `enter the DS records of ${plainName(registrar.domain)} again (${words})`,
        }),
      ]
    );
  },
});

/** A zone that signs once had a DS, as a rule, and some resolver may remember it. */
async function assumedTtl({input, targets: {old}, signal}: DsLook): Promise<number> {
  const told = await old.ask({name: old.domain, type: 'DNSKEY'}, signal);
  const signs = told.some(
    (one) => one.kind === 'no-answer' || one.answers.some(({type}) => type === 'DNSKEY'),
  );
  return signs ? input.assumedTtlSeconds : 0;
}

/** Vouching for keys that the name servers of the moment do not have would make the domain vanish. */
async function unsignedServers({
  targets: {registrar, parent, zone},
  signal,
}: DsLook): Promise<Blocked | undefined> {
  const {nameServers} = await zone.domain(signal);
  const seen = await delegationAt(parent, registrar.domain, signal);
  const live = seen.kind === 'one' ? seen.content.map(({name}) => name) : nameServers;
  return live.some((name) => nameServers.includes(name))
    ? blocked(
        seen.kind === 'one'
          ? `${registrar.domain} has the name servers ${namesOf(seen.content)}, which do not sign with its old keys.`
          : `Which name servers ${registrar.domain} has is not sure: ${seen.says}.`,
        'Give the domain its old name servers back first, and wait until no cache holds the new ones.',
      )
    : undefined;
}

const sameList = (one: readonly string[], other: readonly string[]): boolean =>
  JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());

const setting = (
  look: DsLook,
  wanted: {
    readonly keys: readonly SigningKey[];
    readonly ds: readonly string[];
    readonly does: string;
  },
): Action<typeof targets> => {
  const {registrar, parent} = look.targets;
  return {
    on: 'registrar',
    does: `${registrar.who}: ${wanted.does}`,
    perform: async (writer, signal, say) => {
      let told = '';
      // Known here: the name servers that the parent names do sign, or the DS records go.
      await writer.setKeys(wanted.keys, wanted.ds, signal, (words) => {
        told = words;
        say(words);
      });
      await untilParentSays(
        () => dsAt(parent, registrar.domain, signal),
        // From keys the registry makes the records itself, and check says whether they are the old ones.
        (ds) => (wanted.keys.length > 0 ? ds.length > 0 : sameList(ds, wanted.ds)),
        {what: told || `waiting until ${parent.name} says so`, signal, say},
      );
    },
  };
};
