import {afterEach, beforeEach, expect, test} from 'vitest';
import {z} from 'zod';
import {type AwsEndpoint, startAwsEndpoint} from '../../lab/aws/endpoint.ts';
import {createIdentity} from '../../lab/aws/identity.ts';
import type {PolicyDocument} from '../../lab/aws/policy.ts';
import {createS3} from '../../lab/aws/s3.ts';
import type {ApprovalRules} from '../../src/model/approval.ts';
import {missingApprovals} from '../../src/model/approval-fold.ts';
import type {ObjectStore} from '../../src/model/object-store.ts';
import {defineRunbook} from '../../src/model/runbook.ts';
import {defineGate} from '../../src/model/step.ts';
import {done} from '../../src/model/verdict.ts';
import {approvalDeskOf} from '../../src/run/approval-desk.ts';
import {type AskedApproval, giveWord} from '../../src/run/approve-run.ts';
import {foreignApprovalRemarks} from '../../src/run/foreign-approval.ts';
import {s3Store} from '../../steps/s3/index.ts';
import {fill, Shelf, shelf} from '../engine/fakes.ts';
import {Rig} from '../engine/rig.ts';
import {credentials} from '../lab/aws/started.ts';

const never = new AbortController().signal;
const account = '123456789012';
const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
const session = (name: string, who: string) =>
  `arn:aws:sts::${account}:assumed-role/${name}/${who}`;
const dba = `arn:aws:iam::${account}:role/people/dba`;

let endpoint: AwsEndpoint;
let identity: ReturnType<typeof createIdentity>;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  identity = createIdentity({roles: [{arn: dba}, {arn: role('lead')}, {arn: role('switcharoo')}]});
  const {allows, principalOf, sts, iam, sessions} = identity;
  const s3 = createS3({buckets: {cutovers: {}}, allows, principalOf});
  endpoint = await startAwsEndpoint({services: [s3, sts, iam], credentials, sessions});
  const setup = await (await storeAs()).safeguards.setup();
  const documentOf = (file: string) =>
    setup.policies.find((policy) => policy.file === file)?.document as PolicyDocument;
  const all: PolicyDocument = {Statement: [{Effect: 'Allow', Action: '*', Resource: '*'}]};
  identity.attach(documentOf('bucket.json'), all);
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await endpoint.stop();
});

/** As the lab's own key, or as a session of a role. */
async function storeAs(arn?: string, sessionName = 'kim'): Promise<ObjectStore> {
  const assumeRole = arn === undefined ? {} : {assumeRole: {arn, sessionName}};
  const config = s3Store.config.parse({
    ...{bucket: 'cutovers', prefix: 'shop', region: 'us-east-1'},
    ...{endpoint: endpoint.url, credentials, ...assumeRole},
  });
  const {writer, close} = await s3Store.open(config, {name: 'store', signal: never});
  closing.push(close);
  return writer;
}

const runbookFor = (validForMs = 3_600_000, of = 2) =>
  defineRunbook({
    name: 'tidy-up',
    summary: 'Tidy up.',
    params: z.object({}),
    targets: {a: shelf},
  })
    .approve('agreed', {question: 'Fill the shelf?', by: 'dba', of, validForMs})
    .step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})});

const rulesOf = (
  principals: readonly string[],
  more: Partial<ApprovalRules> = {},
): ApprovalRules => ({
  ...{inventory: {file: 'inventories/pantry.yaml', digest: 'i1'}, isShared: true, isLab: false},
  approvers: {dba: principals},
  ...more,
});

async function rigged(principals: readonly string[], {validForMs = 3_600_000, of = 2} = {}) {
  const a = new Shelf('a', {});
  const approvals = {
    approvals: approvalDeskOf(await storeAs()),
    approvalRules: rulesOf(principals),
  };
  return {a, rig: new Rig({runbook: runbookFor(validForMs, of), shelves: [a], approvals})};
}

const said = (rig: Rig) =>
  rig.events.flatMap((event) => (event.kind === 'progress' ? [event.text] : []));
