import {NotTold} from '../../../src/index.ts';
import type {AwsConfig} from '../../aws/index.ts';
import type {ImageReader, RegisteredImage} from '../contract.ts';
import {downloadText, whyNot} from './download.ts';
import {manifestIn, platformInConfig, platformsIn} from './platforms.ts';
import {pullRights} from './pull-rights.ts';
import {type EcrImage, ecrImageOf} from './reference.ts';
import {type Ecr, inRegistry} from './registry.ts';

/** Without them ECR may answer with an older form of the manifest. */
const acceptedMediaTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** Asks the registry that an image names, in its own account and region, with the credentials of the service. */
export const imageReader = (config: AwsConfig): ImageReader => ({
  registeredImage: async (image, signal) => {
    const place = ecrImageOf(image);
    if (!place) {
      return {kind: 'elsewhere'};
    }
    try {
      return await inRegistry(config, place, (ecr) => registeredImage(ecr, place, signal));
    } catch (error) {
      if (error instanceof NotTold) {
        return {kind: 'not-told', why: whyNot(error, signal)};
      }
      throw error;
    }
  },
  mayPull: async (role, image, signal) => {
    const place = ecrImageOf(image);
    return place
      ? pullRights(config, {role, place}, signal)
      : {kind: 'not-told', why: 'it is in no private registry of ECR'};
  },
});

async function registeredImage(
  {sdk, reading}: Ecr,
  {account: registryId, repository: repositoryName, id}: EcrImage,
  abortSignal: AbortSignal,
): Promise<RegisteredImage> {
  const command = new sdk.BatchGetImageCommand({
    registryId,
    repositoryName,
    imageIds: [id],
    acceptedMediaTypes,
  });
  const answer = await reading
    .send(command, {abortSignal})
    .catch((error: unknown) => absentIf(error, 'RepositoryNotFoundException'));
  const [image] = answer?.images ?? [];
  if (!image?.imageManifest) {
    return {kind: 'missing', what: answer ? 'image' : 'repository'};
  }
  const digest = image.imageId?.imageDigest ?? '';
  const manifest = manifestIn(image.imageManifest);
  const listed = platformsIn(manifest);
  if (listed) {
    return {kind: 'found', digest, platforms: listed};
  }
  const layer = {registryId, repositoryName, layerDigest: manifest.config?.digest};
  try {
    const url = new sdk.GetDownloadUrlForLayerCommand(layer);
    const {downloadUrl = ''} = await reading.send(url, {abortSignal});
    const platform = platformInConfig(await downloadText(downloadUrl, abortSignal));
    return {kind: 'found', digest, platforms: platform === undefined ? [] : [platform]};
  } catch (error) {
    return {kind: 'found', digest, platforms: [], why: whyNot(error, abortSignal)};
  }
}

const absentIf = (error: unknown, name: string): undefined => {
  if (error instanceof Error && error.name === name) {
    return undefined;
  }
  throw error;
};
