import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createIdentity} from '../../lab/aws/identity.ts';
import {createS3, type S3} from '../../lab/aws/s3.ts';
import {credentials} from '../lab/aws/started.ts';
import {type Desk, lastDocument, openDesk} from './switcharoo.ts';

const dba = 'arn:aws:iam::123456789012:role/dba';
const kim = 'arn:aws:sts::123456789012:assumed-role/dba/kim';
const lead = 'arn:aws:iam::123456789012:role/lead';

let [operator, approver]: Desk[] = [];
let endpoint: AwsEndpoint;
let s3: S3;
beforeAll(async () => {
  operator = openDesk();
  approver = openDesk();
  const {sts, iam, sessions, allows, principalOf} = createIdentity({
    roles: [{arn: dba}, {arn: lead}],
  });
  s3 = createS3({buckets: {cutovers: {}}, allows, principalOf});
  endpoint = await startAwsEndpoint({services: [s3, sts, iam], credentials, sessions});
});
afterAll(async () => {
  await operator?.clear();
  await approver?.clear();
  await endpoint.stop();
});

function inventoryOf(desk: Desk, more: object, approvers: object, targets: object = {}): string {
  const journals = {kind: 's3-store', bucket: 'cutovers', prefix: 'shop', region: 'us-east-1'};
  const target = {...journals, endpoint: endpoint.url, credentials, ...more};
  const file = join(desk.stateFolder, 'inventory.yaml');
  const whole = {
    name: 'try',
    params: {},
    targets: {journals: target, ...targets},
    store: 'journals',
  };
  writeFileSync(file, JSON.stringify({...whole, approvers}));
  return file;
}

test('a run waits for somebody on another machine, with keys of their own; the operator cannot approve', async () => {
  const [here, there] = [operator as Desk, approver as Desk];
  const own = inventoryOf(here, {}, {});
  const runbook = 'test/cli/runbooks/approved.ts';
  const planned = await here.run('plan', runbook, '-i', own);
  expect(planned.code).toBe(3);
  expect(planned.stdout + planned.stderr).toContain('approvers-unknown');
  const inventory = inventoryOf(here, {}, {dba: [kim]});
  const running = here.start('run', runbook, '-i', inventory, '--yes', '--json');
  await running.said('"about":"approval"');
  const {run, questions} = lastDocument(await here.run('status', '--offline', '--json'));
  expect(questions).toMatchObject([
    {entry: 'dba-agrees', approval: {by: 'dba', of: 1, missing: 1, principals: [kim]}},
  ]);
  const shown = (await here.run('status', '--offline')).stdout.replaceAll(/\s+/g, ' ');
  expect(shown).toContain(`switcharoo approve ${run} dba-agrees --shared s3://cutovers/shop`);
  const asOperator = await here.run('approve', run, 'dba-agrees', '-i', inventory, '--json');
  expect(lastDocument(asOperator)).toMatchObject({problems: [{code: 'approver-not-listed'}]});
  const assumeRole = {arn: dba, sessionName: 'kim'};
  const theirs = inventoryOf(there, {assumeRole}, {});
  const words = ['approve', run, 'dba-agrees', '-i', theirs] as const;
  await expect
    .poll(async () => (await there.run(...words)).stderr)
    .toContain('confirmation-mismatch');
  const approved = await there.run(...words, '--name', run, '--json');
  expect(approved.code, approved.stdout + approved.stderr).toBe(0);
  expect(lastDocument(approved)).toMatchObject({principal: kim, isNew: true, missing: 0, of: 1});
  const ended = await running.ended;
  expect(ended.code, ended.stdout).toBe(0);
  const {answers} = lastDocument(await here.run('report', run, '--json'));
  expect(answers).toContainEqual(
    expect.objectContaining({entry: 'dba-agrees', by: kim, note: expect.stringContaining('@')}),
  );
  const log = (await here.run('log', run)).stdout.replaceAll(/\s+/g, ' ');
  expect(log).toContain(`dba-agrees: approved by ${kim} (dba)`);
  expect(log).toContain('uses the keys of arn:aws:sts::123456789012:assumed-role/switcharoo/night');
  const late = await there.run(...words, '--name', run, '--json');
  expect(lastDocument(late)).toMatchObject({problems: [{code: expect.any(String)}]});
});

test('a run that is killed while it waits sends nothing, and whoever has approved is not asked again', async () => {
  const [here, there] = [operator as Desk, approver as Desk];
  const path = join(here.stateFolder, 'page.html');
  const shopPage = {kind: 'maintenance-page', path};
  const inventory = inventoryOf(here, {}, {dba: [kim, lead]}, {shopPage});
  const runbook = 'test/cli/runbooks/approved-page.ts';
  const running = here.start('run', runbook, '-i', inventory, '--yes', '--json');
  await running.said('"about":"approval"');
  const {run} = lastDocument(await here.run('status', '--offline', '--json'));
  const approve = (arn: string, sessionName: string) => {
    const theirs = inventoryOf(there, {assumeRole: {arn, sessionName}}, {});
    return there.run('approve', run, 'dba-agrees', '-i', theirs, '--name', run, '--json');
  };
  expect(lastDocument(await approve(dba, 'kim'))).toMatchObject({isNew: true, missing: 1});
  await running.said('"kind":"approved"');
  running.child.kill('SIGKILL');
  await running.ended;
  const resumed = here.start('resume', run, '--yes', '--json');
  await resumed.said('waiting for 1 of 2 approvals');
  expect(existsSync(path)).toBe(false);
  expect(lastDocument(await approve(dba, 'kim'))).toMatchObject({isNew: false, missing: 1});
  expect(lastDocument(await approve(lead, 'lee'))).toMatchObject({isNew: true, missing: 0});
  const ended = await resumed.ended;
  expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  expect(existsSync(path)).toBe(true);
  const log = (await here.run('log', run, '--json')).stdout.trim().split('\n');
  const facts = log.map((line) => JSON.parse(line));
  const of = (kind: string) => facts.filter((fact) => fact.kind === kind);
  // Each process asks what its plan asks: the same, so what was given before counts.
  const asked = of('asked').flatMap(({approval}) => (approval ? [approval.digest] : []));
  expect(new Set(asked).size).toBe(1);
  expect(of('approved').map(({principal}) => principal)).toEqual([
    kim,
    'arn:aws:sts::123456789012:assumed-role/lead/lee',
  ]);
  expect(of('action-performed')).toHaveLength(1);
  const words = Object.keys(s3.contents('cutovers')).filter((key) =>
    key.startsWith(`shop/approvals/${run}/`),
  );
  expect(words).toHaveLength(2);
});
