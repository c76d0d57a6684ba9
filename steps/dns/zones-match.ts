import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look, waiting} from '../../src/index.ts';
import {
  asZoneName,
  dnsZone,
  inTurns,
  type Question,
  type Told,
  type Unheard,
} from '../name-servers/index.ts';
import {hostedZone} from '../route53/index.ts';
import {answersOf} from './answers/answer-text.ts';

const question = z.object({name: z.string(), type: z.string().toUpperCase()});

const input = z.object({
  /** What is not compared: what the import left out, too. */
  leaveOut: z.array(question).default([]),
  /** Asked for beside all that the two zones hold: names that only outsiders know. */
  probes: z.array(question).default([]),
});

const targets = {
  old: dnsZone,
  /** Route 53's own servers for the zone, asked directly: nobody has to be sent there yet. */
  new: dnsZone,
  zone: hostedZone,
};
type AgreeLook = Look<typeof targets, z.output<typeof input>>;

/** Never compared: each side says those of itself, or they belong to signatures. */
const ownTypes = [
  'SOA',
  'RRSIG',
  'NSEC',
  'NSEC3',
  'NSEC3PARAM',
  'DNSKEY',
  'CDS',
  'CDNSKEY',
  'TYPE65534',
];
const askedAtOnce = 40;
const shownDifferences = 4;
/** That it does not exist is compared, too. */
const noSuchLabel = 'switcharoo-asks-for-no-such-name';

/** Open once every server of both sides gives the same answer, with the same TTL, to everything that either zone holds. */
export const zonesMatch = defineGate({
  name: 'dns.zones-match',
  summary: 'Wait until the old name servers and Route 53 answer everything alike.',
  targets,
  input,
  output: z.object({questions: z.number()}),
  needs: {
    old: ['to transfer the zone, or to ask for its names, over UDP and TCP'],
    new: ['to reach each server over UDP and TCP'],
    zone: ['route53:GetHostedZone', 'route53:ListResourceRecordSets'],
  },
  timeoutMs: 15 * 60_000,
  poll: {firstMs: 500, mostMs: 30_000},
  // It asks every server everything.
  expensive: true,
  check: async (look) => {
    const wrong = await otherZone(look);
    if (wrong) {
      return wrong;
    }
    const questions = await questionsOf(look);
    const {old, new: fresh} = look.targets;
    const compared = await inTurns(questions, askedAtOnce, async (asked) => {
      const told = await Promise.all([old.ask(asked, look.signal), fresh.ask(asked, look.signal)]);
      return differenceIn(asked, told.flat());
    });
    const differences = compared.filter((one) => one !== undefined);
    if (differences.length === 0) {
      return done({questions: questions.length});
    }
    const more = differences.length - shownDifferences;
    return waiting(
      `${differences.length} of ${questions.length} answers differ: ${differences.slice(0, shownDifferences).join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    );
  },
});

/** Several hosted zones may have one name: only the servers of this one say what this one holds. */
async function otherZone({
  targets: {old, new: fresh, zone},
  signal,
}: AgreeLook): Promise<Blocked | undefined> {
  const {name, nameServers} = await zone.domain(signal);
  const stranger = [old, fresh].find(({domain}) => domain !== name);
  if (stranger) {
    return blocked(
      `${stranger.name} holds ${stranger.domain} and ${zone.name} is the zone of ${name}`,
      'Correct domain or zoneId in the inventory.',
    );
  }
  const asked = fresh.servers.map((server) => server.name).sort();
  return JSON.stringify(asked) === JSON.stringify([...nameServers].sort())
    ? undefined
    : blocked(
        `${fresh.name} asks ${asked.join(', ')}, and the name servers of ${zone.name} are ${nameServers.join(', ')}.`,
        `Correct the servers of ${fresh.name}, or the zoneId of ${zone.name}: several hosted zones may have the same name.`,
      );
}

async function questionsOf({
  input,
  targets: {old, zone},
  signal,
}: AgreeLook): Promise<readonly Question[]> {
  const {domain} = old;
  const asQuestion = ({name, type}: Question): Question => ({name: asZoneName(name, domain), type});
  const keyOf = ({name, type}: Question): string => `${name} ${type}`;
  const left = new Set(input.leaveOut.map(asQuestion).map(keyOf));
  const held = [...(await old.records(signal)), ...(await zone.allSets(signal))].map(asQuestion);
  const wildcards = held
    .filter(({name}) => name.startsWith('\\052.'))
    .map(({name, type}) => ({name: name.replace('\\052', noSuchLabel), type}));
  const absent = {name: `${noSuchLabel}.${domain}`, type: 'A'};
  const all = [...held, ...wildcards, absent, ...input.probes.map(asQuestion)].filter(
    (asked) =>
      !ownTypes.includes(asked.type) &&
      !(asked.type === 'NS' && asked.name === domain) &&
      !left.has(keyOf(asked)),
  );
  return [...new Map(all.map((asked) => [keyOf(asked), asked])).values()];
}

/** Everyone against the first old server: the old ones may differ among themselves. */
function differenceIn(asked: Question, told: readonly (Told | Unheard)[]): string | undefined {
  const said = told.map((one) => ({server: one.server.name, says: answersOf(one, asked)}));
  const [first] = said;
  const other = said.find(({says}) => says !== first?.says);
  return first && other
    ? `${asked.name} ${asked.type} is ${first.says} at ${first.server} and ${other.says} at ${other.server}`
    : told[0]?.kind === 'unheard'
      ? `${asked.name} ${asked.type}: ${told[0].server.name} gives no answer: ${told[0].reason}`
      : undefined;
}
