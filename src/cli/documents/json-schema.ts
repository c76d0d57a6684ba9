import {z} from 'zod';
import {type DocumentName, documents} from './index.ts';
import {documentTexts} from './texts.ts';

/** The JSON Schema of a document. Later versions may add fields, so it allows others. */
export function schemaOfDocument(name: DocumentName): z.output<typeof documents.schema> {
  const {$schema = '', ...json} = z.toJSONSchema(documents[name], {
    unrepresentable: 'any',
    override: ({jsonSchema}) => {
      if (jsonSchema.additionalProperties === false) {
        delete jsonSchema.additionalProperties;
      }
      delete jsonSchema.readOnly;
    },
  });
  return {$schema, title: `switcharoo ${name}`, description: documentTexts[name], ...json};
}
