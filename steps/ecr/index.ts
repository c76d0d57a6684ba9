export type {
  RegistryPassword,
  RegistryReader,
  RegistryWriter,
  RepositoryState,
} from './contract.ts';
export {findImage} from './find-image.ts';
export {ecrRegistry} from './target.ts';
