export {confirm} from '../../src/index.ts';
