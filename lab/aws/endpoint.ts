import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEmptyPage, emptyPage} from './empty-pages.ts';
import {recordExchange} from './exchange-record.ts';
import {createFaults, type Fault, type Faults} from './faults.ts';
import {arnIn, regionOf} from './partition.ts';
import {
  AwsError,
  ec2Query,
  json10,
  json11,
  type Protocol,
  query,
  refusal,
  restJson,
  restXml,
  s3Xml,
} from './replies.ts';
import type {AwsReply, AwsRequest, AwsService} from './service.ts';
import type {Sessions} from './sessions.ts';
import {type Claim, type Credentials, claimIn, claimOf} from './signature.ts';
import {signatureRefusal} from './signature-refusal.ts';

export interface AwsEndpoint {
  readonly url: string;
  readonly faults: Faults;
  readonly clock: LabClock;
  /** Every session of STS is over now. */
  endSessions(): void;
  /** How often an operation was called so far, refused and cut calls included. */
  calls(service: string, operation: string): number;
  /** How many connections were opened so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** The time of AWS: that of this machine, and what the lab is told to add. */
interface LabClock {
  aheadMs: number;
  nowMs(): number;
}

const createLabClock = (): LabClock => ({
  aheadMs: 0,
  nowMs() {
    return Date.now() + this.aheadMs;
  },
});

/** Families by signing name; the namespaces are those of the service models. */
const protocols: Readonly<Record<string, Protocol>> = {
  route53: restXml('https://route53.amazonaws.com/doc/2013-04-01/'),
  rds: query('http://rds.amazonaws.com/doc/2014-10-31/'),
  elasticloadbalancing: query('http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'),
  sts: query('https://sts.amazonaws.com/doc/2011-06-15/'),
  iam: query('https://iam.amazonaws.com/doc/2010-05-08/'),
  ec2: ec2Query,
  ecs: json11,
  route53domains: json11,
  logs: json11,
  monitoring: json10,
  sqs: json10,
  'application-autoscaling': json11,
  ecr: json11,
  ssm: json11,
  secretsmanager: json11,
  servicequotas: json11,
  scheduler: restJson,
  s3: s3Xml,
};

/** Serves AWS on a loopback port to unmodified SDK clients: real signatures, real wire protocols, faults on demand. */
export async function startAwsEndpoint(options: {
  readonly services: readonly AwsService[];
  readonly credentials: Credentials;
  /** Those of STS, where it is one of the services. */
  readonly sessions?: Sessions;
}): Promise<AwsEndpoint> {
  const services = new Map(options.services.map((service) => [service.signingName, service]));
  const faults = createFaults();
  const clock = createLabClock();
  const counts = new Map<string, number>();
  const stopped = new AbortController();

  const server = createServer((incoming, response) => {
    void answer(incoming, response).catch(() => response.destroy());
  });

  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const {request, url} = await read(incoming);
    response.setHeader('date', new Date(clock.nowMs()).toUTCString());
    const claim = claimOf(request.headers) ?? claimIn(request.query);
    const protocol =
      protocols[claim?.service ?? ''] ?? restXml('http://webservices.amazon.com/doc/');
    const service = services.get(claim?.service ?? '');
    if (!claim || !service) {
      return send(response, protocol.errorReply(unaddressed(protocol, claim)));
    }
    const operation = service.operationOf?.(request) ?? protocol.operationOf(request);
    const call = `${service.signingName} ${operation}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
    const key =
      claim.accessKeyId === options.credentials.accessKeyId
        ? options.credentials
        : options.sessions?.find(claim.accessKeyId);
    const signed = {request: {...request, url}, claim, protocol};
    const refused = signatureRefusal(signed, key, clock.nowMs());
    if (refused) {
      return send(response, protocol.errorReply(refused));
    }
    const fault = faults.take(service.signingName, operation);
    await serve({
      request: afterEmptyPage(request),
      response,
      service,
      protocol,
      operation,
      fault,
      signal: stopped.signal,
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // `address()` is an object for a TCP server that listens.
  const {port} = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    clock,
    endSessions: () => options.sessions?.endAll(),
    calls: (service, operation) => counts.get(`${service} ${operation}`) ?? 0,
    connections: () => connections,
    stop: async () => {
      stopped.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function read(incoming: IncomingMessage): Promise<{request: AwsRequest; url: string}> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const url = incoming.url ?? '/';
  const [path = '/', search = ''] = url.split('?', 2);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, [value ?? ''].flat().join(',')]),
  );
  const request = {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(search),
    headers,
    body: bytes.toString('utf8'),
    bytes,
  };
  return {request, url};
}

function unaddressed(protocol: Protocol, claim: Claim | undefined): AwsError {
  return claim
    ? new AwsError(
        'UnknownOperationException',
        `Service ${claim.service} is not part of this lab.`,
        404,
      )
    : refusal(protocol, 'unsigned', 'Request is missing Authentication Token');
}

interface Call {
  readonly request: AwsRequest;
  readonly response: ServerResponse;
  readonly service: AwsService;
  readonly protocol: Protocol;
  readonly operation: string;
  readonly fault: Fault | undefined;
  readonly signal: AbortSignal;
}

async function serve(call: Call): Promise<void> {
  const {response, service, protocol, operation, fault} = call;
  switch (fault?.kind) {
    case 'throttle':
      return send(
        response,
        protocol.errorReply(recoded(refusal(protocol, 'throttled', 'Rate exceeded'), fault)),
      );
    case 'refuse':
      return send(response, protocol.errorReply(recoded(conflict(), fault)));
    case 'empty-page':
      return send(
        response,
        emptyPage({service: service.signingName, operation}, await effect(call)),
      );
    case 'prior-request':
      return send(response, protocol.errorReply(priorRequest()));
    case 'server-error':
      return send(
        response,
        protocol.errorReply(refusal(protocol, 'broken', 'The service is not available.')),
      );
    case 'deny':
      return send(
        response,
        protocol.errorReply(
          refusal(protocol, 'denied', denial(service, operation, regionOf(call.request.headers))),
        ),
      );
    case 'cut-before':
      return void response.destroy();
    case 'cut-after':
      await effect(call);
      return void response.destroy();
    case 'silence':
      return;
    case 'delay':
      await sleep(fault.delayMs ?? 1_000, undefined, {signal: call.signal});
  }
  send(response, await effect(call));
}

async function effect(call: Call): Promise<AwsReply> {
  const {request, service, operation} = call;
  const reply = await answerOf(call);
  recordExchange({service: service.signingName, operation, request, reply});
  return reply;
}

async function answerOf({request, service, protocol}: Call): Promise<AwsReply> {
  try {
    return await service.handle(request);
  } catch (error) {
    if (error instanceof AwsError) {
      return protocol.errorReply(error);
    }
    return protocol.errorReply(refusal(protocol, 'broken', `The lab has a bug: ${error}`));
  }
}

const conflict = (): AwsError =>
  new AwsError('ConflictException', 'Another request is in progress.', 409);

/** The same refusal under the name that the fault has. */
const recoded = (error: AwsError, {code = error.code, status = error.status}: Fault): AwsError =>
  new AwsError(code, error.message, status);

/** Its words and its status as Route 53 gives them (API reference, ChangeResourceRecordSets, Errors). */
const priorRequest = (): AwsError =>
  new AwsError(
    'PriorRequestNotComplete',
    'The request was rejected because Route 53 was still processing a prior request.',
  );

const denial = (service: AwsService, operation: string, region: string): string =>
  `User: ${arnIn(region)}:iam::123456789012:user/lab is not authorized to perform: ${policyName(service)}:${operation}`;

/** CloudWatch signs under another name than policies use (Service Authorization Reference). */
const policyName = ({signingName}: AwsService): string =>
  signingName === 'monitoring' ? 'cloudwatch' : signingName;

function send(response: ServerResponse, {status, headers, body}: AwsReply): void {
  response.writeHead(status, {...headers}).end(body);
}
