import {z} from 'zod';

/** Codes of a device. A code is good for one use: with a command, roles are renewed during a run as well. */
const mfa = z.strictObject({
  /** The ARN or serial number of the device; a profile may name it as `mfa_serial`. */
  serial: z.string().optional(),
  code: z.string().optional(),
  /** Prints a code: `["ykman", "oath", "accounts", "code", "-s", "aws"]`. */
  command: z.array(z.string()).min(1).optional(),
});

const assumeRole = z.strictObject({
  arn: z.string().regex(/^arn:[\w-]+:iam::\d+:role\/.+/, 'it is not the ARN of a role'),
  externalId: z.string().optional(),
  /** How CloudTrail names the session. */
  sessionName: z.string().default('switcharoo'),
  /** The role's own maximum may be less. */
  durationSeconds: z.number().int().min(900).max(43_200).default(3_600),
});

/**
 * How to reach AWS, in the inventory. Without `credentials` and `profile` the SDK's own chain is used; without
 * `region`, that of the profile, then of the environment. `endpoint` is for labs; `endpoints`, by service, for private
 * ones.
 */
export const awsConfig = z.object({
  region: z.string().optional(),
  profile: z.string().optional(),
  assumeRole: assumeRole.optional(),
  mfa: mfa.optional(),
  endpoint: z.url().optional(),
  /** By the service's name in the SDK: `ecs`, `route-53`, `elastic-load-balancing-v2`, `sts`. */
  endpoints: z.record(z.string(), z.url()).optional(),
  credentials: z
    .object({
      accessKeyId: z.string(),
      secretAccessKey: z.string(),
      sessionToken: z.string().optional(),
    })
    .optional(),
});
export type AwsConfig = z.output<typeof awsConfig>;

/** The settings of AWS in the entry of a target that has others, too. */
export function awsPartOf<Config extends AwsConfig>(config: Config): AwsConfig {
  const {region, profile, assumeRole: role, mfa: device, endpoint, endpoints, credentials} = config;
  return {region, profile, assumeRole: role, mfa: device, endpoint, endpoints, credentials};
}
