import {randomBytes, timingSafeEqual} from 'node:crypto';
import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {z} from 'zod';
import {faultsWith, type LabFaultName, labFaults} from './faults.ts';
import {statusOf} from './status.ts';
import {labSwitch, turn} from './switches.ts';
import {freezeOf, heldTripsIn} from './wire/wire.ts';
import type {World} from './world.ts';

const countRequest = z.object({
  windows: z.array(z.object({fromMs: z.number(), toMs: z.number()})).optional(),
});

const heldRequest = z.object({windows: z.array(z.object({fromMs: z.number(), toMs: z.number()}))});

const faultNames = Object.keys(labFaults) as LabFaultName[]; // the keys of a constant
const faultRequest = z.object({name: z.enum(faultNames), hidden: z.boolean().optional()});

const largestBody = 10_000;

interface Control {
  readonly url: string;
  readonly token: string;
  stop(): void;
}

/** The lab's own HTTP API: on loopback, and only for a process that can read its token. */
export async function startControl(world: World, down: () => void): Promise<Control> {
  const token = randomBytes(24).toString('hex');
  const faults = faultsWith((change) => turn(world, change));
  const handlers: Readonly<Record<string, (body: unknown) => Promise<unknown>>> = {
    '/status': async () => ({...(await statusOf(world)), faults: faults.active}),
    '/break': async (body) => {
      const {name, hidden} = faultRequest.parse(body);
      return {isNew: await faults.cause(name, hidden)};
    },
    '/lasts': async (body) => ({lasts: faults.lasts(faultRequest.parse(body).name)}),
    '/heal': async () => ({healed: await faults.heal()}),
    '/count': (body) => world.count(countRequest.parse(body).windows),
    '/requests': async () => (await world.clients()).requests,
    '/freeze': async () => freezeOf(world.exchanges()),
    '/held': async (body) =>
      heldRequest.parse(body).windows.map((window) => heldTripsIn(world.exchanges(), window)),
    '/exchanges': async () => world.exchanges(),
    '/notices': async () => world.notices(),
    '/watch': async () => world.watch(),
    '/clients/pause': () => world.pauseClients(),
    '/clients/resume': () => world.resumeClients(),
    '/switch': (body) => turn(world, labSwitch.parse(body)),
    '/down': async () => {
      setTimeout(down, 10);
    },
  };
  const server = createServer(async (request, response) => {
    const handler = handlers[request.url ?? ''];
    const [status, answer] = !isKnown(request, token)
      ? [403, {problem: 'wrong token'}]
      : !handler
        ? [404, {problem: `no such path: ${request.url}`}]
        : await answerOf(handler, request);
    response.writeHead(status, {'content-type': 'application/json'});
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // A TCP server has an AddressInfo.
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answerOf(
  handler: (body: unknown) => Promise<unknown>,
  request: IncomingMessage,
): Promise<[number, unknown]> {
  try {
    return [200, await handler(await bodyOf(request))];
  } catch (error) {
    return [400, {problem: error instanceof Error ? error.message : String(error)}];
  }
}

function isKnown({headers}: IncomingMessage, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > largestBody) {
      throw new Error('the request is too long');
    }
  }
  return text === '' ? {} : JSON.parse(text);
}
