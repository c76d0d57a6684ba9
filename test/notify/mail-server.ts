import type {AddressInfo} from 'node:net';
import {createServer, type Socket} from 'node:net';
import {createSecureContext, TLSSocket} from 'node:tls';

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly isEncrypted: boolean;
  /** Headers and text. */
  readonly data: string;
}

interface Manner {
  readonly key: string;
  readonly cert: string;
  /** Replies to RCPT TO; otherwise it takes everybody. */
  readonly rcpt?: string;
  readonly startTls?: boolean;
}

/** A real mail server (RFC 5321) with STARTTLS and PLAIN logins of ada with "open sesame". It keeps its mails. */
export async function startMailServer(manner: Manner) {
  const mails: Mail[] = [];
  const logins: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => {});
    socket.write('220 mail.test ESMTP\r\n');
    converse(socket, {...manner, mails, logins}, false);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // a TCP server has one
  return {
    ...{port, mails, logins},
    stop: async () => {
      for (const socket of open) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Server = Manner & {readonly mails: Mail[]; readonly logins: string[]};

function converse(socket: Socket, server: Server, isEncrypted: boolean): void {
  const {key, cert, rcpt = '250 ok', startTls = true, mails, logins} = server;
  let [from, data, buffered] = ['', null as string | null, ''];
  let to: string[] = [];
  const reply = (text: string) => socket.write(`${text}\r\n`);
  const hear = (line: string): void => {
    const [verb = ''] = line.toUpperCase().split(' ');
    if (data !== null) {
      if (line === '.') {
        mails.push({from, to, isEncrypted, data});
        [from, to, data] = ['', [], null];
        reply('250 kept');
      } else {
        data += `${line}\n`;
      }
    } else if (verb === 'EHLO') {
      const offers = isEncrypted ? ['AUTH PLAIN'] : startTls ? ['STARTTLS'] : [];
      reply(
        ['mail.test', ...offers]
          .map((text, at) => `250${at < offers.length ? '-' : ' '}${text}`)
          .join('\r\n'),
      );
    } else if (verb === 'STARTTLS' && !startTls) {
      reply('502 not here');
    } else if (verb === 'STARTTLS') {
      reply('220 go ahead');
      socket.removeAllListeners('data');
      const secureContext = createSecureContext({key, cert});
      const secure = new TLSSocket(socket, {isServer: true, secureContext});
      secure.on('error', () => {});
      converse(secure, server, true);
    } else if (verb === 'AUTH') {
      const [, user = '', password = ''] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString()
        .split('\0');
      logins.push(user);
      reply(
        user === 'ada' && password === 'open sesame'
          ? '235 welcome'
          : `535 no login for ${password}`,
      );
    } else if (verb === 'MAIL') {
      from = /<(.*?)>/.exec(line)?.[1] ?? '';
      reply('250 ok');
    } else if (verb === 'RCPT') {
      to.push(/<(.*?)>/.exec(line)?.[1] ?? '');
      reply(rcpt);
    } else if (verb === 'DATA') {
      data = '';
      reply('354 go on');
    } else {
      reply(verb === 'QUIT' ? '221 bye' : '250 ok');
    }
  };
  socket.on('data', (chunk) => {
    const lines = `${buffered}${chunk}`.split('\r\n');
    buffered = lines.pop() ?? '';
    lines.forEach(hear);
  });
}
