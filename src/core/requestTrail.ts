/** What AWS says of the requests behind an error, the outermost first: code, HTTP status and request id, by which AWS Support finds them. */
export function requestTrail(error: unknown): string[] {
  const trail: string[] = [];
  const seen = new Set<unknown>();
  for (let one = error; one instanceof Error && !seen.has(one); one = one.cause) {
    seen.add(one);
    const { $metadata: met } = one as { $metadata?: { httpStatusCode?: number; requestId?: string; cfId?: string } };
    const id = met?.requestId ?? met?.cfId;
    if (id !== undefined) trail.push(`AWS: ${one.name}, HTTP ${met?.httpStatusCode ?? '?'}, request id ${id}`);
  }
  return trail;
}
