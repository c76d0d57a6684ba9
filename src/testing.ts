export {FakeClock} from './testing/fake-clock.ts';
export {type LawCase, lawsOfStep, type TriedWorld} from './testing/step-laws.ts';
