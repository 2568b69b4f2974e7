/** Nested settings as lines, in their order: `turn.min_silence_ms` and its value as YAML would have it. */
export function flat(
  settings: Readonly<Record<string, unknown>>,
  within = '',
): { readonly path: string; readonly value: string }[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const path = within === '' ? key : `${within}.${key}`;
    if (isRecord(value) && Object.keys(value).length > 0) return flat(value, path);
    return [{ path, value: typeof value === 'string' ? value : JSON.stringify(value) }];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
