import type {ListrRenderer} from 'listr2';

/** What is drawn, and when it ends. */
export interface Picture {
  draw(): void;
  leave(): void;
}

const frameMs = 100;

/**
 * A listr2 renderer that draws at most ten times a second, and only what is on the screen. listr2's own default
 * renderer draws its whole tree again for every change of every task: 1,000 tasks took it 285 s.
 */
export class PictureRenderer implements ListrRenderer {
  static nonTTY = true;
  static rendererOptions: {readonly picture: Picture};
  static rendererTaskOptions: never;

  readonly #picture: Picture;
  #timer: NodeJS.Timeout | undefined;

  constructor(_tasks: unknown, options: {readonly picture: Picture}) {
    this.#picture = options.picture;
  }

  render(): void {
    this.#timer = setInterval(() => this.#picture.draw(), frameMs).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#picture.draw();
    this.#picture.leave();
  }
}
