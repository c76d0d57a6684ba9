import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer as createPlainServer} from 'node:http';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type Operator, openRun, type RunRequest, reopenRun} from 'switcharoo';
import {afterAll, afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {startWebhookReceiver} from '../../lab/webhook.ts';
import {loadInventory} from '../../src/inventory/inventory.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import type {NumberedNotice} from '../../src/notify/notices.ts';
import {openChannels} from '../../src/notify/open-channels.ts';
import {Outbox} from '../../src/notify/outbox.ts';
import {reportOf, reportText} from '../../src/report/index.ts';
import {plainPaint} from '../../src/report/paint.ts';
import {thisHost} from '../../src/run/host.ts';
import {tryChannels} from '../../src/run/notify.ts';
import {certificatesOf} from '../lab/mysql/certificates.ts';
import {startProxy} from '../steps/aws/proxy.ts';
import {startMailServer} from './mail-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'switcharoo-notify-'));
const certificates = certificatesOf(['mail'], 'channels with TLS');
afterAll(() => {
  rmSync(folder, {recursive: true, force: true});
  certificates?.remove();
});

const parts: {stop(): Promise<unknown>}[] = [];
const add = async <Part extends {stop(): Promise<unknown>}>(part: Promise<Part>) => {
  parts.push(await part);
  return part;
};
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(parts.splice(0).map((part) => part.stop()));
});

let stateFolder: string;
beforeEach(() => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  stateFolder = mkdtempSync(join(folder, 'state-'));
  vi.stubEnv('MAINTENANCE_FILE', join(stateFolder, 'page.html'));
});

const secretPath = '/services/T0/B0/very-secret-path';
let inventories = 0;

function inventoryWith(notify: readonly object[], more = ''): string {
  inventories += 1;
  const file = join(folder, `inventory-${inventories}.yaml`);
  const base = readFileSync('docs/examples/maintenance.yaml', 'utf8');
  writeFileSync(file, `${base}${more}notify: ${JSON.stringify(notify)}\n`);
  return file;
}

const yesSayer: Operator = {
  name: 'ada',
  ask: async ({onAsked}) => {
    onAsked?.('ada');
    return {answer: 'yes', by: 'ada'};
  },
  decide: async () => ({choice: 'stop', by: 'ada'}),
};

async function maintained(request: Partial<RunRequest> & {readonly inventory: string}) {
  const run = await openRun({
    ...{runbook: 'docs/examples/maintenance.ts', stateFolder, operator: yesSayer},
    ...request,
  });
  try {
    const result = await run.forward(await run.plan());
    return {name: run.name, kind: result.kind, people: run.people, remarks: run.remarks};
  } finally {
    await run.close();
  }
}

const journalOf = (run: string) => {
  const path = join(stateFolder, run, 'journal.jsonl');
  return {text: readFileSync(path, 'utf8'), entries: readJournal(path).entries};
};

const deliveriesIn = (run: string) =>
  journalOf(run).entries.flatMap((entry) => (entry.kind === 'people-told' ? entry.deliveries : []));

const eventsOf = (receiver: Awaited<ReturnType<typeof startWebhookReceiver>>) =>
  receiver.received.map(({body}) => body['event']);

