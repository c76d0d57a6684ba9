/** What is used here of Eleventy, which has no types of its own. */
declare module '@11ty/eleventy' {
  export interface Configuration {
    setTemplateFormats(formats: string): void;
    addTemplate(path: string, text: string, data: object): void;
    amendLibrary(name: 'md', amend: (markdown: import('./markdown.ts').MarkdownIt) => void): void;
    addPassthroughCopy(paths: Readonly<Record<string, string>>): void;
  }
  export default class Eleventy {
    constructor(
      input: string,
      output: string,
      options: {
        readonly quietMode: boolean;
        readonly configPath: false;
        readonly config: (configuration: Configuration) => void;
      },
    );
    write(): Promise<void>;
  }
}
