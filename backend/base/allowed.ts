import { z } from 'zod';

/** The part of JSON Schema that zod writes for settings. */
const jsonSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  const: z.union([z.string(), z.number(), z.boolean()]).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), jsonSchema]).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
});
export type JsonSchema = z.infer<typeof jsonSchema>;

/** What `schema` takes, before its defaults and transforms. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return jsonSchema.parse(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

/** What a schema allows, in words that follow "allowed: ". */
export function allowed(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(allowed).join(' or ');
  if (schema.enum) return schema.enum.map(String).join(', ');
  if (schema.const !== undefined) return String(schema.const);
  if (Array.isArray(schema.type)) return schema.type.map((type) => allowed({ ...schema, type })).join(' or ');
  switch (schema.type) {
    case 'number':
      return `a number${range(schema)}`;
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `a list${schema.items ? ` (of ${allowed(schema.items)})` : ''}`;
    case 'object':
      return schema.properties ? `the keys ${Object.keys(schema.properties).join(', ')}` : 'a mapping';
    case 'string':
      if (schema.format === 'uri') return 'an http or https URL';
      return schema.pattern ? `text that matches \`${schema.pattern}\`` : 'text';
    default:
      return 'anything';
  }
}

function range({ minimum, maximum }: JsonSchema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (low && high) return ` from ${minimum} to ${maximum}`;
  return low ? ` of at least ${minimum}` : high ? ` of at most ${maximum}` : '';
}

/** The schema of the value at `path`; null where the schema knows no such place. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | null {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  for (const branch of schema.anyOf ?? [schema]) {
    const inner =
      typeof key === 'number' ? branch.items : (branch.properties?.[String(key)] ?? other(branch));
    const found = inner ? schemaAt(inner, rest) : null;
    if (found) return found;
  }
  return null;
}

function other({ additionalProperties }: JsonSchema): JsonSchema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}
