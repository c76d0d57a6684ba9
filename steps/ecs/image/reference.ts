/** An image in a private registry of ECR, as a task definition names it. */
export interface EcrImage {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
  /** A digest is stronger than a tag beside it. */
  readonly id: {readonly imageTag: string} | {readonly imageDigest: string};
}

/** The names of private registries, also of FIPS and dual-stack endpoints (ECR user guide, "Private registries"). */
const registryName = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.[a-z.-]+$/;

/** Nothing where the image is in another registry. */
export function ecrImageOf(image: string): EcrImage | undefined {
  const slash = image.indexOf('/');
  const [, account, region] = registryName.exec(image.slice(0, Math.max(slash, 0))) ?? [];
  if (account === undefined || region === undefined) {
    return undefined;
  }
  const [named = '', imageDigest] = image.slice(slash + 1).split('@');
  const [repository = '', imageTag = 'latest'] = named.split(':');
  const id = imageDigest === undefined ? {imageTag} : {imageDigest};
  return {account, region, repository, id};
}
