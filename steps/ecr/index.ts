export {findImage} from './find-image.ts';
export {ecrRegistry, type RegistryReader, type RegistryWriter} from './target.ts';
