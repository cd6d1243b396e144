import { serialOf } from '../../names';

interface Volume {
  readonly volumeId: string;
}

interface Looked<Mount> {
  readonly inspection: { readonly mount: Mount | undefined } | undefined;
}

/** What the look inside the server found of this very volume on the document root. */
export function mountOf<Mount extends { readonly serial: string }>(
  { volumeId }: Volume,
  serverHave: Looked<Mount> | undefined,
): Mount | undefined {
  const mount = serverHave?.inspection?.mount;
  return mount?.serial === serialOf(volumeId) ? mount : undefined;
}

/** True when a partition of this very volume is on the document root, in fstab as well. */
export function isMounted(
  have: Volume,
  serverHave: Looked<{ readonly serial: string; readonly inFstab: boolean }> | undefined,
): boolean {
  return mountOf(have, serverHave)?.inFstab ?? false;
}
