import {setTimeout as sleep} from 'node:timers/promises';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type TaskDefinition,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';

// Stands for the AWS CLI in the script and the playbook: the same calls through the same kind of SDK, one process each.
// It is kinder than the CLI, whose waiters look every 15 and 30 s.

const {AWS_ENDPOINT = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = ''} = process.env;
const account = {
  region: 'us-east-1',
  endpoint: AWS_ENDPOINT,
  credentials: {accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY},
};
const lookEveryMs = 200;
const giveUpAt = Date.now() + 120_000;

const [verb, ...words] = process.argv.slice(2);
switch (verb) {
  case 'point':
    await point(words);
    break;
  case 'deploy':
    await deploy(words);
    break;
  default:
    throw new Error(
      `aws: point ZONE NAME TTL ADDRESS... or deploy SERVICE IMAGE HOST PORT COUNT, not ${verb}`,
    );
}

/** `route53 change-resource-record-sets`, then `route53 wait resource-record-sets-changed`. */
async function point([zone, name, ttl, ...addresses]: readonly string[]): Promise<void> {
  const route53 = new Route53Client(account);
  const ResourceRecordSet = {
    Name: name,
    Type: 'A' as const,
    TTL: Number(ttl),
    ResourceRecords: addresses.map((Value) => ({Value})),
  };
  const {ChangeInfo} = await route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone,
      ChangeBatch: {Changes: [{Action: 'UPSERT', ResourceRecordSet}]},
    }),
  );
  for (let status = ChangeInfo?.Status; status !== 'INSYNC'; ) {
    await lookAgain();
    status = (await route53.send(new GetChangeCommand({Id: ChangeInfo?.Id}))).ChangeInfo?.Status;
  }
}

/** `ecs register-task-definition`, `ecs update-service`, then `ecs wait services-stable`. */
async function deploy([service = '', image, host, port, count]: readonly string[]): Promise<void> {
  const ecs = new ECSClient(account);
  const described = new DescribeServicesCommand({cluster: 'shop', services: [service]});
  const [running] = (await ecs.send(described)).services ?? [];
  const {taskDefinition} = await ecs.send(
    new DescribeTaskDefinitionCommand({taskDefinition: running?.taskDefinition}),
  );
  const {containerDefinitions = [], ...others} = onlyGiven(taskDefinition ?? {});
  const database: Readonly<Record<string, string | undefined>> = {
    DATABASE_HOST: host,
    DATABASE_PORT: port,
  };
  const registered = await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...others,
      family: others.family,
      containerDefinitions: containerDefinitions.map((container) => ({
        ...container,
        image,
        environment: container.environment?.map(({name = '', value}) => ({
          name,
          value: database[name] ?? value,
        })),
      })),
    }),
  );
  await ecs.send(
    new UpdateServiceCommand({
      cluster: 'shop',
      service,
      taskDefinition: registered.taskDefinition?.taskDefinitionArn,
      desiredCount: Number(count),
    }),
  );
  for (let isStable = false; !isStable; ) {
    await lookAgain();
    const [now] = (await ecs.send(described)).services ?? [];
    isStable = now?.deployments?.length === 1 && now.runningCount === now.desiredCount;
  }
}

async function lookAgain(): Promise<void> {
  if (Date.now() > giveUpAt) {
    throw new Error('aws: it has not come to rest within 120 s');
  }
  await sleep(lookEveryMs);
}

/** A task definition without what ECS adds to it, and does not take back. */
function onlyGiven({
  taskDefinitionArn: _arn,
  revision: _revision,
  status: _status,
  requiresAttributes: _attributes,
  compatibilities: _compatibilities,
  registeredAt: _at,
  registeredBy: _by,
  deregisteredAt: _gone,
  ...given
}: TaskDefinition): TaskDefinition {
  return given;
}
