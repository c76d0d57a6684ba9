import type {App} from './app.ts';

/** A process that ended before the first entry of its run has changed nothing. */
export function sayEmptyRuns(app: App): void {
  const names = app.json ? [] : app.state.emptyRuns();
  if (names.length > 0) {
    const which = names.length === 1 ? 'is no run' : 'are no runs';
    app.say(
      `${names.join(', ')} in ${app.state.path} ${which}: the process ended before the first entry, and changed nothing. If no run is starting now, the folder can be removed.`,
    );
  }
}
