import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable, Writable} from 'node:stream';
import {endWithTest} from './end-with-test.ts';

/** Tests of pages say so and are skipped where there is no Chromium. */
export const hasBrowser = spawnSync('chromium', ['--version']).error === undefined;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {readonly message?: string};
  readonly result?: any;
  readonly error?: {readonly message: string};
}

/** A page in a real browser without a window, driven over its own protocol. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #last = 0;
  #session = '';
  #rest = '';
  /** What the browser refused or complained of. */
  readonly complaints: string[] = [];

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    const output = child.stdio[4] as Readable;
    output.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
  }

  static async open(): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), 'switcharoo-browser-'));
    const options = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars'];
    const args = [...options, '--remote-debugging-pipe', `--user-data-dir=${folder}`];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
    const child = spawn('chromium', args, {stdio: [...stdio]});
    endWithTest(child);
    const browser = new Browser(child, folder);
    const {targetId} = await browser.send('Target.createTarget', {url: 'about:blank'});
    const attached = await browser.send('Target.attachToTarget', {targetId, flatten: true});
    browser.#session = attached.sessionId;
    await browser.send('Page.enable');
    await browser.send('Log.enable');
    await browser.send('Runtime.enable');
    return browser;
  }

  send(method: string, params: object = {}): Promise<any> {
    const id = ++this.#last;
    const session = this.#session === '' ? {} : {sessionId: this.#session};
    const input = this.#child.stdio[3] as Writable;
    input.write(`${JSON.stringify({id, method, params, ...session})}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({result, error}) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result),
      );
    });
  }

  async visit(url: string): Promise<void> {
    await this.send('Page.navigate', {url});
    await this.until("document.readyState === 'complete' && location.href !== 'about:blank'");
  }

  /** The value of an expression of the page. */
  async evaluate(expression: string): Promise<any> {
    const {result, exceptionDetails} = await this.send('Runtime.evaluate', {
      expression,
      ...{awaitPromise: true, returnByValue: true},
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /** Waits until an expression of the page is true. */
  async until(expression: string, limitMs = 60_000): Promise<void> {
    const startedMs = performance.now();
    while (!(await this.evaluate(expression).catch(() => false))) {
      if (performance.now() - startedMs > limitMs) {
        const text = await this.evaluate('document.body.innerText').catch(String);
        throw new Error(`not true in ${limitMs} ms: ${expression}\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Clicks in the middle of an element, as a person does. */
  async click(selector: string): Promise<void> {
    const {x, y} = await this.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({block: 'center'});
      const {left, top, width, height} = element.getBoundingClientRect();
      return {x: left + Math.min(width / 2, 40), y: top + height / 2};
    })()`);
    const at = {x, y, button: 'left', clickCount: 1};
    await this.send('Input.dispatchMouseEvent', {type: 'mousePressed', ...at});
    await this.send('Input.dispatchMouseEvent', {type: 'mouseReleased', ...at});
  }

  async press(key: 'Tab' | 'Enter'): Promise<void> {
    const code = {Tab: 9, Enter: 13}[key];
    const text = key === 'Enter' ? {text: '\r'} : {};
    const pressed = {key, code: key, windowsVirtualKeyCode: code};
    await this.send('Input.dispatchKeyEvent', {type: 'keyDown', ...pressed, ...text});
    await this.send('Input.dispatchKeyEvent', {type: 'keyUp', ...pressed});
  }

  /** How wide the window is, and whether the person prefers dark pages. */
  async look(width: number, scheme: 'light' | 'dark'): Promise<void> {
    const size = {width, height: 900, deviceScaleFactor: 1, mobile: false};
    await this.send('Emulation.setDeviceMetricsOverride', size);
    const features = [{name: 'prefers-color-scheme', value: scheme}];
    await this.send('Emulation.setEmulatedMedia', {features});
  }

  /**
   * What an accessibility checker (axe-core) finds on the page at this width and scheme, and how far it is wider than
   * the window. It is loaded into the page, past its policy.
   */
  async violations(width: number, scheme: 'light' | 'dark'): Promise<readonly string[]> {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    await this.look(width, scheme);
    await this.evaluate(readFileSync(axe, 'utf8'));
    const violations = await this.evaluate(
      `axe.run().then(({violations}) => violations.map(({id, nodes}) => id + ': ' + nodes.map(({html}) => html).join(' ')))`,
    );
    const beyond = await this.evaluate('document.documentElement.scrollWidth - innerWidth');
    return [...violations, ...(beyond > 0 ? [`${beyond} px too wide`] : [])];
  }

  /** The whole page, as PNG. */
  async picture(): Promise<Buffer> {
    const {cssContentSize} = await this.send('Page.getLayoutMetrics');
    const {width, height} = cssContentSize;
    const clip = {x: 0, y: 0, width, height: Math.min(height, 4_000), scale: 1};
    const options = {clip, captureBeyondViewport: true};
    const {data} = await this.send('Page.captureScreenshot', options);
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
    // Its other processes end after it, and write to the folder until then.
    rmSync(this.#folder, {recursive: true, force: true, maxRetries: 20});
  }

  #read(chunk: string): void {
    const parts = `${this.#rest}${chunk}`.split('\0');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part);
      if (message.id !== undefined) {
        this.#waiting.get(message.id)?.(message);
        this.#waiting.delete(message.id);
      } else if (message.method === 'Log.entryAdded') {
        this.complaints.push(`${message.params.entry.text} ${message.params.entry.url ?? ''}`);
      } else if (message.method === 'Runtime.exceptionThrown') {
        this.complaints.push(message.params.exceptionDetails.text);
      }
    }
  }
}
