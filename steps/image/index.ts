export {checkout} from './checkout.ts';
export type {BuilderReader, BuilderWriter} from './contract.ts';
export {fetchFiles} from './fetch-files.ts';
export {newestGitTag} from './newest-git-tag.ts';
export {newestImageTag} from './newest-image-tag.ts';
export {pushImage} from './push-image.ts';
export {readyToBuild} from './ready-to-build.ts';
export {imageBuilder} from './target.ts';
