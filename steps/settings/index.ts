export {settingsReadable} from './readable.ts';
export {type SettingsReader, settingsStore} from './target.ts';
