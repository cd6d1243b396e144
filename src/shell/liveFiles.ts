import * as vscode from 'vscode';
import type { App } from './app';

/** Scheme of the files that a comparison shows and that lie on no disk. */
const SCHEME = 'sitelift-live';
/** So much is held in memory; the comparisons before are dropped first. */
const MOST_BYTES = 128 * 1024 * 1024;

const registered = new WeakMap<App, LiveFiles>();

/** The files of comparisons, which VS Code reads as it reads those of a disk, images as well. */
export function liveFilesOf(app: App): LiveFiles {
  let files = registered.get(app);
  if (!files) {
    files = new LiveFiles();
    registered.set(app, files);
    const options = { isCaseSensitive: true, isReadonly: true };
    app.subscriptions.push(vscode.workspace.registerFileSystemProvider(SCHEME, files, options));
  }
  return files;
}

interface Held {
  readonly bytes: Uint8Array;
  readonly madeMs: number;
}

/** Files in memory that nobody can change. */
export class LiveFiles implements vscode.FileSystemProvider {
  readonly #held = new Map<string, Held>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;
  #bytes = 0;
  #last = 0;

  /** Holds bytes under the name of a file, so that VS Code shows them as such a file; each time at an address of their own, since it keeps what it once got. */
  hold(path: string, bytes: Uint8Array): vscode.Uri {
    this.#last += 1;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${path}`, query: String(this.#last) });
    this.#held.set(uri.toString(), { bytes, madeMs: Date.now() });
    this.#bytes += bytes.length;
    for (const [key, { bytes: old }] of this.#held) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#held.delete(key);
      this.#bytes -= old.length;
    }
    return uri;
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { bytes, madeMs } = this.#find(uri);
    return { type: vscode.FileType.File, ctime: madeMs, mtime: madeMs, size: bytes.length };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.#find(uri).bytes;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  #find(uri: vscode.Uri): Held {
    const held = this.#held.get(uri.toString());
    if (held) return held;
    throw vscode.FileSystemError.FileNotFound('This comparison is over. Run “Compare with Live Site” again.');
  }
}
