import * as vscode from 'vscode';
import { plainText } from '../core/plainText';
import { plainItem, type PlainItem } from './tell';

/** One question of a sequence: shows itself and gives the answer, `'back'`, or undefined when it was dismissed. */
export type Question<Answers> = (
  answers: Answers,
  position: Position,
) => Promise<Partial<Answers> | 'back' | undefined>;

/** Where a question stands: its title, its number and whether there is one before it. */
export interface Position {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

/** Asks the questions in order, with steps back; undefined when the user gave up. */
export async function ask<Answers extends object>(
  title: string,
  start: Answers,
  questions: readonly Question<Answers>[],
): Promise<Answers | undefined> {
  const answers = [start];
  for (let index = 0; index < questions.length;) {
    const question = questions[index];
    const current = answers[index];
    if (!question || !current) throw new Error('A question is missing.');
    const answer = await question(current, { title, step: index + 1, totalSteps: questions.length });
    if (answer === undefined) return undefined;
    if (answer === 'back') {
      index -= 1;
    } else {
      answers[index + 1] = { ...current, ...answer };
      index += 1;
    }
  }
  return answers[questions.length];
}

/** Asks for a line of text; `problem` tells what is wrong with it. */
export function askText(
  position: Position,
  prompt: string,
  value: string,
  problem: (text: string) => string | undefined,
): Promise<string | 'back' | undefined> {
  const box = vscode.window.createInputBox();
  Object.assign(box, plainPosition(position), { prompt: plainText(prompt), value, ignoreFocusOut: true });
  box.onDidChangeValue((text) => {
    box.validationMessage = plainText(problem(text) ?? '');
  });
  return answerOf(box, position, () => (problem(box.value) ? undefined : box.value));
}

/** Asks to pick one of several items. */
export function askPick<Item extends vscode.QuickPickItem>(
  position: Position,
  placeholder: string,
  items: readonly Item[],
  active?: Item,
): Promise<Item | 'back' | undefined> {
  const pick = vscode.window.createQuickPick<PlainItem<Item>>();
  const shown = items.map(plainItem);
  const texts = { ...plainPosition(position), placeholder: plainText(placeholder) };
  Object.assign(pick, texts, { items: shown, matchOnDescription: true, ignoreFocusOut: true });
  pick.activeItems = shown.filter(({ item }) => item === active);
  return answerOf(pick, position, () => pick.selectedItems[0]?.item);
}

/** Asks to pick some of several items, at least one; `isPicked` are those that are to begin with. */
export function askSome<Item extends vscode.QuickPickItem>(
  position: Position,
  placeholder: string,
  items: readonly Item[],
  isPicked: (item: Item) => boolean,
): Promise<readonly Item[] | 'back' | undefined> {
  const pick = vscode.window.createQuickPick<PlainItem<Item>>();
  const shown = items.map(plainItem);
  const texts = { ...plainPosition(position), placeholder: plainText(placeholder) };
  const settings = { canSelectMany: true, matchOnDescription: true, ignoreFocusOut: true };
  Object.assign(pick, texts, settings, { items: shown });
  pick.selectedItems = shown.filter(({ item }) => isPicked(item));
  return answerOf(pick, position, () => {
    const picked = pick.selectedItems.map(({ item }) => item);
    return picked.length > 0 ? picked : undefined;
  });
}

/** A question that stands alone is not numbered. */
function plainPosition({ title, ...number }: Position): Partial<Position> {
  return { title: plainText(title), ...(number.totalSteps > 1 ? number : {}) };
}

function answerOf<Answer>(
  input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>,
  { step }: Position,
  accepted: () => Answer | undefined,
): Promise<Answer | 'back' | undefined> {
  if (step > 1) input.buttons = [vscode.QuickInputButtons.Back];
  return new Promise((resolve) => {
    const finish = (answer: Answer | 'back' | undefined) => {
      resolve(answer);
      input.dispose();
    };
    input.onDidTriggerButton(() => finish('back'));
    input.onDidAccept(() => {
      const answer = accepted();
      if (answer !== undefined) finish(answer);
    });
    input.onDidHide(() => finish(undefined));
    input.show();
  });
}
