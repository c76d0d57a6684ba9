import {createTransport} from 'nodemailer';
import type {ChannelSettings} from '../inventory/channels.ts';
import {proxyFor} from '../inventory/proxies.ts';
import type {Notice} from '../model/notice.ts';
import {answerLimitMs, type Channel, NotDelivered} from './channel.ts';
import {notDelivered} from './failures.ts';

/** The settings with every reference resolved. */
type Email = Omit<Extract<ChannelSettings, {kind: 'email'}>, 'ca' | 'user' | 'password'> & {
  readonly ca?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
};

const longestSubject = 150;

/** E-mail by SMTP. The certificate of the server is checked; without TLS, nothing is sent unless `tls` is `none`. */
export function emailChannel(settings: Email): Pick<Channel, 'kind' | 'send' | 'check'> {
  const {from, to} = settings;
  return {
    kind: `e-mail to ${to.join(', ')}`,
    send: (notice, signal) =>
      withTransport(settings, signal, async (transport) => {
        const {rejected} = await transport.sendMail({from, to, ...mailOf(notice, from)});
        if (rejected.length > 0) {
          const because = `it refuses ${rejected.length} of ${to.length} recipients`;
          throw new NotDelivered(because, {again: false});
        }
      }),
    check: (signal) => withTransport(settings, signal, (transport) => transport.verify()),
  };
}

/** A mail that is sent twice has the same Message-ID, and the mails of a run are one thread. */
function mailOf({id, run, summary, text}: Notice, from: string) {
  const domain = /@([\w.-]+)>?$/.exec(from)?.[1] ?? 'switcharoo.invalid';
  const thread = `<${run}@${domain}>`;
  return {
    subject: `[switcharoo] ${summary.slice(0, longestSubject)}`,
    text: `${text}\n`,
    messageId: `<${id.replaceAll('/', '.')}@${domain}>`,
    references: thread,
    // RFC 3834: no automatic answer is wanted.
    headers: {'Auto-Submitted': 'auto-generated', 'X-Switcharoo-Run': run},
  };
}

type Transport = ReturnType<typeof transportOf>;

function transportOf({host, port, tls, ca, user, password}: Email) {
  const how = tls ?? (port === 465 ? 'implicit' : 'starttls');
  const proxy = proxyFor('https', {host, port});
  return createTransport({
    ...{host, port, secure: how === 'implicit', requireTLS: how === 'starttls'},
    ignoreTLS: how === 'none',
    tls: {minVersion: 'TLSv1.2', ...(ca === undefined ? {} : {ca})},
    ...(user === undefined ? {} : {auth: {user, pass: password ?? ''}}),
    ...(proxy === undefined ? {} : {proxy}),
    ...{connectionTimeout: answerLimitMs, greetingTimeout: answerLimitMs},
    ...{socketTimeout: answerLimitMs, dnsTimeout: answerLimitMs},
    ...{disableFileAccess: true, disableUrlAccess: true},
  });
}

/** The library's own limits are for each part: the whole has one too. */
async function withTransport(
  settings: Email,
  stopped: AbortSignal,
  work: (transport: Transport) => Promise<unknown>,
): Promise<void> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(answerLimitMs)]);
  const transport = transportOf(settings);
  try {
    signal.throwIfAborted();
    const working = work(transport);
    await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), {once: true});
      working.then(resolve, reject);
    });
  } catch (cause) {
    throw refusalIn(cause as MailError) ?? lostIn(cause as MailError);
  } finally {
    transport.close();
  }
}

type MailError = Error & {
  readonly code?: string;
  /** What Node or OpenSSL said, where the library has a code of its own. */
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly command?: string;
};

/**
 * What the server refused, by its code (RFC 5321, 4.2.1): 4xx may pass. Its text may quote the login, and is not
 * kept.
 */
function refusalIn(cause: MailError): NotDelivered | undefined {
  const {responseCode, code, command} = cause;
  const status = responseCode === undefined ? '' : ` (${responseCode})`;
  switch (code) {
    case 'EAUTH':
      return new NotDelivered(`it refuses the login${status}`, {again: false}, {cause});
    case 'ETLS':
      return new NotDelivered(tlsText(cause), {again: false}, {cause});
    case 'EPROXY':
      return new NotDelivered('the proxy refuses a tunnel to it', {again: true}, {cause});
    case 'EDNS':
      return new NotDelivered('its name does not resolve', {again: true}, {cause});
    default:
      return responseCode === undefined
        ? undefined
        : new NotDelivered(
            `it answers ${responseCode}${command ? ` to ${command}` : ''}`,
            {again: responseCode < 500},
            {cause},
          );
  }
}

const tlsText = ({responseCode, message}: MailError): string =>
  responseCode === undefined && /certificate|altnames/i.test(message)
    ? 'its certificate is not accepted'
    : 'it does not offer TLS on this port';

/** Before its greeting was answered, nothing was given to it. */
function lostIn(cause: MailError): NotDelivered {
  const {originalCode, command = '', name, message} = cause;
  const isEarly = ['EHLO', 'HELO', 'STARTTLS'].includes(command) || originalCode !== undefined;
  const lost = Object.assign(new Error(message), {name, code: originalCode ?? cause.code});
  return notDelivered(lost, !isEarly || originalCode === 'ECONNRESET');
}
