import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {
  type Action,
  type Blocked,
  blocked,
  defineStep,
  done,
  type Look,
  pending,
  type Verdict,
  waiting,
} from '../../src/index.ts';
import {dnsZone} from '../name-servers/index.ts';
import type {NameServer} from './contract.ts';
import {delegationAt, dsAt, namesOf, untilParentSays} from './registrar/parent-view.ts';
import {inWords, plainName, registrar} from './registrar/registrar.ts';
import {hostedZone} from './target.ts';

const targets = {
  registrar,
  /** Who says which name servers the world asks. */
  parent: dnsZone,
  zone: hostedZone,
  old: dnsZone,
};
type DelegationLook = Look<typeof targets, unknown>;

const before = z.object({
  nameServers: z.array(z.object({name: z.string(), glue: z.array(z.string())})),
  /** The longest for which resolvers go on asking them: the parent's TTL, or that of the old zone itself. */
  ttlSeconds: z.number(),
});
type Before = z.output<typeof before>;
const output = z.object({ttlSeconds: z.number()});

/** Sends the world to Route 53's name servers for a domain. */
export const changeDelegation = defineStep({
  name: 'route53.change-delegation',
  summary: 'Make Route 53 the name servers of a domain, at its registrar.',
  targets,
  input: z.object({}),
  before,
  output,
  reverses:
    'Gives the domain its old name servers back, and waits until no resolver asks Route 53 any more: its records stay as long.',
  needs: {
    registrar: [
      'route53domains:GetDomainDetail',
      'route53domains:ListOperations',
      'route53domains:GetOperationDetail',
      'route53domains:UpdateDomainNameservers',
    ],
    parent: ['to reach each server over UDP and TCP'],
    zone: ['route53:GetHostedZone', 'route53:ListResourceRecordSets'],
    old: ['to reach each server over UDP and TCP'],
  },
  // A registry may take hours, and a person too; on the way back two days of TTL come on top.
  timeoutMs: 4 * 24 * 3_600_000,
  poll: {firstMs: 250, mostMs: 15_000},

  check: async (look) => {
    const {targets, signal} = look;
    const wrong = await otherDomain(look);
    if (wrong) {
      return wrong;
    }
    const first = look.run.before === undefined ? undefined : before.parse(look.run.before);
    const {registrar, parent, zone} = targets;
    const wanted = await wantedServers(look);
    const [seen, entered, underway] = await Promise.all([
      delegationAt(parent, registrar.domain, signal),
      registrar.entered(signal),
      registrar.underway(signal),
    ]);
    if (underway !== undefined) {
      return waiting(underway);
    }
    if (seen.kind === 'moving') {
      return waiting(seen.says);
    }
    const live = namesOf(seen.content);
    const isEntered = namesOf(entered?.nameServers ?? seen.content);
    if (live !== isEntered) {
      return waiting(
        `${registrar.who} has ${isEntered} entered for ${registrar.domain}, and ${parent.name} still says ${live}`,
      );
    }
    if (live === namesOf(wanted)) {
      return done({ttlSeconds: first?.ttlSeconds ?? seen.ttl});
    }
    if (first && live !== namesOf(first.nameServers)) {
      return blocked(
        `${registrar.domain} has the name servers ${live || 'none'}; that is neither what it had before (${namesOf(first.nameServers)}) nor those of ${zone.name} (${namesOf(wanted)}).`,
        'Somebody else changed the delegation. Put it back to one of the two.',
      );
    }
    return pendingFrom(look, {
      first,
      seen: {nameServers: entered?.nameServers ?? seen.content, ttl: seen.ttl},
      wanted,
      locked: entered?.locked,
    });
  },

  plan: async (look, from) => {
    const wanted = await wantedServers(look);
    return [entering(look, {wanted, instead: from.nameServers})];
  },

  reverse: async (look, from) => {
    const {registrar, parent, zone, old} = look.targets;
    const {signal} = look;
    const lame = await lameServers(look);
    if (lame) {
      return lame;
    }
    const seen = await delegationAt(parent, registrar.domain, signal);
    const isBack =
      seen.kind === 'one' &&
      namesOf(seen.content) === namesOf(from.nameServers) &&
      namesOf((await registrar.entered(signal))?.nameServers ?? seen.content) ===
        namesOf(from.nameServers);
    const own = await zone.setsAt([registrar.domain], signal);
    const ttl = Math.max(
      from.ttlSeconds,
      ...(seen.kind === 'one' ? [seen.ttl] : []),
      ...own.flatMap(({type, ttlSeconds}) => (type === 'NS' ? [ttlSeconds ?? 0] : [])),
    );
    const wanted = await wantedServers(look);
    return [
      ...(isBack ? [] : [entering(look, {wanted: from.nameServers, instead: wanted})]),
      // No look can tell since when they are back, so it is waited for whole, each time.
      forgetting(`${zone.name}, and ask ${old.name} again`, ttl),
    ];
  },
});

