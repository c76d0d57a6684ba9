import {NormalizedSchema} from '@smithy/core/schema';

type Schema = Parameters<typeof NormalizedSchema.of>[0];

/** What the SDK's model of an operation says. */
export interface OperationModel {
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

export interface ServiceModel {
  /** How it travels: `json` (1.0 and 1.1), `query`, or XML on paths. */
  readonly protocol: 'json' | 'query' | 'rest-xml';
  operation(name: string): OperationModel | undefined;
  /** The HTTP status of an error, by its name or by its code on the wire. */
  errorStatus(code: string): number | undefined;
}

/** By signing name. EC2 is signed by hand: its client, and so its model, is not installed. */
const packages: Readonly<
  Record<string, readonly [ServiceModel['protocol'], () => Promise<object>]>
> = {
  ecs: ['json', () => import('@aws-sdk/client-ecs')],
  ecr: ['json', () => import('@aws-sdk/client-ecr')],
  ssm: ['json', () => import('@aws-sdk/client-ssm')],
  logs: ['json', () => import('@aws-sdk/client-cloudwatch-logs')],
  monitoring: ['json', () => import('@aws-sdk/client-cloudwatch')],
  sqs: ['json', () => import('@aws-sdk/client-sqs')],
  secretsmanager: ['json', () => import('@aws-sdk/client-secrets-manager')],
  servicequotas: ['json', () => import('@aws-sdk/client-service-quotas')],
  route53domains: ['json', () => import('@aws-sdk/client-route-53-domains')],
  'application-autoscaling': ['json', () => import('@aws-sdk/client-application-auto-scaling')],
  rds: ['query', () => import('@aws-sdk/client-rds')],
  iam: ['query', () => import('@aws-sdk/client-iam')],
  sts: ['query', () => import('@aws-sdk/client-sts')],
  elasticloadbalancing: ['query', () => import('@aws-sdk/client-elastic-load-balancing-v2')],
  route53: ['rest-xml', () => import('@aws-sdk/client-route-53')],
  s3: ['rest-xml', () => import('@aws-sdk/client-s3')],
};

const loaded = new Map<string, Promise<ServiceModel>>();

/** The model of a service, as its SDK client has it; `undefined` where no client is installed. */
export function modelOf(service: string): Promise<ServiceModel | undefined> {
  const [protocol, load] = packages[service] ?? [];
  if (!protocol || !load) {
    return Promise.resolve(undefined);
  }
  const model = loaded.get(service) ?? load().then((sdk) => serviceModel(protocol, sdk));
  loaded.set(service, model);
  return model;
}

function serviceModel(protocol: ServiceModel['protocol'], sdk: object): ServiceModel {
  // A client exports the schema of every shape as `Name$`.
  const shapes = new Map<string, unknown>(
    Object.entries(sdk).flatMap(([name, value]) =>
      name.endsWith('$') && Array.isArray(value) ? [[name.slice(0, -1), value] as const] : [],
    ),
  );
  return {
    protocol,
    operation: (name) => {
      const shape = shapes.get(name);
      // An operation is [9, namespace, name, traits, input, output].
      return Array.isArray(shape) && shape[0] === 9
        ? {input: normalized(shape[4]), output: normalized(shape[5])}
        : undefined;
    },
    errorStatus: (code) => statusOf([...shapes.values()], code),
  };
}

const normalized = (reference: unknown): NormalizedSchema =>
  NormalizedSchema.of((typeof reference === 'function' ? reference() : reference) as Schema);

function statusOf(shapes: readonly unknown[], code: string): number | undefined {
  for (const shape of shapes) {
    // An error is [-3, namespace, name, traits, …].
    if (Array.isArray(shape) && shape[0] === -3) {
      const {httpError, awsQueryError} = NormalizedSchema.of(shape as never).getMergedTraits();
      const [wireCode, wireStatus] = (awsQueryError ?? []) as readonly [string?, number?];
      if (wireCode === code || (wireCode === undefined && shape[2] === code)) {
        return wireStatus ?? (httpError as number | undefined) ?? 400;
      }
    }
  }
  return undefined;
}
