import {isIP} from 'node:net';
import type {ChannelSettings} from '../inventory/channels.ts';
import type {Environment} from '../inventory/environment.ts';
import {type Inventory, labVariables} from '../inventory/inventory.ts';
import {resolveFields} from '../inventory/references.ts';
import type {Redactor} from '../journal/redactor.ts';
import {problemsIn, SwitcharooError} from '../model/problem.ts';
import type {Channel, ClosedChannel} from './channel.ts';
import {checkReceiver, postJson, type Receiver} from './http-post.ts';
import type {Channels} from './notifier.ts';
import {slackMessage} from './slack.ts';

interface Opening {
  readonly inventory: Inventory;
  readonly redactor: Redactor;
  readonly environment: Environment;
  readonly stateFolder: string;
  readonly signal: AbortSignal;
}

/** The channels of an inventory. One that cannot be opened keeps no other one, and no run, from anything. */
export async function openChannels({inventory, ...opening}: Opening): Promise<Channels> {
  const opened = await Promise.all(
    inventory.notify.map((settings) => openChannel(settings, {inventory, ...opening})),
  );
  return {
    open: opened.flatMap((channel) => ('send' in channel ? [channel] : [])),
    closed: opened.flatMap((channel) => ('send' in channel ? [] : [channel])),
  };
}

async function openChannel(
  settings: ChannelSettings,
  {inventory, redactor, environment, stateFolder, signal}: Opening,
): Promise<Channel | ClosedChannel> {
  const {name, events} = settings;
  try {
    const all = inventory.lab
      ? {...environment, ...labVariables(inventory.file, stateFolder)}
      : environment;
    const target = `The channel ${name}`;
    const fields = await resolveFields(settings, {target, environment: all, redactor, signal});
    // The schema has read them, and each reference is a text now.
    const channel = await channelOf(fields as Resolved, redactor);
    if (inventory.lab && !isHere(channel.host)) {
      return {name, because: 'the lab only sends notices to receivers on this machine'};
    }
    return {name, ...channel, ...(events ? {events} : {})};
  } catch (error) {
    return {name, because: reasonOf(error)};
  }
}

/** A setting whose references are resolved. */
type ResolvedText<Value> = Value extends object ? Extract<Value, string> | string : Value;
type ResolvedSettings<Settings> = {
  readonly [Key in keyof Settings]: Key extends 'url' | 'ca' | 'user' | 'password'
    ? ResolvedText<Settings[Key]>
    : Key extends 'headers'
      ? Readonly<Record<string, string>>
      : Settings[Key];
};
type Resolved = ChannelSettings extends infer Each
  ? Each extends ChannelSettings
    ? ResolvedSettings<Each>
    : never
  : never;

async function channelOf(settings: Resolved, redactor: Redactor) {
  if (settings.kind === 'email') {
    // Loaded before the run, and only where there is such a channel.
    const {emailChannel} = await import('./email.ts');
    return {host: settings.host, ...emailChannel(settings)};
  }
  const url = addressIn(settings.url);
  learn(url, redactor);
  const isSlack = settings.kind === 'slack';
  const receiver: Receiver = {
    url,
    headers: isSlack ? {} : settings.headers,
    ca: isSlack ? undefined : settings.ca,
  };
  return {
    host: url.hostname,
    kind: isSlack ? 'Slack' : 'webhook',
    send: (notice, stopped) => postJson(receiver, isSlack ? slackMessage(notice) : notice, stopped),
    check: (stopped) => checkReceiver(receiver, stopped),
  } satisfies Omit<Channel, 'name'> & {readonly host: string};
}

function addressIn(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new Unusable('its url is not an http or https address');
  }
  return url;
}

class Unusable extends Error {}

/** Its path is all that a sender needs. A short one is a name like any other. */
function learn({pathname, search, username, password}: URL, redactor: Redactor): void {
  for (const part of [pathname + search, search.slice(1), password, `${username}:${password}`]) {
    if (part.length >= shortestSecret) {
      redactor.add(part);
    }
  }
}

const shortestSecret = 12;

const isHere = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
};

function reasonOf(error: unknown): string {
  if (error instanceof SwitcharooError) {
    return problemsIn(error)
      .map(({message}) => message.replace(/\.$/, ''))
      .join('; ');
  }
  return error instanceof Unusable
    ? error.message
    : `it cannot be opened (${error instanceof Error ? error.name : 'unknown'})`;
}
