import {z} from 'zod';
import {document, list, texts} from './parts.ts';

export const project = document({folder: z.string(), written: texts, kept: texts});

const title = {page: z.string(), title: z.string()};
export const pages = document({pages: list(z.strictObject(title))});
export const page = document({...title, text: z.string()});

export const explanation = document({code: z.string(), message: z.string(), hint: z.string()});

export const schemas = document({
  schemas: list(z.strictObject({name: z.string(), what: z.string()})),
});

/** A JSON Schema. */
export const schema = z.looseObject({$schema: z.string(), title: z.string()});