async function pendingFrom(
  look: DelegationLook,
  {
    first,
    seen,
    wanted,
    locked,
  }: {
    readonly first: Before | undefined;
    readonly seen: {readonly nameServers: readonly NameServer[]; readonly ttl: number};
    readonly wanted: readonly NameServer[];
    readonly locked: string | undefined;
  },
): Promise<Verdict<Before, never>> {
  const {registrar, zone} = look.targets;
  if (seen.nameServers.length === 0) {
    return blocked(
      `The parent zone knows no name servers of ${registrar.domain}`,
      'Correct the domain, or the servers of the parent, in the inventory.',
    );
  }
  if (locked !== undefined) {
    return blocked(
      `${registrar.domain} is locked at ${registrar.who} (${locked}), so that its name servers cannot be changed.`,
      'Let the registrar, or the registry, take the lock away first.',
    );
  }
  const signed = first ? undefined : await stillSigned(look);
  return (
    signed ??
    pending(
      first ?? {
        nameServers: seen.nameServers.map(({name, glue}) => ({name, glue: [...glue]})),
        ttlSeconds: Math.max(seen.ttl, await ttlOfOldZone(look)),
      },
      {
        what: `the name servers of ${registrar.domain}`,
        is: inWords(seen.nameServers),
        shouldBe: `${inWords(wanted)} (${zone.name})`,
      },
    )
  );
}

const wantedServers = async ({
  targets: {zone},
  signal,
}: DelegationLook): Promise<readonly NameServer[]> =>
  (await zone.domain(signal)).nameServers.map((name) => ({name, glue: []}));

async function otherDomain({
  targets: {registrar, zone, old},
  signal,
}: DelegationLook): Promise<Blocked | undefined> {
  const {name} = await zone.domain(signal);
  const {domain} = [registrar, old].find((one) => one.domain !== name) ?? {};
  return domain === undefined
    ? undefined
    : blocked(
        `${zone.name} is the zone of ${name} and not of ${domain}`,
        'Correct domain or zoneId in the inventory.',
      );
}

/**
 * With a DS record in place, validating resolvers take answers without signatures for forged: the domain would be
 * gone.
 */
async function stillSigned({
  targets: {registrar, parent},
  signal,
}: DelegationLook): Promise<Blocked | undefined> {
  const ds = await dsAt(parent, registrar.domain, signal);
  return ds.kind === 'one' && ds.content.length === 0
    ? undefined
    : blocked(
        ds.kind === 'one'
          ? `${parent.name} vouches for keys of ${registrar.domain} (DS ${ds.content.join('; ')}) that Route 53 does not have: resolvers that validate would refuse all its answers.`
          : `Whether ${registrar.domain} is signed is not sure: ${ds.says}`,
        'Remove the DS records first (route53.remove-ds), and wait them out (dns.ds-expired).',
      );
}

async function ttlOfOldZone({targets: {old}, signal}: DelegationLook): Promise<number> {
  const told = await old.ask({name: old.domain, type: 'NS'}, signal);
  const records = told.flatMap((one) => (one.kind === 'answer' ? one.answers : []));
  return Math.max(0, ...records.map(({ttl}) => ttl));
}

/** Going back where no name server holds the zone any more would lead nowhere. */
async function lameServers({targets: {old}, signal}: DelegationLook): Promise<Blocked | undefined> {
  const told = await old.ask({name: old.domain, type: 'SOA'}, signal);
  const lame = told.filter((one) => one.kind === 'no-answer' || !one.authoritative);
  const [first] = lame;
  return first && lame.length === told.length
    ? blocked(
        `No name server of ${old.name} holds ${old.domain} any more; ${first.server.address}: ${first.kind === 'no-answer' ? first.reason : 'it answers without authority (AA)'}.`,
        'Let the old name servers serve the zone again; until then the domain has to stay at Route 53.',
      )
    : undefined;
}

const entering = (
  look: DelegationLook,
  {
    wanted,
    instead,
  }: {readonly wanted: readonly NameServer[]; readonly instead: readonly NameServer[]},
): Action<typeof targets> => {
  const {registrar, parent} = look.targets;
  const {domain, who} = registrar;
  return {
    on: 'registrar',
    does: `${who}: enter ${inWords(wanted)} as the name servers of ${plainName(domain)}, instead of ${inWords(instead)}`,
    perform: async (writer, signal, say) => {
      let told = '';
      // Known here: the parent zone sends people elsewhere, and the target zone was compared and is whole.
      await writer.setNameServers(wanted, signal, (words) => {
        told = words;
        say(words);
      });
      await untilParentSays(
        () => delegationAt(parent, domain, signal),
        (servers) => namesOf(servers) === namesOf(wanted),
        {what: told || `waiting until ${parent.name} says so`, signal, say},
      );
    },
  };
};

const forgetting = (whom: string, seconds: number): Action<typeof targets> => ({
  on: 'registrar',
  does: `wait ${seconds} s, until resolvers have forgotten the servers of ${whom}`,
  perform: async (_writer, signal, say) => {
    const untilMs = Date.now() + seconds * 1_000;
    for (let left = seconds; left > 0; left = Math.ceil((untilMs - Date.now()) / 1_000)) {
      say(`${left} s until no resolver that honours TTLs asks the servers of ${whom}`);
      await sleep(Math.min(left * 1_000, 15_000), undefined, {signal});
    }
  },
});
