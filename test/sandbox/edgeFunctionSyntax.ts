import ts from 'typescript';

/**
 * What Node reads and the runtime cloudfront-js-2.0 does not: it is ES 5.1 with `const`, `let`, `async`, `await`, template
 * literals, arrow functions and rest parameters ("JavaScript runtime 2.0 features for CloudFront Functions").
 */
const UNSUPPORTED: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.ClassDeclaration, 'class'],
  [ts.SyntaxKind.ClassExpression, 'class'],
  [ts.SyntaxKind.ForOfStatement, 'for…of'],
  [ts.SyntaxKind.ObjectBindingPattern, 'destructuring'],
  [ts.SyntaxKind.ArrayBindingPattern, 'destructuring'],
  [ts.SyntaxKind.SpreadElement, 'spread'],
  [ts.SyntaxKind.SpreadAssignment, 'spread'],
  [ts.SyntaxKind.YieldExpression, 'generators'],
  [ts.SyntaxKind.QuestionDotToken, 'optional chaining'],
  [ts.SyntaxKind.QuestionQuestionToken, '??'],
  [ts.SyntaxKind.QuestionQuestionEqualsToken, '??='],
  [ts.SyntaxKind.BarBarEqualsToken, '||='],
  [ts.SyntaxKind.AmpersandAmpersandEqualsToken, '&&='],
  [ts.SyntaxKind.BigIntLiteral, 'BigInt'],
  [ts.SyntaxKind.ImportDeclaration, 'import'],
  [ts.SyntaxKind.ExportAssignment, 'export'],
  [ts.SyntaxKind.ExportKeyword, 'export'],
  [ts.SyntaxKind.TaggedTemplateExpression, 'tagged templates'],
]);

const known = new Map<string, string | undefined>();

/** Why the runtime does not take a function's code, or undefined. */
export function unsupportedSyntax(code: string): string | undefined {
  if (!known.has(code)) known.set(code, find(ts.createSourceFile('function.js', code, ts.ScriptTarget.Latest)));
  return known.get(code);
}

function find(source: ts.SourceFile): string | undefined {
  let found: string | undefined;
  const visit = (node: ts.Node): void => {
    const name =
      UNSUPPORTED.get(node.kind) ??
      (ts.isParameter(node) && node.initializer ? 'default parameters' : undefined) ??
      (ts.isFunctionLike(node) && 'asteriskToken' in node && node.asteriskToken ? 'generators' : undefined);
    if (name !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found ??= `SyntaxError: ${name} in ${line + 1}`;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
