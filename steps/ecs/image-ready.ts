import type {TaskDefinition} from '@aws-sdk/client-ecs';
import {z} from 'zod';
import {type Blocked, blocked, defineGate, done, type Look} from '../../src/index.ts';
import type {RegisteredImage} from './contract.ts';
import {platformOf, runsOnFargate} from './image/platforms.ts';
import {shortName} from './rollout/state.ts';
import {ecsService} from './target.ts';

const targets = {service: ecsService};

const input = z.object({image: z.string().min(1)});

const output = z.object({
  image: z.string(),
  /** Of what its tag means now; `null` where it was not looked up. */
  digest: z.string().nullable(),
  checked: z.array(z.string()),
  /** What also decides whether tasks can start, and was not checked. */
  notChecked: z.array(z.string()),
});

type GateLook = Look<typeof targets, z.output<typeof input>>;
type Found = Extract<RegisteredImage, {kind: 'found'}>;

/** What one thing that decides came to: a sentence for each side, or the reason to stop. */
type Finding = {readonly checked: string} | {readonly notChecked: string} | Blocked;

/** Whether tasks of a service can pull and start an image, before traffic waits for them. */
export const imageReady = defineGate({
  name: 'ecs.image-ready',
  summary:
    'Check that an image is in ECR, fits the platform of an ECS service, and can be pulled by its tasks.',
  targets,
  input,
  output,
  evidence: ({image, digest, checked, notChecked}) => [
    ...(digest === null ? [] : [`${image} is ${digest}: ${checked.join('; ')}.`]),
    ...notChecked.map((text) => `Not checked: ${text}.`),
  ],
  needs: {
    service: [
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecr:BatchGetImage',
      'ecr:GetDownloadUrlForLayer (optional: the platform of an image that is not an index)',
      'ecr:GetRepositoryPolicy (optional: a repository that itself lets the execution role in)',
      'iam:SimulatePrincipalPolicy (optional: whether the execution role may pull)',
    ],
  },
  timeoutMs: 60_000,

  async check(look) {
    const {
      input: {image},
      targets: {service},
      signal,
    } = look;
    const state = await service.deployedService(signal);
    if (state.taskDefinition === undefined) {
      return blocked(
        `The ${service.name} has no task definition: it is deployed by ${state.deploymentController?.type ?? 'ECS'}.`,
        'Use the tool that manages its task sets, or remove this gate from the runbook.',
      );
    }
    const [definition, registered] = await Promise.all([
      service.definition(state.taskDefinition, signal),
      service.registeredImage(image, signal),
    ]);
    if (registered.kind === 'missing') {
      return missing(look, registered.what);
    }
    if (registered.kind !== 'found') {
      const why =
        registered.kind === 'elsewhere' ? 'it is in no private registry of ECR' : registered.why;
      const notChecked = [`whether ${image} exists and can be pulled: ${why}`];
      return done(outputOf(look, null, [], notChecked), ...remarks(notChecked));
    }
    const isFargate = runsOnFargate(state, definition);
    const findings = [
      fits(look, {definition, isFargate, registered}),
      await pulled(look, definition.executionRoleArn, isFargate),
    ];
    const obstacle = findings.find((finding): finding is Blocked => 'kind' in finding);
    const checked = findings.flatMap((finding) => ('checked' in finding ? [finding.checked] : []));
    const notChecked = findings.flatMap((finding) =>
      'notChecked' in finding ? [finding.notChecked] : [],
    );
    return (
      obstacle ??
      done(outputOf(look, registered.digest, checked, notChecked), ...remarks(notChecked))
    );
  },
});

const outputOf = (
  {input: {image}}: GateLook,
  digest: string | null,
  checked: readonly string[],
  notChecked: readonly string[],
) => ({image, digest, checked: [...checked], notChecked: [...notChecked]});

const remarks = (notChecked: readonly string[]): readonly string[] =>
  notChecked.map((text) => `Not checked: ${text}.`);

const missing = ({input: {image}}: GateLook, what: 'image' | 'repository'): Blocked =>
  blocked(
    what === 'repository'
      ? `ECR has no repository for ${image}.`
      : `ECR has no image ${image}: its repository has no such tag or digest.`,
    'Push the image, or correct the input image of the gate. A lifecycle policy of the repository may have deleted it.',
  );

interface Fit {
  readonly definition: TaskDefinition;
  readonly isFargate: boolean;
  readonly registered: Found;
}

function fits(look: GateLook, {definition, isFargate, registered}: Fit): Finding {
  const {image} = look.input;
  const {platforms, why} = registered;
  const platform = platformOf(definition, isFargate);
  if (platforms.length === 0) {
    return {notChecked: `the platform of ${image}: ${why ?? 'its manifest names none'}`};
  }
  const named = `${shortName(definition.taskDefinitionArn ?? '')} of the ${look.targets.service.name}`;
  if (platform === undefined) {
    return {
      notChecked: `whether ${platforms.join(', ')} is the platform of the instances: task definition ${named} names none`,
    };
  }
  return platforms.includes(platform)
    ? {checked: `it has a manifest for ${platform}`}
    : blocked(
        `${image} is for ${platforms.join(', ')}, and task definition ${named} runs on ${platform}.`,
        `Build the image for ${platform} as well, or correct the runtimePlatform of the task definition.`,
      );
}

async function pulled(
  {input: {image}, targets: {service}, signal}: GateLook,
  role: string | undefined,
  isFargate: boolean,
): Promise<Finding> {
  if (role === undefined) {
    return isFargate
      ? blocked(
          `The task definition of the ${service.name} has no execution role: on Fargate its tasks cannot pull ${image}.`,
          'Set executionRoleArn in the task definition, to a role with the policy AmazonECSTaskExecutionRolePolicy.',
        )
      : {
          notChecked: `whether the roles of the instances may pull ${image}: there is no execution role`,
        };
  }
  const rights = await service.mayPull(role, image, signal);
  switch (rights.kind) {
    case 'allowed':
      return {checked: `${role} may pull it`};
    case 'not-told':
      return {notChecked: `whether ${role} may pull ${image}: ${rights.why}`};
    case 'refused':
      return blocked(
        `The execution role of the ${service.name}, ${role}, may not pull ${image}: IAM does not allow it ${rights.actions.join(', ')}.`,
        'Attach the policy AmazonECSTaskExecutionRolePolicy to the role, or allow it these actions.',
      );
  }
}
