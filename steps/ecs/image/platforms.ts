import type {Service, TaskDefinition} from '@aws-sdk/client-ecs';

/** `linux/amd64`, as registries write it. */
type Platform = string;

/** The architectures of ECS by the names that images have for them (ECS API, RuntimePlatform; OCI image index). */
const architectures: Readonly<Record<string, string>> = {X86_64: 'amd64', ARM64: 'arm64'};

/** Without a platform in the task definition: Fargate takes X86_64 and Linux (ECS API, RuntimePlatform). */
export function platformOf(
  {runtimePlatform = {}}: TaskDefinition,
  isFargate: boolean,
): Platform | undefined {
  const {cpuArchitecture = isFargate ? 'X86_64' : '', operatingSystemFamily = 'LINUX'} =
    runtimePlatform;
  const architecture = architectures[cpuArchitecture];
  const system = operatingSystemFamily.startsWith('WINDOWS') ? 'windows' : 'linux';
  return architecture && `${system}/${architecture}`;
}

/** Whether its tasks run on Fargate: then nothing but the execution role pulls their image. */
export const runsOnFargate = (
  {launchType, capacityProviderStrategy = []}: Service,
  {requiresCompatibilities = []}: TaskDefinition,
): boolean =>
  launchType === 'FARGATE' ||
  capacityProviderStrategy.some(({capacityProvider = ''}) => /^FARGATE/.test(capacityProvider)) ||
  (requiresCompatibilities.length > 0 &&
    requiresCompatibilities.every((kind) => kind === 'FARGATE'));

interface Manifest {
  readonly config?: {readonly digest?: string};
  readonly manifests?: readonly {
    readonly platform?: {readonly os?: string; readonly architecture?: string};
  }[];
}

export const manifestIn = (text: string): Manifest => JSON.parse(text) as Manifest; // ECR checks it on a push

/** Of an index; those of attestations have the platform `unknown/unknown` (Docker documentation, "Attestations"). */
export const platformsIn = ({manifests}: Manifest): readonly Platform[] | undefined =>
  manifests?.flatMap(({platform}) =>
    platform?.os && platform.architecture && platform.os !== 'unknown'
      ? [`${platform.os}/${platform.architecture}`]
      : [],
  );

/** Of the configuration of a single image; nothing where it has none. */
export function platformInConfig(text: string): Platform | undefined {
  const {os, architecture} = JSON.parse(text) as {os?: string; architecture?: string};
  return os && architecture ? `${os}/${architecture}` : undefined;
}
