export {approve} from '../../src/index.ts';
