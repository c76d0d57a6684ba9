/** Who has AWS keys, as the policies of AWS know them. */
export interface Principal {
  /** Of a user, or of a role with its path: `aws:PrincipalArn`. */
  readonly arn: string;
  /** `aws:userid`: the unique id of a user; that of a role, and after a colon the name of the session. */
  readonly id: string;
}

const words = '[\\w+=,.@-]+';
const owner = `arn:[\\w-]+:iam::\\d{12}:(?:user|role)/(?:[^:]+/)?${words}`;
const ofOwner = new RegExp(`^${owner}$`);
const ofSession = new RegExp(`^arn:[\\w-]+:sts::\\d{12}:assumed-role/${words}/${words}$`);
const ofKey = new RegExp(`^(${owner})/([A-Z0-9]+(?::${words})?)$`);

/** Whether it is the ARN of a user, of a role, or of a session of a role. */
export const isPrincipalArn = (arn: string): boolean => ofOwner.test(arn) || ofSession.test(arn);

/** As the end of a key: with it, the policy of a bucket ties the key to its writer. */
export const keyOfPrincipal = ({arn, id}: Principal): string => `${arn}/${id}`;

/** Whose key it is; `undefined` where no principal could have written it as their own. */
export function principalInKey(end: string): Principal | undefined {
  const [, arn, id] = ofKey.exec(end) ?? [];
  return arn === undefined || id === undefined ? undefined : {arn, id};
}

/** For people, and as `sts:GetCallerIdentity` gives it: a user, or a session of a role. */
export function principalText({arn, id}: Principal): string {
  const session = sessionIn(id);
  const {partition, account, name} = partsOf(arn);
  return session === undefined
    ? arn
    : `arn:${partition}:sts::${account}:assumed-role/${name}/${session}`;
}

/** Whether a principal is the one of this ARN, or has the role of this ARN. */
export function isOfArn(principal: Principal, arn: string): boolean {
  return ofSession.test(arn)
    ? principalText(principal) === arn
    : ownerOf(principal.arn) === ownerOf(arn);
}

/** Whether two have the same user or role: anybody with a role can name its sessions freely. */
export const haveSameOwner = (arn: string, other: string): boolean =>
  ownerOf(arn) === ownerOf(other);

/** The user or the role, without its path: names are unique in an account. */
export function ownerOf(arn: string): string {
  const {partition, account, kind, name} = partsOf(arn);
  return `${partition}:${account}:${kind}/${name}`;
}

interface Parts {
  readonly partition: string;
  readonly account: string;
  readonly kind: 'user' | 'role';
  readonly name: string;
}

function partsOf(arn: string): Parts {
  const [, partition = '', , , account = '', ...rest] = arn.split(':');
  const [kind, ...path] = rest.join(':').split('/');
  const name = (kind === 'assumed-role' ? path[0] : path.at(-1)) ?? '';
  return {partition, account, kind: kind === 'user' ? 'user' : 'role', name};
}

const sessionIn = (id: string): string | undefined => id.split(':')[1];
