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
import {delegationAt, dsAt, untilPublished} from './registrar/parent-view.ts';
import {plainName, serverNames, serverText} from './registrar/server-text.ts';
import {hostedZone, registrar} from './target.ts';

const targets = {
  registrar,
  /** The zone above, which delegates the domain. */
  parent: dnsZone,
  zone: hostedZone,
  old: dnsZone,
};
type DelegationLook = Look<typeof targets, unknown>;

const before = z.object({
  nameServers: z.array(z.object({name: z.string(), glue: z.array(z.string())})),
  /** The longest that resolvers keep asking them: the TTL of the parent's NS records, or of those of the old zone. */
  ttlSeconds: z.number(),
});
type Before = z.output<typeof before>;
const output = z.object({ttlSeconds: z.number()});

/** Changes the delegation of a domain to the name servers of its hosted zone. */
export const changeDelegation = defineStep({
  name: 'route53.change-delegation',
  summary: 'Set the name servers of a hosted zone at the registrar of its domain.',
  targets,
  input: z.object({}),
  before,
  output,
  reverses:
    'Restores the old name servers at the registrar, and waits until no resolver asks Route 53 any more.',
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
  relies: [{fact: 'ds', of: 'old', are: 'removed'}],
  effects: [{fact: 'delegation', from: 'old', to: 'zone', is: 'changed'}],
  // A registry or a person may take hours; a reversal also waits for a TTL of up to two days.
  timeoutMs: 4 * 24 * 3_600_000,
  neverSkip: 'It decides where traffic goes, and later entries rely on it.',
  poll: {firstMs: 250, mostMs: 15_000},

  check: async (look) => {
    const {targets, signal} = look;
    const mismatch = await domainMismatch(look);
    if (mismatch) {
      return mismatch;
    }
    const first = look.run.before === undefined ? undefined : before.parse(look.run.before);
    const {registrar, parent, zone} = targets;
    const newServers = await zoneServers(look);
    const [delegation, registration, operation] = await Promise.all([
      delegationAt(parent, registrar.domain, signal),
      registrar.registration(signal),
      registrar.pendingOperation(signal),
    ]);
    if (operation !== undefined) {
      return waiting(operation);
    }
    if (delegation.kind === 'divergent') {
      return waiting(delegation.text);
    }
    const live = serverNames(delegation.content);
    const registered = serverNames(registration?.nameServers ?? delegation.content);
    if (live !== registered) {
      return waiting(
        `${registrar.provider} has ${registered} for ${registrar.domain}, and ${parent.name} still answers ${live}`,
      );
    }
    if (live === serverNames(newServers)) {
      return done({ttlSeconds: first?.ttlSeconds ?? delegation.ttl});
    }
    if (first && live !== serverNames(first.nameServers)) {
      return blocked(
        `${registrar.domain} has the name servers ${live || '(none)'}; before this step it had ${serverNames(first.nameServers)}, and ${zone.name} has ${serverNames(newServers)}.`,
        'The delegation was changed outside of this run. Set one of the two at the registrar.',
      );
    }
    return firstLook(look, {
      first,
      delegation: {
        nameServers: registration?.nameServers ?? delegation.content,
        ttl: delegation.ttl,
      },
      newServers,
      locked: registration?.locked,
    });
  },

  plan: async (look, from) => {
    return [registrarChange(look, {from: from.nameServers, to: await zoneServers(look)})];
  },

  reverse: async (look, from) => {
    const {registrar, parent, zone} = look.targets;
    const {signal} = look;
    const lame = await lameServers(look);
    if (lame) {
      return lame;
    }
    const delegation = await delegationAt(parent, registrar.domain, signal);
    const isRestored =
      delegation.kind === 'agreed' &&
      serverNames(delegation.content) === serverNames(from.nameServers) &&
      serverNames((await registrar.registration(signal))?.nameServers ?? delegation.content) ===
        serverNames(from.nameServers);
    const apexSets = await zone.setsAt([registrar.domain], signal);
    const ttl = Math.max(
      from.ttlSeconds,
      ...(delegation.kind === 'agreed' ? [delegation.ttl] : []),
      ...apexSets.flatMap(({type, ttlSeconds}) => (type === 'NS' ? [ttlSeconds ?? 0] : [])),
    );
    return [
      ...(isRestored
        ? []
        : [registrarChange(look, {from: await zoneServers(look), to: from.nameServers})]),
      // No look shows when the old servers were restored, so each reversal waits for the whole TTL.
      ttlWait(zone.name, ttl),
    ];
  },
});