describe('a run with channels', () => {
  test('tells a webhook all, and Slack what it asked for; their addresses appear nowhere', async () => {
    const hook = await add(startWebhookReceiver());
    const slack = await add(startWebhookReceiver(secretPath));
    vi.stubEnv('SLACK_URL', slack.url);
    vi.stubEnv('HOOK_TOKEN', 'Bearer open sesame');
    const inventory = inventoryWith([
      {name: 'ops', kind: 'webhook', url: hook.url, headers: {Authorization: {env: 'HOOK_TOKEN'}}},
      {name: 'team', kind: 'slack', url: {env: 'SLACK_URL'}, events: ['done', 'failed']},
    ]);
    const {name, people} = await maintained({inventory});

    expect(people).toBe('Notices are sent to ops (webhook) and team (Slack: done, failed).');
    expect(eventsOf(hook)).toEqual(['started', 'asks', 'done']);
    expect(hook.received[0]?.headers).toMatchObject({authorization: 'Bearer open sesame'});
    expect(slack.received.map(({body}) => Object.keys(body))).toEqual([['text', 'blocks']]);
    expect(
      deliveriesIn(name).map(({event, channel, because}) => [channel, event, because]),
    ).toEqual([
      ['ops', 'started', undefined],
      ['ops', 'asks', undefined],
      ['ops', 'done', undefined],
      ['team', 'done', undefined],
    ]);
    expect(journalOf(name).text).not.toMatch(/very-secret|open sesame/);
    expect(process.env['SLACK_URL']).toBeUndefined();
  });

  test('a channel that is out of reach, refuses or has no secret stops nothing, and the report says why', async () => {
    const slack = await add(startWebhookReceiver('/elsewhere'));
    vi.stubEnv('SLACK_URL', new URL(secretPath, slack.url).href);
    const inventory = inventoryWith([
      {name: 'team', kind: 'slack', url: {env: 'SLACK_URL'}, events: ['started']},
      {name: 'boss', kind: 'slack', url: {env: 'NO_SUCH_URL'}},
    ]);
    const {name, kind, remarks} = await maintained({inventory});

    expect(kind).toBe('done');
    expect(remarks).toContain(
      'No notices are sent to boss: The channel boss needs env NO_SUCH_URL, which cannot be read: it is not set in the environment.',
    );
    const {entries, text} = journalOf(name);
    const report = reportOf(entries);
    const reasons = report.notices?.undelivered.map(({channel, event, because}) =>
      [channel, event, because].join(': '),
    );
    expect(reasons).toContain('team: started: it answers 404: no_service');
    expect(reasons?.filter((reason) => reason.startsWith('boss: '))).toHaveLength(3);
    expect(text).not.toContain('very-secret');
    expect(reportText(report, {width: 120, paint: plainPaint})).toContain('4 of 4 not delivered');
    // Whom it told what is no part of how long it took.
    expect(report.endedAtUtc).toBe(entries.find(({kind: fact}) => fact === 'run-done')?.atUtc);
  });

  test('resumed by another process, nothing is told twice, and what the first one left open is said', async () => {
    const hook = await add(startWebhookReceiver());
    const inventory = inventoryWith([{name: 'ops', kind: 'webhook', url: hook.url}]);
    const unasked: Operator = {
      ...yesSayer,
      ask: async ({about}) => ({answer: about === 'plan' ? 'yes' : 'unasked', by: 'ada'}),
    };
    const {name, kind} = await maintained({inventory, operator: unasked});
    expect([kind, eventsOf(hook)]).toEqual(['paused', ['started', 'paused']]);
    const path = join(stateFolder, name, 'journal.jsonl');
    // As if it had been killed before it knew what became of its notices.
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines.at(-1)).toContain('people-told');
    writeFileSync(path, `${lines.slice(0, -1).join('\n')}\n`);

    const run = await reopenRun({run: name, stateFolder, operator: yesSayer});
    await run.forward(await run.plan());
    await run.close();
    expect(eventsOf(hook)).toEqual(['started', 'paused', 'resumed', 'asks', 'done']);
    const lost = deliveriesIn(name).filter(({because}) => because !== undefined);
    expect(lost.map(({event, because}) => [event, because])).toEqual([
      ['started', 'switcharoo ended before it was known whether the notice arrived'],
      ['paused', 'switcharoo ended before it was known whether the notice arrived'],
    ]);
  });

  test('other channels in the inventory are no change of the run', () => {
    const digests = [[], [{name: 'ops', kind: 'webhook', url: 'http://127.0.0.1:1/'}]].map(
      (notify) => loadInventory(inventoryWith(notify), stateFolder).digest,
    );
    expect(digests[0]).toBe(digests[1]);
  });

  test('a lab tells nobody outside this machine', async () => {
    writeFileSync(join(stateFolder, 'lab.env'), `MAINTENANCE_FILE=${stateFolder}/page\n`);
    const channels = [{name: 'ops', kind: 'webhook', url: 'https://hooks.example.com/x'}];
    const {remarks} = await maintained({inventory: inventoryWith(channels, 'lab: true\n')});
    expect(remarks).toContain(
      'No notices are sent to ops: the lab only sends notices to receivers on this machine.',
    );
  });
});