const hears = (rig: Rig, text: string) => expect.poll(() => said(rig).at(-1)).toContain(text);

/** What the command does once the name is typed; without its checks of the group and of the runner. */
async function approveAs(
  rig: Rig,
  store: ObjectStore,
  word: 'approved' | 'withdrawn' = 'approved',
) {
  const open = rig.progress.questions.find(({about}) => about === 'approval');
  const approval = open?.approval as NonNullable<typeof open>['approval'] & object;
  const caller = await store.caller(never);
  const subject = {run: 'r1', digest: approval.digest, entry: 'agreed'};
  const need = {...approval, runners: rig.progress.runners};
  const survey = await approvalDeskOf(store).survey(subject, need, never);
  const asked = {...{progress: rig.progress, entry: 'agreed', approval, survey, caller}};
  const all: AskedApproval = {...asked, question: '', details: [], askedAtUtc: ''};
  return giveWord(store, all, {word, host: 'kim@desk'}, never);
}

test('it takes so many people of the group: neither the runner, nor a stranger, nor one person twice', async () => {
  const people = [session('dba', 'kim'), session('dba', 'lee'), role('switcharoo')];
  const {a, rig} = await rigged(people);
  const running = rig.run();
  await hears(
    rig,
    'waiting for 2 of 2 approvals by dba. To approve: switcharoo approve r1 agreed --shared s3://cutovers/shop',
  );
  const kim = await storeAs(dba, 'kim');
  expect(await approveAs(rig, kim)).toBe('given');
  expect(await approveAs(rig, kim)).toBe('already');
  await hears(rig, 'waiting for 1 of 2');
  // Another session of the runner's own role is the runner.
  expect(await approveAs(rig, await storeAs(role('switcharoo'), 'lee'))).toBe('given');
  await hears(rig, `${session('switcharoo', 'lee')} has approved, but has worked on this run`);
  expect(await approveAs(rig, await storeAs(role('lead'), 'kim'))).toBe('given');
  await hears(rig, `${session('lead', 'kim')} has approved, but is not in dba.`);
  expect(a.effects).toEqual([]);
  const open = rig.progress.questions[0]?.approval;
  expect(open && missingApprovals(rig.progress, 'agreed', open)).toBe(1);
  // An answer that is lost is looked for, and the approval counts once.
  endpoint.faults.add({service: 's3', operation: 'PutObject', kind: 'cut-after'});
  expect(await approveAs(rig, await storeAs(dba, 'lee'))).toBe('given');
  expect(await running).toEqual({kind: 'done'});
  const approved = rig.journal.entries.filter(({kind}) => kind === 'approved');
  expect(approved).toMatchObject([
    {principal: session('dba', 'kim'), digest: 'p1', group: 'dba', from: 'kim@desk'},
    {principal: session('dba', 'lee'), listed: session('dba', 'lee'), entry: 'agreed'},
  ]);
  expect(rig.story).toContain('answered approval agreed: yes');
  expect(rig.operator.asked).toEqual([]);
});

test('an approval that no answer of the store confirms is not called given or refused, and counts if it is there', async () => {
  const {rig} = await rigged([session('dba', 'kim')], {of: 1});
  const running = rig.run();
  await hears(rig, 'waiting for 1 of 1 approvals');
  const kim = await storeAs(dba, 'kim');
  // It is written, and neither the answer nor the look after it arrives.
  endpoint.faults.add({service: 's3', operation: 'PutObject', kind: 'cut-after', times: 10});
  endpoint.faults.add({service: 's3', operation: 'GetObject', kind: 'cut-after', times: 1_000});
  await expect(approveAs(rig, kim)).rejects.toMatchObject({
    problem: {code: 'approval-unknown'},
    inPlace: expect.stringContaining('not known'),
  });
  endpoint.faults.clear();
  expect(await running).toEqual({kind: 'done'});
});