async function firstLook(
  look: DelegationLook,
  {
    first,
    delegation,
    newServers,
    locked,
  }: {
    readonly first: Before | undefined;
    readonly delegation: {readonly nameServers: readonly NameServer[]; readonly ttl: number};
    readonly newServers: readonly NameServer[];
    readonly locked: string | undefined;
  },
): Promise<Verdict<Before, never>> {
  const {registrar, zone} = look.targets;
  if (delegation.nameServers.length === 0) {
    return blocked(
      `The parent zone has no name servers for ${registrar.domain}.`,
      'Correct the domain, or the servers of the parent, in the inventory.',
    );
  }
  if (locked !== undefined) {
    return blocked(
      `${registrar.domain} is locked at ${registrar.provider} (${locked}): its name servers cannot be changed.`,
      'Unlock the domain at the registrar. Only the registry can remove a status that begins with "server".',
    );
  }
  const obstacle = first ? undefined : await stillSigned(look);
  return (
    obstacle ??
    pending(
      first ?? {
        nameServers: delegation.nameServers.map(({name, glue}) => ({name, glue: [...glue]})),
        ttlSeconds: Math.max(delegation.ttl, await ttlOfOldZone(look)),
      },
      {
        what: `name servers of ${registrar.domain}`,
        is: serverText(delegation.nameServers),
        shouldBe: `${serverText(newServers)} (${zone.name})`,
      },
    )
  );
}

const zoneServers = async ({
  targets: {zone},
  signal,
}: DelegationLook): Promise<readonly NameServer[]> =>
  (await zone.domain(signal)).nameServers.map((name) => ({name, glue: []}));

async function domainMismatch({
  targets: {registrar, zone, old},
  signal,
}: DelegationLook): Promise<Blocked | undefined> {
  const {name} = await zone.domain(signal);
  const {domain} = [registrar, old].find((target) => target.domain !== name) ?? {};
  return domain === undefined
    ? undefined
    : blocked(
        `${zone.name} is the zone of ${name}, not of ${domain}.`,
        'Correct domain or zoneId in the inventory.',
      );
}

/** With a DS record in place, validating resolvers reject answers without signatures: the domain would not resolve. */
async function stillSigned({
  targets: {registrar, parent},
  signal,
}: DelegationLook): Promise<Blocked | undefined> {
  const ds = await dsAt(parent, registrar.domain, signal);
  return ds.kind === 'agreed' && ds.content.length === 0
    ? undefined
    : blocked(
        ds.kind === 'agreed'
          ? `${parent.name} has DS records of ${registrar.domain} (${ds.content.join('; ')}) for keys that Route 53 does not have: validating resolvers would reject all its answers.`
          : `The DS records of ${registrar.domain} are not certain: ${ds.text}.`,
        'Remove the DS records (route53.remove-ds), and wait until they have expired (dns.ds-expired).',
      );
}

async function ttlOfOldZone({targets: {old}, signal}: DelegationLook): Promise<number> {
  const replies = await old.ask({name: old.domain, type: 'NS'}, signal);
  const records = replies.flatMap((reply) => (reply.kind === 'answer' ? reply.answers : []));
  return Math.max(0, ...records.map(({ttl}) => ttl));
}

/** A reversal needs an old name server that still serves the zone. */
async function lameServers({targets: {old}, signal}: DelegationLook): Promise<Blocked | undefined> {
  const replies = await old.ask({name: old.domain, type: 'SOA'}, signal);
  const lame = replies.filter((reply) => reply.kind === 'no-answer' || !reply.authoritative);
  const [first] = lame;
  return first && lame.length === replies.length
    ? blocked(
        `No name server of ${old.name} serves ${old.domain} any more; ${first.server.address}: ${first.kind === 'no-answer' ? first.reason : 'it answers without authority (AA)'}.`,
        'Configure the zone at the old name servers again. Until then the domain must stay at Route 53.',
      )
    : undefined;
}

const registrarChange = (
  look: DelegationLook,
  {from, to}: {readonly from: readonly NameServer[]; readonly to: readonly NameServer[]},
): Action<typeof targets> => {
  const {registrar, parent} = look.targets;
  const {domain, provider} = registrar;
  return {
    on: 'registrar',
    does: `${provider}: enter ${serverText(to)} as the name servers of ${plainName(domain)}, instead of ${serverText(from)}`,
    perform: async (writer, signal, say) => {
      let progress = '';
      // Known here: the parent zone delegates elsewhere, and the hosted zone was compared and is complete.
      await writer.setNameServers(to, signal, (text) => {
        progress = text;
        say(text);
      });
      await untilPublished(
        () => delegationAt(parent, domain, signal),
        (servers) => serverNames(servers) === serverNames(to),
        {progress: progress || `waiting until ${parent.name} publishes it`, signal, say},
      );
    },
  };
};

const ttlWait = (zone: string, seconds: number): Action<typeof targets> => ({
  on: 'registrar',
  does: `wait ${seconds} s, until the name servers of ${zone} have expired from the caches of resolvers`,
  perform: async (_writer, signal, say) => {
    const untilMs = performance.now() + seconds * 1_000;
    for (let left = seconds; left > 0; left = Math.ceil((untilMs - performance.now()) / 1_000)) {
      say(`${left} s until the name servers of ${zone} have expired`);
      await sleep(Math.min(left * 1_000, 15_000), undefined, {signal});
    }
  },
});
