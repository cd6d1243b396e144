import assert from 'node:assert/strict';
import { requireAccount } from '../../src/core/aws/clients';
import type { Context } from '../../src/core/context';
import type { Op } from '../../src/core/op';
import type { Plan, Step } from '../../src/core/plan';
import type { Effect } from '../../src/core/resources/effect';
import type { ResourceName, SiteHave } from '../../src/core/resources/stack';
import { confirmAndRun, type Proposal } from '../../src/shell/confirm';
import type { Unattended } from '../../src/shell/options';
import type { Person } from '../../src/shell/person';
import type { ModalQuestion } from '../../src/shell/tell';
import { PRICES } from '../core/cost/somePrices';
import { newContext, newOp } from '../core/sandbox';

/** Somebody in front of a window who answers as was agreed and remembers what was shown. */
export class Reader implements Person {
  readonly shown: (ModalQuestion & { readonly buttons: readonly string[] })[] = [];
  readonly documents: string[] = [];
  readonly asked: string[] = [];
  readonly #answers: (string | undefined)[];
  readonly #goesOn: boolean;
  readonly #typed: boolean;

  constructor(answers: readonly (string | undefined)[], goesOn = true, typed = true) {
    this.#answers = [...answers];
    this.#goesOn = goesOn;
    this.#typed = typed;
  }

  chooses(question: ModalQuestion, buttons: readonly string[]): Promise<string | undefined> {
    this.shown.push({ ...question, buttons });
    if (this.#answers.length === 0)
      throw new Error(`Nobody expected to be asked once more: ${question.lines.join('\n')}`);
    const answer = this.#answers.shift();
    assert.ok(answer === undefined || buttons.includes(answer), `there is a button ${answer}`);
    return Promise.resolve(answer);
  }

  reads(_title: string, text: string): Promise<boolean> {
    this.documents.push(text);
    return Promise.resolve(this.#goesOn);
  }

  types(name: string): Promise<boolean> {
    this.asked.push(name);
    return Promise.resolve(this.#typed);
  }
}

/** Plans whose steps do no more than to be noted, and a desk where they are confirmed. */
export interface Confirming {
  readonly context: Context;
  /** The keys of the steps that ran. */
  readonly ran: string[];
  /** The lines that were kept of what was about to run. */
  readonly noted: string[];
  /** How often it was told that AWS changes. */
  during(): number;
  /** How often prices were asked for. */
  priced(): number;
  /** What it was told last that the run changes: the server by the first plan, the bucket by later ones. */
  changed(): readonly ResourceName[] | undefined;
  step(key: string, extra?: Partial<Step>): Step;
  /** Proposes one plan after another, and the last one from then on. */
  proposalOf(...plans: readonly Plan[]): Proposal & { readonly made: () => number };
  confirm(person: Person, proposal: Proposal, by?: Asked): ReturnType<typeof confirmAndRun>;
  reset(): void;
}

interface Asked {
  readonly asked?: Unattended;
  readonly site?: Context;
  readonly op?: Op;
}

/** Makes them, where nothing ran yet. */
export function newConfirming(): Confirming {
  const context = newContext();
  const ran: string[] = [];
  const noted: string[] = [];
  let changes = 0;
  let changed: readonly ResourceName[] | undefined;
  let priced = 0;
  return {
    ...{ context, ran, noted, during: () => changes, changed: () => changed, priced: () => priced },
    reset() {
      ran.length = 0;
      noted.length = 0;
      changes = 0;
      priced = 0;
    },
    step: (key, extra = {}) => ({
      ...{ key, title: `do ${key}`, run: () => Promise.resolve(void ran.push(key)) },
      ...extra,
    }),
    proposalOf(...plans) {
      let made = 0;
      return {
        ...{ question: 'Go?', verb: 'Go', made: () => made },
        plan() {
          made += 1;
          const plan = plans[Math.min(made, plans.length) - 1] ?? [];
          const reread: readonly ResourceName[] = made === 1 ? ['server'] : ['bucket'];
          return Promise.resolve({
            plan,
            about: [`Made ${plans.length}`],
            effect: (site: SiteHave) => ({ site, reread }),
          });
        },
      };
    },
    confirm(person, proposal, { asked, site = context, op = newOp() } = {}) {
      const desk = {
        ...{ person, requireAccount, note: (line: string) => void noted.push(line) },
        prices() {
          priced += 1;
          return Promise.resolve(PRICES);
        },
        async during<Result>(work: () => Promise<Result>, effect?: Effect) {
          changes += 1;
          const result = await work();
          changed = effect?.({} as SiteHave).reread;
          return result;
        },
      };
      return confirmAndRun(desk, site, proposal, asked, op);
    },
  };
}
