import type {TaskDefinition} from '@aws-sdk/client-ecs';
import {expect, test} from 'vitest';
import {
  chosenContainer,
  type Definition,
  digestOf,
  registrable,
  withImage,
} from '../../../steps/ecs/revision/task-definition.ts';

const described: TaskDefinition = {
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/web:7',
  family: 'web',
  revision: 7,
  status: 'ACTIVE',
  taskRoleArn: 'arn:aws:iam::123456789012:role/web',
  networkMode: 'awsvpc',
  volumes: [],
  requiresAttributes: [{name: 'ecs.capability.task-eni'}],
  compatibilities: ['EC2'],
  registeredAt: new Date(0),
  registeredBy: 'arn:aws:iam::123456789012:user/ci',
  containerDefinitions: [
    {
      name: 'shop',
      image: 'shop:1',
      cpu: 0,
      environment: [
        {name: 'B', value: '2'},
        {name: 'A', value: '1'},
      ],
      secrets: [{name: 'KEY', valueFrom: 'arn:aws:ssm:::parameter/key'}],
      portMappings: [{containerPort: 8_080, hostPort: 8_080, protocol: 'tcp'}],
    },
  ],
};

test('what ECS added is dropped, and every other field and tag is carried over', () => {
  const tags = [
    {key: 'team', value: 'shop'},
    {key: 'aws:cloudformation:stack-name', value: 'web'},
  ];
  expect(registrable(described, tags)).toEqual({
    family: 'web',
    taskRoleArn: 'arn:aws:iam::123456789012:role/web',
    networkMode: 'awsvpc',
    volumes: [],
    containerDefinitions: described.containerDefinitions,
    tags: [{key: 'team', value: 'shop'}],
  });
});

test('equal definitions have one digest, however ECS orders and fills them', () => {
  const definition = registrable(described, []);
  const [container] = definition.containerDefinitions ?? [];
  const environment = [...(container?.environment ?? [])].reverse();
  const reordered: Definition = {
    containerDefinitions: [{...container, mountPoints: [], environment}],
    networkMode: 'awsvpc',
    taskRoleArn: definition.taskRoleArn,
    family: 'web',
  };
  expect(digestOf(reordered)).toBe(digestOf(definition));
  const other = withImage(definition, {container: 'shop', image: 'shop:2', environment: {}});
  expect(digestOf(other)).not.toBe(digestOf(definition));
});

test('making a definition as wanted twice changes nothing more', () => {
  const wanted = {container: 'shop', image: 'shop:2', environment: {A: '9', C: '3'}};
  const once = withImage(registrable(described, []), wanted);
  expect(once.containerDefinitions?.[0]?.environment).toEqual([
    {name: 'B', value: '2'},
    {name: 'A', value: '9'},
    {name: 'C', value: '3'},
  ]);
  expect(withImage(once, wanted)).toEqual(once);
});

test('the container is the named one, the only one, or the only one with a port', () => {
  const of = (...containers: NonNullable<Definition['containerDefinitions']>): Definition => ({
    family: 'web',
    containerDefinitions: containers,
  });
  const portMappings = [{containerPort: 80}];
  const shop = {name: 'shop', portMappings};
  const sidecar = {name: 'sidecar'};
  expect(chosenContainer(of(sidecar))).toBe('sidecar');
  expect(chosenContainer(of(sidecar, shop))).toBe('shop');
  expect(chosenContainer(of(sidecar, shop), 'sidecar')).toBe('sidecar');
  expect(chosenContainer(of(shop, {name: 'admin', portMappings}))).toBe(undefined);
  expect(chosenContainer(of(shop), 'none')).toBe(undefined);
});
