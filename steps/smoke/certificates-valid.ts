import {z} from 'zod';
import {blocked, defineGate, done, elapsedMs, SwitcharooError, waiting} from '../../src/index.ts';
import type {ServedCertificate, SiteReader} from './contract.ts';
import {webSite} from './target.ts';

const input = z.object({
  /** Every name that visitors use. */
  names: z.array(z.string()).min(1),
  /** Where the new side is reached before its names lead there: names or addresses, such as a load balancer's. */
  at: z.array(z.string()).min(1),
  port: z.coerce.number().int().positive().default(443),
  /** For so many days from now every certificate must be valid. */
  daysLeft: z.coerce.number().int().nonnegative().default(14),
});
type Input = z.output<typeof input>;

/** Open while the new side shows every visitor a certificate that a browser accepts, before any name leads there. */
export const certificatesValid = defineGate({
  name: 'smoke.certificates-valid',
  summary: 'Check that each address shows a valid certificate for every name.',
  targets: {site: webSite},
  input,
  /** When the first of the certificates expires. */
  output: z.object({validUntil: z.string()}),
  needs: {site: ['to reach the web site over TLS']},
  effects: [],
  timeoutMs: 2 * 60_000,
  neverSkip: 'Without a valid certificate, browsers show visitors a warning instead of the site.',
  poll: {firstMs: 250, mostMs: 5_000},
  check: async ({input, targets: {site}, now, signal}) => {
    const places = await placesOf(input, site, signal);
    if (typeof places === 'string') {
      return waiting(places);
    }
    const shown = await Promise.all(
      places.map(async (place) => ({
        ...place,
        shown: await site.certificate(place.name, {...place, port: input.port}, signal),
      })),
    );
    const refused = shown.flatMap(({name, address, shown: served}) => {
      const fault = served.kind === 'certificate' ? faultOf(served, {now, input, name}) : undefined;
      return fault ? [{...fault, what: `${name} at ${address} port ${input.port}`}] : [];
    });
    const [first] = refused;
    if (first) {
      const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : '';
      return blocked(`The certificate for ${first.what} ${first.fault}${more}.`, first.hint);
    }
    const silent = shown.flatMap(({name, address, shown: served}) =>
      served.kind === 'none' ? [`${name} at ${address} port ${input.port}: ${served.reason}`] : [],
    );
    const ends = shown.flatMap(({shown: served}) =>
      served.kind === 'certificate' ? [served.validTo.getTime()] : [],
    );
    return silent.length > 0
      ? waiting(`no certificate for ${silent.join('; ')}`)
      : done({validUntil: new Date(Math.min(...ends)).toISOString()});
  },
});

interface Place {
  readonly name: string;
  readonly address: string;
}

/** Every name at every address; a text where an address is unknown. */
async function placesOf(
  {names, at}: Input,
  site: SiteReader,
  signal: AbortSignal,
): Promise<readonly Place[] | string> {
  try {
    const addresses = await Promise.all(at.map((host) => site.addresses(host, signal)));
    const places = [...new Set(addresses.flat())].flatMap((address) =>
      names.map((name) => ({name, address})),
    );
    return places.length > 0 ? places : `${at.join(', ')} has no address.`;
  } catch (error) {
    if (error instanceof SwitcharooError) {
      return error.problem.message;
    }
    throw error;
  }
}

interface Fault {
  /** A predicate: `expired at …`. */
  readonly fault: string;
  readonly hint: string;
}

const dayMs = 24 * 3_600_000;

function faultOf(
  served: ServedCertificate,
  {now, input, name}: {readonly now: Date; readonly input: Input; readonly name: string},
): Fault | undefined {
  const {validFrom, validTo, names, isForName, distrust} = served;
  const renew = 'Renew it at the load balancer (in ACM: check its validation records in DNS).';
  if (!isForName) {
    return {
      fault: `is for other names: ${names || 'none'}`,
      hint: `Add a certificate for ${name} to the listener of the load balancer, or ${name} to its certificate.`,
    };
  }
  if (validTo <= now) {
    return {fault: `expired at ${validTo.toISOString()}`, hint: renew};
  }
  if (validFrom > now) {
    return {
      fault: `is valid only from ${validFrom.toISOString()}`,
      hint: "Check the clock of this machine, or wait until the certificate's time has come.",
    };
  }
  if (distrust !== undefined) {
    return {
      fault: `is not trusted: ${distrust}`,
      hint: 'Install it with all its intermediate certificates. If your visitors have the CA of their own organisation, set ca of the site target in the inventory.',
    };
  }
  const daysLeft = Math.floor(elapsedMs(now, validTo) / dayMs);
  return daysLeft < input.daysLeft
    ? {
        fault: `expires in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}, at ${validTo.toISOString()}, and ${input.daysLeft} are required`,
        hint: `${renew} Or set daysLeft of the gate lower.`,
      }
    : undefined;
}
