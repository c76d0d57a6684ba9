export type {Settings, SettingsReader} from './contract.ts';
export {settingsReadable} from './readable.ts';
export {settingsStore} from './target.ts';
