/** What a statement is about, and `Null` for whether a request has a header: all that these policies need. */
interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*';
  readonly Action: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: {readonly Null: Readonly<Record<string, 'true' | 'false'>>};
}

interface Policy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** The ARN of a bucket, of the objects of the store in it, and what the ARNs of these begin with. */
interface StorePlace {
  readonly bucket: string;
  readonly objects: string;
  readonly start: string;
  /** Of the KMS key that encrypts the objects, where it is not the bucket's own. */
  readonly key: string | undefined;
}

/** The end of the key of an approval: IAM fills in its writer (User Guide, "Policy variables"). */
// biome-ignore lint/suspicious/noTemplateCurlyInString: these are variables of IAM.
const ofCaller = '${aws:PrincipalArn}/${aws:userid}';
const ownApprovals = ({start}: StorePlace): string => `${start}approvals/*/${ofCaller}`;

/** Of the page of the newest run, and of one run: the only objects that are replaced. */
const pageFiles = ({start}: StorePlace): readonly string[] =>
  ['live/', 'live/????????-??????-????/'].flatMap((folder) => [
    `${start}${folder}index.html`,
    `${start}${folder}state.json`,
  ]);

/**
 * Nobody approves as somebody else. No condition key has the key of an object, so the policy lists what may be written:
 * the folders of runs, of what hosts say that have stopped, and of `store check`, the files of the live page, and
 * approvals by the caller.
 */
const approveAsYourself = (place: StorePlace): Statement => ({
  Sid: 'ApproveAsYourself',
  Effect: 'Deny',
  Action: ['s3:PutObject'],
  NotResource: [
    ownApprovals(place),
    `${place.start}????????-??????-????/*`,
    `${place.start}left/*`,
    `${place.start}check/*`,
    ...pageFiles(place),
  ],
});

/**
 * Without the prefix of the store: where an account may list only a part of a bucket, S3 answers 403 for an object
 * that is not there, and nobody can tell it from one that must not be read.
 */
const listKeys = ({bucket}: StorePlace): Statement => ({
  Sid: 'ListKeys',
  Effect: 'Allow',
  Action: ['s3:ListBucket'],
  Resource: bucket,
});

/** For `log --verify`: what was replaced or deleted is kept beside what is there now. */
const listVersions = ({bucket}: StorePlace): Statement => ({
  Sid: 'ListVersions',
  Effect: 'Allow',
  Action: ['s3:ListBucketVersions'],
  Resource: bucket,
});

/** For `store check`: whether the bucket keeps what is replaced or deleted, and for how long. */
const readSafeguards = ({bucket}: StorePlace): Statement => ({
  Sid: 'ReadSafeguards',
  Effect: 'Allow',
  Action: ['s3:GetBucketVersioning', 's3:GetBucketObjectLockConfiguration'],
  Resource: bucket,
});

const readObjects = ({objects}: StorePlace): Statement => ({
  Sid: 'ReadObjects',
  Effect: 'Allow',
  Action: ['s3:GetObject'],
  Resource: objects,
});

/** Of `If-None-Match` (S3 User Guide, "Enforce conditional writes on Amazon S3 buckets"). */
const addObjects = ({objects}: StorePlace): Statement => ({
  Sid: 'AddObjects',
  Effect: 'Allow',
  Action: ['s3:PutObject'],
  Resource: objects,
  Condition: {Null: {'s3:if-none-match': 'false'}},
});

const replacePage = (place: StorePlace): Statement => ({
  Sid: 'ReplaceLivePage',
  Effect: 'Allow',
  Action: ['s3:PutObject'],
  Resource: pageFiles(place),
});

/** With SSE-KMS, a reader decrypts, and a writer has a data key made (User Guide, "Using server-side encryption"). */
const useKey = (
  {key}: StorePlace,
  ...Action: readonly ('kms:Decrypt' | 'kms:GenerateDataKey')[]
): readonly Statement[] =>
  key === undefined ? [] : [{Sid: 'UseKey', Effect: 'Allow', Action, Resource: key}];

/** A deleted object could be written a second time. Another policy may allow it: this one prevails. */
const neverDelete = ({objects}: StorePlace): Statement => ({
  Sid: 'NeverDelete',
  Effect: 'Deny',
  Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  Resource: objects,
});

const neverOverwrite = (place: StorePlace): Statement => ({
  Sid: 'NeverOverwrite',
  Effect: 'Deny',
  Action: ['s3:PutObject'],
  NotResource: pageFiles(place),
  Condition: {Null: {'s3:if-none-match': 'true'}},
});

const policy = (...statements: readonly Statement[]): Policy => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** What those need who only read runs: `status`, `log`, `log --verify`, `report`. */
export const readersPolicy = (place: StorePlace): Policy =>
  policy(listKeys(place), listVersions(place), readObjects(place), ...useKey(place, 'kms:Decrypt'));

/** What those need who run cutovers. */
export const operatorsPolicy = (place: StorePlace): Policy =>
  policy(
    listKeys(place),
    listVersions(place),
    readSafeguards(place),
    readObjects(place),
    addObjects(place),
    replacePage(place),
    ...useKey(place, 'kms:Decrypt', 'kms:GenerateDataKey'),
    neverDelete(place),
  );

/** What approvers need, besides the policy of the bucket. */
export const approversPolicy = (place: StorePlace): Policy =>
  policy(
    listKeys(place),
    readObjects(place),
    {...addObjects(place), Sid: 'AddOwnApprovals', Resource: ownApprovals(place)},
    ...useKey(place, 'kms:Decrypt', 'kms:GenerateDataKey'),
  );

/** Whatever else an account may do, it cannot delete an object, replace any but the page, or approve for others. */
export function bucketPolicy(place: StorePlace): Policy {
  const everybody = {Principal: '*'} as const;
  return policy(
    {...neverDelete(place), ...everybody},
    {...neverOverwrite(place), ...everybody},
    {...approveAsYourself(place), ...everybody},
  );
}
