import type {RecordSet} from './record-set.ts';
import {AwsError, type XmlElements, xmlReply} from './replies.ts';
import {recordSetsPage, zonesByNamePage, zonesPage} from './route53-pages.ts';
import {storedSet} from './route53-xml.ts';
import {
  type ChangeInfo,
  type ChangeOptions,
  changed,
  changeTree,
  type Hosted,
  hosted,
  type LabZone,
  publishedNow,
  show,
  zoneTree,
} from './route53-zone.ts';
import type {AwsReply, AwsRequest, AwsService} from './service.ts';

export interface Route53Options extends ChangeOptions {
  readonly zones: readonly LabZone[];
  /** Account-wide, over all operations; the real one allows 5. Without it, any number. */
  readonly requestsPerSecond?: number;
}

export interface Route53 extends AwsService {
  /** What the name servers of a zone answer now: a change appears once it is INSYNC. */
  published(zoneId: string): readonly RecordSet[];
  /** What the API lists now: a change appears at once. */
  listed(zoneId: string): readonly RecordSet[];
  /** Changes a zone behind everyone's back, as a colleague in the console would. */
  edit(zoneId: string, change: (sets: readonly RecordSet[]) => readonly RecordSet[]): void;
  /** After the next change, so many lists show the sets from before it, however late they come. */
  staleReads(count: number): void;
}

const namespace = 'https://route53.amazonaws.com/doc/2013-04-01/';

/** Route 53 of the lab: hosted zones in memory behind the real wire protocol. */
export function createRoute53(options: Route53Options): Route53 {
  const zones = new Map(options.zones.map((zone) => [zone.id, hosted(zone)]));
  const changes = new Map<string, ChangeInfo>();
  const mayCall = tokenBucket(options.requestsPerSecond);
  let staleReads = 0;
  let stale:
    | {readonly zone: Hosted; readonly sets: readonly RecordSet[]; reads: number}
    | undefined;

  const zoneOf = (id: string): Hosted => {
    const zone = zones.get(id);
    if (!zone) {
      throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
    }
    return zone;
  };

  const operations: Operations = {
    ListHostedZones: async (_id, {query}) => zonesPage([...zones.values()], query),
    ListHostedZonesByName: async (_id, {query}) => zonesByNamePage([...zones.values()], query),
    GetHostedZone: async (id) => {
      const zone = zoneOf(id);
      return {
        HostedZone: zoneTree(zone),
        DelegationSet: {NameServers: {NameServer: zone.nameServers}},
      };
    },
    ListResourceRecordSets: async (id, {query}) => {
      const zone = zoneOf(id);
      if (stale?.zone !== zone || stale.reads === 0) {
        return recordSetsPage(zone.sets, query);
      }
      stale.reads -= 1;
      return recordSetsPage(stale.sets, query);
    },
    ChangeResourceRecordSets: async (id, {body}) => {
      const zone = zoneOf(id);
      const before = zone.sets;
      const change = await changed(zone, body, options);
      stale = {zone, sets: before, reads: staleReads};
      staleReads = 0;
      changes.set(change.id, change);
      return {ChangeInfo: changeTree(change)};
    },
    GetChange: async (id) => {
      const change = changes.get(id);
      if (!change) {
        throw new AwsError('NoSuchChange', `Could not find resource with ID: ${id}`, 404);
      }
      return {ChangeInfo: changeTree(change)};
    },
  };

  return {
    signingName: 'route53',
    operationOf: (request) => routeOf(request)?.operation ?? `${request.method} ${request.path}`,
    handle: async (request) => {
      if (!mayCall()) {
        throw new AwsError('Throttling', 'Rate exceeded');
      }
      return answer(operations, request);
    },
    published: (zoneId) => publishedNow(zoneOf(zoneId)),
    listed: (zoneId) => zoneOf(zoneId).sets,
    staleReads: (count) => {
      staleReads = count;
    },
    edit: (zoneId, change) => {
      const zone = zoneOf(zoneId);
      show(zone, change(zone.sets).map(storedSet), Date.now());
    },
  };
}

type Operations = Readonly<
  Record<string, (id: string, request: AwsRequest) => Promise<XmlElements>>
>;

interface Route {
  readonly operation: string;
  readonly id: string;
}

/** botocore's model has `/rrset/`, the JavaScript SDK's `/rrset`: both are served. */
const routes: readonly (readonly [method: string, path: RegExp, operation: string])[] = [
  ['GET', /^\/2013-04-01\/hostedzone\/?$/, 'ListHostedZones'],
  ['GET', /^\/2013-04-01\/hostedzonesbyname\/?$/, 'ListHostedZonesByName'],
  ['GET', /^\/2013-04-01\/hostedzone\/([^/]+)$/, 'GetHostedZone'],
  ['GET', /^\/2013-04-01\/hostedzone\/([^/]+)\/rrset\/?$/, 'ListResourceRecordSets'],
  ['POST', /^\/2013-04-01\/hostedzone\/([^/]+)\/rrset\/?$/, 'ChangeResourceRecordSets'],
  ['GET', /^\/2013-04-01\/change\/([^/]+)$/, 'GetChange'],
  [
    'GET',
    /^\/2013-04-01\/hostedzone\/([^/]+)\/rrsetprotection$/,
    'ListResourceRecordSetProtections',
  ],
];

function routeOf({method, path}: AwsRequest): Route | undefined {
  for (const [routeMethod, pattern, operation] of routes) {
    const match = method === routeMethod ? pattern.exec(path) : null;
    if (match) {
      return {operation, id: decodeURIComponent(match[1] ?? '')};
    }
  }
  return undefined;
}

async function answer(operations: Operations, request: AwsRequest): Promise<AwsReply> {
  const route = routeOf(request);
  const operation = route && operations[route.operation];
  if (!operation) {
    throw new AwsError('UnknownOperationException', 'This lab does not serve that operation.', 404);
  }
  return xmlReply(`${route.operation}Response`, namespace, await operation(route.id, request));
}

/** Refills `perSecond` tokens a second and holds as many. */
function tokenBucket(perSecond: number | undefined): () => boolean {
  let tokens = perSecond ?? 0;
  let lastMs = Date.now();
  return () => {
    if (perSecond === undefined) {
      return true;
    }
    const nowMs = Date.now();
    tokens = Math.min(perSecond, tokens + ((nowMs - lastMs) / 1_000) * perSecond);
    lastMs = nowMs;
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  };
}