test('nobody writes the approval of somebody else, whatever else their account may do', async () => {
  const kim = await storeAs(dba, 'kim');
  const lee = await storeAs(dba, 'lee');
  const folder = 'approvals/r1/p1/agreed/1-approved';
  const foreign = `${folder}/${dba}/AROALABDBA:kim`;
  await expect(lee.add(foreign, 'x\n', never)).rejects.toThrow('AWS does not allow');
  await expect(
    lee.add(`${folder}/${role('lead')}/AROALABLEAD:kim`, 'x\n', never),
  ).rejects.toThrow();
  await expect(lee.add('elsewhere', 'x\n', never)).rejects.toThrow('AWS does not allow');
  expect(await kim.add(foreign, 'x\n', never)).toBe('added');
  // Behind the key of somebody else, one's own is no approval of either.
  expect(await lee.add(`${foreign}/${dba}/AROALABDBA:lee`, 'x\n', never)).toBe('added');
  const need = {by: 'dba', of: 2, validForMs: 60_000, principals: [dba], runners: []};
  const subject = {run: 'r1', digest: 'p1', entry: 'agreed'};
  const {counted, others} = await approvalDeskOf(kim).survey(subject, need, never);
  expect(counted.map(({principal}) => principal)).toEqual([session('dba', 'kim')]);
  expect(others).toEqual([]);
});

test('an approval expires by the clock of the store, can be given anew, and can be withdrawn', async () => {
  const {rig} = await rigged([dba, role('lead')], {validForMs: 2_000});
  const running = rig.run();
  await hears(rig, 'waiting for 2 of 2');
  const kim = await storeAs(dba, 'kim');
  await approveAs(rig, kim);
  await hears(rig, 'waiting for 1 of 2');
  await hears(rig, `The approval by ${session('dba', 'kim')}`);
  expect(said(rig).at(-1)).toContain('has expired');
  expect(await approveAs(rig, kim)).toBe('given');
  await hears(rig, 'waiting for 1 of 2');
  expect(await approveAs(rig, kim, 'withdrawn')).toBe('given');
  await hears(rig, `${session('dba', 'kim')} has withdrawn their approval.`);
  expect(await approveAs(rig, kim, 'withdrawn')).toBe('already');
  rig.stopping.abort('SIGTERM');
  expect(await running).toMatchObject({kind: 'paused', problem: {code: 'run-stopped'}});
});

test('the sessions of a listed role are one: another session withdraws what one approved', async () => {
  const {rig} = await rigged([dba, role('lead')]);
  const running = rig.run();
  await hears(rig, 'waiting for 2 of 2');
  expect(await approveAs(rig, await storeAs(dba, 'kim-1'))).toBe('given');
  await hears(rig, 'waiting for 1 of 2');
  const second = await storeAs(dba, 'kim-2');
  expect(await approveAs(rig, second, 'withdrawn')).toBe('given');
  await hears(rig, `waiting for 2 of 2 approvals by dba. ${session('dba', 'kim-2')} has withdrawn`);
  expect(await approveAs(rig, second, 'withdrawn')).toBe('already');
  // Nor does `status` count it any more.
  const open = rig.progress.questions[0]?.approval;
  expect(open && missingApprovals(rig.progress, 'agreed', open)).toBe(2);
  expect(rig.progress.approvals).toEqual([]);
  rig.stopping.abort('SIGTERM');
  await running;
});

test('an approval that is withdrawn while the gates before are checked does not count', async () => {
  let whileChecked = async () => {};
  const gate = defineGate({
    ...{name: 'shelf.near', summary: 'Look.', targets: {}, needs: {}, timeoutMs: 60_000},
    ...{input: z.object({}), output: z.object({})},
    check: async () => {
      await whileChecked();
      return done({});
    },
  });
  const runbook = defineRunbook({
    ...{name: 'tidy-up', summary: 'Tidy up.', params: z.object({}), targets: {a: shelf}},
  })
    .step('near', gate, {on: {}, input: () => ({})})
    .approve('agreed', {question: 'Fill the shelf?', by: 'dba'})
    .step('set', fill, {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})});
  const a = new Shelf('a', {});
  const approvals = {approvals: approvalDeskOf(await storeAs()), approvalRules: rulesOf([dba])};
  const rig = new Rig({runbook, shelves: [a], approvals});
  const running = rig.run();
  await hears(rig, 'waiting for 1 of 1');
  const kim = await storeAs(dba, 'kim');
  let withdrawn = '';
  whileChecked = async () => {
    if (withdrawn === '' && rig.progress.approvals.length > 0) {
      withdrawn = await approveAs(rig, kim, 'withdrawn');
    }
  };
  await approveAs(rig, kim);
  await hears(rig, `waiting for 1 of 1 approvals by dba. ${session('dba', 'kim')} has withdrawn`);
  expect(withdrawn).toBe('given');
  expect(a.effects).toEqual([]);
  expect(said(rig)).toContain('has 1 of 1 approvals by dba.');
  rig.stopping.abort('SIGTERM');
  await running;
});

