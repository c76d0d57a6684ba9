import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look, waiting} from '../../src/index.ts';
import {
  type Answer,
  addressTypes,
  asZoneName,
  dnsZone,
  mapConcurrently,
  type NoAnswer,
  type Question,
  recordType,
  signingTypes,
  usualQuestions,
} from '../name-servers/index.ts';
import {hostedZone} from '../route53/index.ts';
import {answerText} from './answers/answer-text.ts';

const question = z.object({name: z.string(), type: z.string().toUpperCase()});

const input = z.object({
  /**
   * Records that are not compared: those that the import left out, too. With a CNAME go the addresses of its name: an
   * alias record may stand there.
   */
  leaveOut: z.array(question).default([]),
  /** Asked in addition to everything that the two zones hold: names that only clients know. */
  probes: z.array(question).default([]),
});

const targets = {
  old: dnsZone,
  /** Route 53's own servers for the zone, asked directly: this works before the parent delegates to them. */
  new: dnsZone,
  zone: hostedZone,
};
type MatchLook = Look<typeof targets, z.output<typeof input>>;

const askedAtOnce = 40;
const shownDifferences = 4;
/** A name that does not exist: the answers for it are compared, too. */
const missingLabel = 'switcharoo-asks-for-no-such-name';

/** Open once every server of both sides returns the same answers, with the same TTLs, for all records of both zones. */
export const zonesMatch = defineGate({
  name: 'dns.zones-match',
  summary: 'Wait until the old name servers and Route 53 return the same answers.',
  targets,
  input,
  output: z.object({questions: z.number()}),
  needs: {
    old: ['to transfer the zone, or to ask for its names, over UDP and TCP'],
    new: ['to reach each server over UDP and TCP'],
    zone: ['route53:GetHostedZone', 'route53:ListResourceRecordSets'],
  },
  effects: [{fact: 'compared', from: 'old', to: 'zone'}],
  timeoutMs: 15 * 60_000,
  neverSkip: 'Only this gate proves that the new name servers answer as the old ones do.',
  poll: {firstMs: 500, mostMs: 30_000},
  // It asks every server everything.
  expensive: true,
  check: async (look) => {
    const mismatch = await otherZone(look);
    if (mismatch) {
      return mismatch;
    }
    const {old, new: newZone} = look.targets;
    const asks = await questionsOf(look);
    if (asks.kind === 'blocked') {
      return asks;
    }
    const {questions, isReplaced} = asks;
    let answered = 0;
    const compared = await mapConcurrently(questions, askedAtOnce, async (asked) => {
      const replies = await Promise.all([
        old.ask(asked, look.signal),
        newZone.ask(asked, look.signal),
      ]);
      answered += 1;
      if (answered % askedAtOnce === 0) {
        // Ten thousand names of distant servers take longer than a look may.
        look.stillReading?.(`${answered} of ${questions.length} answers compared`);
      }
      return isReplaced(asked) && replies[0]?.some((reply) => isCname(reply, asked))
        ? undefined
        : differenceIn(asked, replies.flat());
    });
    const differences = compared.filter((difference) => difference !== undefined);
    if (differences.length === 0) {
      return done({questions: questions.length});
    }
    const shown = differences.slice(0, shownDifferences).join('; ');
    const more = differences.length - shownDifferences;
    return waiting(
      `${differences.length} of ${questions.length} answers differ: ${shown}${more > 0 ? `; and ${more} more` : ''}`,
    );
  },
});

/** Several hosted zones may have the same name: only the servers of this one answer with its records. */
async function otherZone({
  targets: {old, new: newZone, zone},
  signal,
}: MatchLook): Promise<Blocked | undefined> {
  const {name, nameServers} = await zone.domain(signal);
  const other = [old, newZone].find(({domain}) => domain !== name);
  if (other) {
    return blocked(
      `${other.name} holds ${other.domain} and ${zone.name} is the zone of ${name}`,
      'Correct domain or zoneId in the inventory.',
    );
  }
  const asked = newZone.servers.map((server) => server.name).sort();
  return JSON.stringify(asked) === JSON.stringify([...nameServers].sort())
    ? undefined
    : blocked(
        `${newZone.name} asks ${asked.join(', ')}, and the name servers of ${zone.name} are ${nameServers.join(', ')}.`,
        `Correct the servers of ${newZone.name}, or the zoneId of ${zone.name}: several hosted zones may have the same name.`,
      );
}

interface Asks {
  readonly kind: 'asks';
  readonly questions: readonly Question[];
  /** The CNAME at the name of the question is left out: the new zone has something else there. */
  readonly isReplaced: (asked: Question) => boolean;
}

async function questionsOf({
  input,
  targets: {old, zone},
  signal,
}: MatchLook): Promise<Asks | Blocked> {
  const {domain} = old;
  const asQuestion = ({name, type}: Question): Question => ({
    name: asZoneName(name, domain),
    type: recordType(type) ?? type,
  });
  const left = new Set(input.leaveOut.map(asQuestion).map(keyOf));
  const isReplaced = ({name}: Question) => left.has(keyOf({name, type: 'CNAME'}));
  const isCompared = (asked: Question) =>
    !signingTypes.includes(asked.type) &&
    asked.type !== 'SOA' &&
    !(asked.type === 'NS' && asked.name === domain);
  const records = (await old.records(signal)).filter(isCompared);
  if (records.length === 0) {
    return blocked(
      `${old.name} has only the SOA and NS records of ${domain}: nothing would be compared.`,
      'Correct zoneFile, names, domain or servers of the target in the inventory.',
    );
  }
  const held = [...records, ...(await zone.allSets(signal))].map(asQuestion);
  const wildcards = held
    .filter(({name}) => name.startsWith('\\052.'))
    .map(({name, type}) => ({name: name.replace('\\052', missingLabel), type}));
  const absent = {name: `${missingLabel}.${domain}`, type: 'A'};
  // A file or a list of names may lack what the old servers have.
  const usual = old.recordsFrom === 'transfer' ? [] : usualQuestions(domain);
  const all = [...held, ...wildcards, absent, ...usual, ...input.probes.map(asQuestion)]
    .filter((asked) => isCompared(asked) && !left.has(keyOf(asked)))
    .filter((asked) => !(isReplaced(asked) && addressTypes.includes(asked.type)));
  const questions = [...new Map(all.map((asked) => [keyOf(asked), asked])).values()];
  return {kind: 'asks', questions, isReplaced};
}

const keyOf = ({name, type}: Question): string => `${name} ${type}`;

const isCname = (reply: Answer | NoAnswer, {name}: Question): boolean =>
  reply.kind === 'answer' &&
  reply.answers.some((record) => record.name === name && record.type === 'CNAME');

/** Each answer against that of the first old server: the old servers may differ among themselves. */
function differenceIn(
  asked: Question,
  replies: readonly (Answer | NoAnswer)[],
): string | undefined {
  const texts = replies.map((reply) => ({
    server: reply.server.name,
    text: answerText(reply, asked),
  }));
  const [first] = texts;
  const other = texts.find(({text}) => text !== first?.text);
  if (first && other) {
    return `${asked.name} ${asked.type} is ${first.text} at ${first.server} and ${other.text} at ${other.server}`;
  }
  const [reply] = replies;
  return reply?.kind === 'no-answer'
    ? `${asked.name} ${asked.type}: ${reply.server.name} does not answer (${reply.reason})`
    : undefined;
}
