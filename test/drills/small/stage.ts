import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type AwsEndpoint, startAwsEndpoint} from '../../../lab/aws/endpoint.ts';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {createS3, type S3} from '../../../lab/aws/s3.ts';
import type {AwsReply, AwsRequest} from '../../../lab/aws/service.ts';
import {StateFolder} from '../../../src/journal/state-folder.ts';
import type {Host} from '../../../src/run/host.ts';
import {SmallShop} from './shop.ts';

export const smallRunbook = 'test/drills/small/cutover.ts';

export interface SmallHost extends Host {
  readonly folder: string;
}

/** What becomes of an object that is added to the journal of a run. `serve`: what the store does with it. */
type OnObject = (request: AwsRequest, serve: () => Promise<AwsReply>) => Promise<AwsReply>;

/** The smallest shop, two hosts with a state folder each, and one store. */
export interface SmallStage {
  readonly shop: SmallShop;
  readonly s3: S3;
  readonly endpoint: AwsEndpoint;
  readonly inventory: string;
  readonly hosts: readonly [SmallHost, SmallHost, SmallHost];
  /** Decides from now on what becomes of each new object of a journal, and of each other request to the store. */
  meet(events: {readonly object?: OnObject; readonly isAway?: () => boolean}): void;
}

const credentials = {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'};
const journalKey = /\/\d{8}-\d{6}-[0-9a-f]{4}\/\d{8}\.jsonl$/;

export async function onSmallStage<Result>(
  work: (stage: SmallStage) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'switcharoo-two-hosts-'));
  const shop = new SmallShop();
  const url = await shop.open();
  const s3 = createS3({buckets: {cutovers: {}}});
  const met: Parameters<SmallStage['meet']>[0][] = [{}];
  const service = {...s3, handle: (request: AwsRequest) => served(s3, request, met.at(-1) ?? {})};
  const {sts, iam, sessions} = createIdentity();
  const services = [service, sts, iam];
  const endpoint = await startAwsEndpoint({services, credentials, sessions});
  const inventory = join(folder, 'small.yaml');
  const journals = {kind: 's3-store', bucket: 'cutovers', region: 'us-east-1', prefix: 'small'};
  const targets = {
    shop: {kind: 'small-shop', url, by: {env: 'SMALL_HOST'}},
    journals: {...journals, endpoint: endpoint.url, credentials},
  };
  writeFileSync(
    inventory,
    JSON.stringify({name: 'small', lab: true, params: {}, targets, store: 'journals'}),
  );
  const hostOf = (user: string, host: string): SmallHost => {
    const own = join(folder, user);
    mkdirSync(own);
    writeFileSync(join(own, 'lab.env'), `SMALL_HOST=${nameOf(user)}\n`);
    return {folder: own, state: new StateFolder(own), operator: {user, host, pid: process.pid}};
  };
  try {
    return await work({
      ...{shop, s3, endpoint, inventory},
      hosts: [hostOf('ada', 'bastion'), hostOf('kim', 'laptop'), hostOf('lee', 'desk')],
      meet: (events) => void met.push(events),
    });
  } finally {
    await endpoint.stop();
    await shop.close();
    rmSync(folder, {recursive: true, force: true});
  }
}

/** As the shop knows a host: what it does there has this name. */
export const nameOf = (user: string): string => `host-of-${user}`;

function served(
  s3: S3,
  request: AwsRequest,
  {object, isAway}: Parameters<SmallStage['meet']>[0],
): Promise<AwsReply> {
  if (isAway?.()) {
    throw new Error('the store is away');
  }
  const isObject = request.method === 'PUT' && journalKey.test(request.path);
  const serve = () => s3.handle(request);
  return isObject && object ? object(request, serve) : serve();
}
