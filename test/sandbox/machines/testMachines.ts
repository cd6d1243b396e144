import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { machineImage } from '../../setup/machineImage';

/** What a script in the guest left behind. */
export interface Result {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timed_out: boolean;
  readonly cancelled: boolean;
}
interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The Python class Machines in a process of its own, as the control plane has it. */
export class TestMachines {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
  }

  static async start(proxyPort: number, authority: string): Promise<TestMachines> {
    const folder = await mkdtemp(join(tmpdir(), 'sitelift-machines-'));
    const args = [join(__dirname, 'driver.py'), await machineImage(), folder, String(proxyPort), authority];
    return new TestMachines(spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] }), folder);
  }

  /** Calls a method of Machines. */
  async call<T>(method: string, ...args: (string | number)[]): Promise<T> {
    return this.#ask<T>(this.#send(method, args));
  }

  /** Runs a script and expects it to succeed; what it printed, trimmed. */
  async print(instance: string, script: string, timeoutSeconds = 300): Promise<string> {
    const { rc, stdout, stderr } = await this.call<Result>('run', instance, script, timeoutSeconds);
    if (rc !== 0) throw new Error(`The script ended with ${rc}:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** Starts a script that can be cancelled. */
  begin(instance: string, script: string, timeoutSeconds: number): { result: Promise<Result>; cancel(): void } {
    const id = this.#send('run', [instance, script, timeoutSeconds]);
    return { result: this.#ask<Result>(id), cancel: () => void this.#send('cancel', [id]) };
  }

  async launch(instance: string, platform = 'amazon-linux', aptLockSeconds = 0): Promise<void> {
    await this.call('launch', instance, platform, aptLockSeconds);
    await this.ready(instance);
  }

  /** Waits until the guest answers. */
  async ready(instance: string): Promise<void> {
    while (!(await this.call<boolean>('ready', instance))) await pause(100);
  }

  async state(instance: string, wanted: string): Promise<void> {
    while ((await this.call<string>('state', instance)) !== wanted) await pause(100);
  }

  /** The page at the root of the instance's web server, as soon as that can be reached: a booted machine may be a moment from it. */
  async page(instance: string): Promise<string> {
    const port = await this.call<number>('http_port', instance);
    const endMs = Date.now() + 60_000;
    for (;;) {
      try {
        return await (await fetch(`http://127.0.0.1:${port}/`)).text();
      } catch (error) {
        if (Date.now() > endMs) throw error;
        await pause(200);
      }
    }
  }

  /** The process ids of the emulators. */
  async processes(): Promise<number[]> {
    const children: number[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
        throw error;
      });
      const parent = stat.slice(stat.lastIndexOf(')')).split(' ')[2];
      if (Number(parent) === this.#child.pid) children.push(Number(pid));
    }
    return children;
  }

  /** Ends the Python process the hard way. */
  async crash(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.stdin?.end();
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  #send(method: string, args: (string | number)[]): number {
    const id = ++this.#lastId;
    this.#child.stdin?.write(`${JSON.stringify({ id, method, arguments: args })}\n`);
    return id;
  }

  async #ask<T>(id: number): Promise<T> {
    const answer = await new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result as T;
  }

  #take(line: string): void {
    const answer = JSON.parse(line) as Answer;
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }
}
