/** Why a document that a thread was asked to read is given up, to stand behind a colon; undefined for any other error. */
export function reasonToGiveUp(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'TimeoutError') return 'it takes too long to read';
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it takes too much memory to read' : undefined;
}