test('a plan warns of an approval in the outage', async () => {
  const head = {
    ...{name: 'tidy-up', summary: 'Tidy up.', params: z.object({}), targets: {a: shelf}},
    outage: {from: ['close'], until: ['open']},
  };
  const put = {on: {shelf: 'a'}, input: () => ({texts: {x: 'new'}})} as const;
  const runbook = defineRunbook(head)
    .approve('before', {question: 'Close?', by: 'dba'})
    .step('close', fill, put)
    .approve('within', {question: 'Open?', by: 'dba'})
    .step('open', fill, put);
  const approvals = {approvalRules: rulesOf([dba])};
  const {items} = await new Rig({runbook, shelves: [new Shelf('a', {})], approvals}).plan();
  const remarked = items.flatMap((item) =>
    item.kind === 'entry' && item.remarks ? [[item.entry, ...item.remarks]] : [],
  );
  expect(remarked).toEqual([
    ['within', expect.stringContaining('Writes are refused until other people approve')],
  ]);
});

test('one object that cannot be read keeps nobody else from approving', async () => {
  const kim = await storeAs(dba, 'kim');
  const lead = await storeAs(role('lead'), 'max');
  const subject = {run: 'r1', digest: 'p1', entry: 'agreed'};
  const folder = 'approvals/r1/p1/agreed/1-approved';
  await kim.add(`${folder}/${dba}/AROALABDBA:kim`, 'x'.repeat(5_000), never);
  await lead.add(`${folder}/${role('lead')}/AROALABLEAD:max`, 'max@desk\n', never);
  const {addedKeys, readKeys, store} = watched(await storeAs(), role('lead'));
  const need = {by: 'dba', of: 2, validForMs: 60_000, principals: [dba], runners: []};
  // Of somebody who is not in the list, nothing is read.
  const one = await approvalDeskOf(store).survey(subject, need, never);
  expect(one.counted).toMatchObject([{listed: dba, from: 'an unknown host'}]);
  expect(one.others).toEqual([`${session('lead', 'max')} has approved, but is not in dba.`]);
  expect(addedKeys).toHaveLength(1);
  expect(readKeys).toEqual([]);
  const both = {...need, principals: [dba, role('lead')]};
  const {counted, others, unread} = await approvalDeskOf(store).survey(subject, both, never);
  expect(counted.map(({listed}) => listed)).toEqual([dba]);
  expect(unread).toEqual([role('lead')]);
  expect(others).toEqual([expect.stringContaining('cannot be read: damaged.')]);
});

/** The store, where nothing can be known of the objects of one principal. */
function watched(whole: ObjectStore, damaged: string) {
  const [addedKeys, readKeys]: [string[], string[]] = [[], []];
  const read: ObjectStore['read'] = (key, signal) => {
    readKeys.push(key);
    return whole.read(key, signal);
  };
  const added: ObjectStore['added'] = async (key, signal) => {
    addedKeys.push(key);
    if (key.includes(damaged)) {
      throw new Error('damaged');
    }
    return whole.added(key, signal);
  };
  return {addedKeys, readKeys, store: {...whole, added, read}};
}