describe('a queue of notices', () => {
  const notice = {
    id: 'r/1/done',
    event: 'done',
    atUtc: '2026-03-01T03:00:00.000Z',
  } as NumberedNotice['notice'];
  const queueTo = async (receiver: {readonly url: string}, pausesMs: readonly number[]) => {
    vi.stubEnv('HOOK', receiver.url);
    const {open} = await openChannels({
      inventory: loadInventory(
        inventoryWith([{name: 'ops', kind: 'webhook', url: {env: 'HOOK'}}]),
        stateFolder,
      ),
      ...{redactor: new Redactor(), environment: process.env, stateFolder},
      signal: new AbortController().signal,
    });
    const ended: (string | undefined)[] = [];
    const [channel] = open;
    if (!channel) {
      throw new Error('the channel is not open');
    }
    const outbox = new Outbox(channel, ({because}) => ended.push(because), pausesMs);
    return {outbox, ended};
  };

  test('a receiver that is busy is asked again, and one that is gone is given up', async () => {
    const hook = await startWebhookReceiver();
    hook.answerNext(503, 429);
    const {outbox, ended} = await queueTo(hook, [1, 1]);
    outbox.add({seq: 1, notice});
    await outbox.settled();
    expect([ended, hook.received.length]).toEqual([[undefined], 1]);
    await hook.stop();
    outbox.add({seq: 2, notice});
    await outbox.settled();
    expect(ended.at(-1)).toBe('its port refuses connections (3 attempts)');
  });

  test('an answer that is lost is no reason to tell it twice', async () => {
    let asked = 0;
    const server = createPlainServer((request) => {
      asked += 1;
      request.socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    parts.push({stop: () => new Promise((resolve) => server.close(resolve))});
    const {port} = server.address() as AddressInfo; // a TCP server has one
    const {outbox, ended} = await queueTo({url: `http://127.0.0.1:${port}/`}, [1, 1]);
    outbox.add({seq: 1, notice});
    await outbox.settled();
    expect([ended, asked]).toEqual([
      ['the connection was lost (ECONNRESET); it may have arrived'],
      1,
    ]);
  });

  test('it has an end: nothing waits without a bound, and a stop ends it at once', async () => {
    const server = createPlainServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    parts.push({
      stop: () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      },
    });
    const {port} = server.address() as AddressInfo; // a TCP server has one
    const {outbox, ended} = await queueTo({url: `http://127.0.0.1:${port}/`}, []);
    for (let seq = 0; seq < 60; seq += 1) {
      outbox.add({seq, notice});
    }
    expect(ended).toEqual(
      Array.from({length: 10}, () => '50 other notices were already waiting for this channel'),
    );
    await outbox.stop();
    expect(ended.slice(10)).toEqual(
      Array.from({length: 50}, () => 'switcharoo ended before the notice was delivered'),
    );
  });
});

describe.skipIf(certificates === null)('over TLS', () => {
  const pem = () => ({
    key: readFileSync(certificates?.file('mail').replace('.pem', '.key') ?? ''),
    cert: certificates?.text('mail') ?? '',
  });
  const mailTo = (port: number, more: object = {}) => ({
    ...{name: 'boss', kind: 'email', host: 'localhost', port, from: 'Cutover <cutover@shop.test>'},
    ...{to: ['boss@shop.test'], user: 'ada', password: {env: 'MAIL_PASSWORD'}},
    ca: {file: certificates?.file('mail')},
    ...more,
  });
  const server = (more: object = {}) => {
    const {key, cert} = pem();
    return add(startMailServer({key: String(key), cert, ...more}));
  };
  const tried = async (channel: object, isTest: boolean) => {
    vi.stubEnv('MAIL_PASSWORD', 'open sesame');
    const request = {inventoryFile: inventoryWith([channel]), test: isTest};
    const [state] = await tryChannels(thisHost(stateFolder), request, new AbortController().signal);
    return state?.because ?? 'well';
  };

  test('a mail is sent encrypted and after a login, and the mails of a run are one thread', async () => {
    const mail = await server();
    vi.stubEnv('MAIL_PASSWORD', 'open sesame');
    const {name} = await maintained({inventory: inventoryWith([mailTo(mail.port)])});
    expect(mail.mails.map(({from, to, isEncrypted}) => [from, to, isEncrypted])).toEqual(
      Array.from({length: 3}, () => ['cutover@shop.test', ['boss@shop.test'], true]),
    );
    const {data = ''} = mail.mails.at(-1) ?? {};
    expect(data).toContain('Subject: [switcharoo] maintenance on example: done after');
    expect(data).toContain(`References: <${name}@shop.test>`);
    expect(data).toContain('Auto-Submitted: auto-generated');
    expect(deliveriesIn(name).filter(({because}) => because !== undefined)).toEqual([]);
  });

  test('a check logs in and sends nothing; a test sends one mail', async () => {
    const mail = await server();
    expect(await tried(mailTo(mail.port), false)).toBe('well');
    expect([mail.logins, mail.mails]).toEqual([['ada'], []]);
    expect(await tried(mailTo(mail.port), true)).toBe('well');
    expect(mail.mails).toHaveLength(1);
  });

  test.each([
    {
      name: 'a certificate that nobody vouches for',
      settings: {ca: undefined},
      because: 'its certificate is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    },
    {
      name: 'a server without TLS',
      manner: {startTls: false},
      because: 'it does not offer TLS on this port',
    },
    {
      name: 'a login that it does not take',
      settings: {user: 'eve'},
      because: 'it refuses the login (535)',
    },
    {
      name: 'a recipient that it does not know',
      manner: {rcpt: '550 nobody'},
      because: 'it answers 550 to RCPT TO',
    },
  ])('$name is said, without the password', async ({settings, manner, because}) => {
    const mail = await server(manner);
    expect(await tried(mailTo(mail.port, settings), true)).toBe(because);
    expect(mail.mails).toEqual([]);
  });

  test('mail and webhooks go through the proxy of the environment', async () => {
    const mail = await server();
    await using proxy = await startProxy();
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    expect(await tried(mailTo(mail.port), true)).toBe('well');
    expect(proxy.tunnels).toEqual([`localhost:${mail.port}`]);
  });

  test('a webhook is checked without a request, and its certificate counts', async () => {
    let requests = 0;
    const https = createServer(pem(), (_request, response) => {
      requests += 1;
      response.end('ok');
    });
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    parts.push({stop: () => new Promise((resolve) => https.close(resolve))});
    const {port} = https.address() as AddressInfo; // a TCP server has one
    const hook = {name: 'ops', kind: 'webhook', url: `https://localhost:${port}/`};
    expect(await tried(hook, false)).toBe(
      'its certificate is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    );
    const trusted = {...hook, ca: {file: certificates?.file('mail')}};
    expect([await tried(trusted, false), requests]).toEqual(['well', 0]);
    await using proxy = await startProxy();
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    expect([await tried(trusted, false), requests]).toEqual(['well', 0]);
    expect([await tried(trusted, true), requests]).toEqual(['well', 1]);
    expect(proxy.tunnels).toHaveLength(2);
  });
});

describe('what an inventory says of channels', () => {
  const mail = {name: 'm', kind: 'email', host: 'mx', from: 'a@b.test', to: ['c@b.test']};
  test.each([
    {
      name: 'the address of Slack in plain text',
      channels: [{name: 's', kind: 'slack', url: 'https://hooks.slack.com/x'}],
      says: /url/,
    },
    {
      name: 'a password without TLS',
      channels: [{...mail, tls: 'none', user: 'a', password: {env: 'X'}}],
      says: /m would send its password without TLS/,
    },
    {name: 'an unknown event', channels: [{...mail, events: ['finished']}], says: /events/},
    {name: 'one name twice', channels: [mail, mail], says: /two channels are named m/},
  ])('$name is refused', ({channels, says}) => {
    expect(() => loadInventory(inventoryWith(channels), stateFolder)).toThrow(says);
  });
});