test('a plan says that approvals prove nothing in a bucket with an older policy', async () => {
  const store = await storeAs();
  const asking = runbookFor();
  expect(await foreignApprovalRemarks(asking, store, never)).toEqual([]);
  identity.attach({Statement: [{Effect: 'Allow', Action: '*', Resource: '*'}]});
  const remark = [expect.stringContaining('anybody can approve as somebody else in s3://cutovers')];
  expect(await foreignApprovalRemarks(asking, store, never)).toEqual(remark);
  expect(await foreignApprovalRemarks(asking, store, never)).toEqual(remark);
  expect(await foreignApprovalRemarks({entries: []}, store, never)).toEqual([]);
});

test('a store that is away ends no waiting, nor does the death of the process; a changed plan voids all', async () => {
  const {rig} = await rigged([dba, role('lead')]);
  const first = rig.run();
  await hears(rig, 'waiting for 2 of 2');
  await approveAs(rig, await storeAs(dba, 'kim'));
  await hears(rig, 'waiting for 1 of 2');
  endpoint.faults.add({service: 's3', operation: 'ListObjectsV2', kind: 'deny', times: 1});
  await expect
    .poll(() => said(rig).join(' '))
    .toContain('the approvals in s3://cutovers/shop cannot be read, trying again');
  await hears(rig, 'waiting for 1 of 2');
  rig.stopping.abort('SIGKILL');
  await first;

  const changed = rig.reopened({
    approvals: {
      approvals: approvalDeskOf(await storeAs()),
      approvalRules: rulesOf([dba, role('lead')], {inventory: {file: 'f', digest: 'i2'}}),
    },
  });
  const voided = changed.run();
  await hears(changed, 'waiting for 2 of 2');
  changed.stopping.abort('SIGTERM');
  await voided;

  // The approver has taken the run over: what they approved before does not count any more.
  const taken = changed.reopened({
    approvals: {
      approvals: approvalDeskOf(await storeAs(dba, 'kim')),
      approvalRules: rulesOf([dba, role('lead')]),
    },
  });
  const byApprover = taken.run();
  await hears(taken, `${session('dba', 'kim')} has approved, but has worked on this run`);
  taken.stopping.abort('SIGTERM');
  await byApprover;

  const resumed = rig.reopened();
  const last = resumed.run();
  await hears(resumed, 'waiting for 1 of 2');
  await approveAs(resumed, await storeAs(role('lead'), 'max'));
  expect(await last).toEqual({kind: 'done'});
});

test('what can never be approved is a problem of the plan; in a lab its operator answers', async () => {
  const {rig} = await rigged([dba]);
  const codeWith = async (approvalRules: ApprovalRules) => {
    const other = rig.reopened({lines: [], approvals: {approvalRules}});
    const {items} = await other.plan();
    return items.flatMap((item) => (item.kind === 'entry' && item.code ? [item.code] : []));
  };
  expect(await codeWith(rulesOf([dba], {isShared: false}))).toEqual(['approval-needs-store']);
  expect(await codeWith(rulesOf([], {approvers: {}}))).toEqual(['approvers-unknown']);
  expect(await codeWith(rulesOf([dba]))).toEqual(['approvers-too-few']);
  expect(await codeWith(rulesOf([dba, role('lead')]))).toEqual([]);
  const lab = rig.reopened({
    lines: [],
    approvals: {approvalRules: rulesOf([], {isLab: true, isShared: false})},
  });
  expect(await lab.run()).toEqual({kind: 'done'});
  expect(lab.operator.asked).toMatchObject([
    {details: ['Answered in a lab, in place of 2 approvals by dba.'], byPerson: true},
  ]);
});

test('approvers are told what an operator would be: whether there is an outage, and what can be reversed', async () => {
  const people = [session('dba', 'kim'), session('dba', 'lee')];
  const {rig} = await rigged(people);
  const running = rig.run();
  await hears(rig, 'waiting for 2 of 2 approvals by dba.');
  const asked = rig.journal.entries.find(({kind}) => kind === 'asked');
  expect(asked).toMatchObject({
    about: 'approval',
    details: ['This run has no changes in place: there is nothing to reverse.'],
  });
  rig.stopping.abort('the test ends');
  await running;
});
