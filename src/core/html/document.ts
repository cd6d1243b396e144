import { load, type CheerioAPI } from 'cheerio/slim';
import { Document, DomHandler, Element, type ChildNode } from 'domhandler';
import { decodeHTMLAttribute } from 'entities/decode';
import { Parser } from 'htmlparser2';
import type { Quote, Range } from './edit';
import { DEPTH_LIMIT, TooComplexError } from './limits';
import { scanStartTag } from './startTag';

/** The value of an attribute, with where it is written. */
export interface AttributeValue {
  readonly element: Element;
  readonly name: string;
  /** As written, entities and all. */
  readonly raw: string;
  /** With entities decoded. */
  readonly value: string;
  /** Offsets of the value without its quotes. */
  readonly range: Range;
  readonly quote: Quote;
  /** Offsets of the start tag that holds it. */
  readonly tag: Range;
}

/** A stretch of text inside an element, such as a style sheet. */
export interface TextPiece {
  readonly text: string;
  readonly range: Range;
}

/** A parsed page that still knows where everything is written; it is searched, never serialised. */
export interface HtmlDocument {
  readonly text: string;
  /** The elements that match a selector, in the order of the source. */
  elements(selector: string): Element[];
  /** The attribute of an element; undefined when the element does not have it, or has it without a value. */
  attribute(element: Element, name: string): AttributeValue | undefined;
  /** The attribute of each element that matches a selector and has it. */
  attributes(selector: string, name: string): AttributeValue[];
  /** The raw texts directly inside an element. */
  texts(element: Element): TextPiece[];
}

/** Parses a page; whatever is wrong with its HTML, the offsets are those of the given text. Throws `TooComplexError` for a page that nests too deep. */
export function parseHtml(text: string): HtmlDocument {
  const parsed = new ShallowHandler(undefined, { withStartIndices: true, withEndIndices: true });
  new ExactParser(parsed).end(text);
  // Cheerio compares each child of the root with all the others, so a page of many top-level elements gets one around them.
  const root = new Document([new Element('page', {}, parsed.dom)]);
  // Cheerio's types are those of an older domhandler, whose nodes have the same shape.
  const $ = load(root as unknown as Parameters<typeof load>[0]);
  const attribute = (element: Element, name: string): AttributeValue | undefined => {
    if (!(name in element.attribs)) return undefined;
    const tag = scanStartTag(text, placeOf(element).start);
    const written = tag?.attributes.find((candidate) => candidate.name === name);
    if (tag === undefined || !written?.hasValue) return undefined;
    const raw = text.slice(written.range.start, written.range.end);
    return {
      element,
      name,
      raw,
      value: decodeHTMLAttribute(raw),
      range: written.range,
      quote: written.quote,
      tag: tag.range,
    };
  };

  const elements = (selector: string): Element[] => elementsOf($, selector);
  return {
    text,
    elements,
    attribute,
    attributes: (selector, name) =>
      elements(selector).flatMap((element) => {
        const found = attribute(element, name);
        return found === undefined ? [] : [found];
      }),
    texts: (element) => textsOf(element, text),
  };
}

/** Htmlparser2 12.0 reports a wrong start for a tag right behind a closing tag that has more than its name, such as `</p >`. */
class ExactParser extends Parser {
  override onopentagname(start: number, endIndex: number): void {
    this.startIndex = start - 1;
    super.onopentagname(start, endIndex);
  }
}

/** Gives a page up as soon as it nests too deep, before anything searches its open elements. */
class ShallowHandler extends DomHandler {
  override onopentag(name: string, attribs: Record<string, string>): void {
    super.onopentag(name, attribs);
    // The document itself is the first of them.
    if (this.tagStack.length > DEPTH_LIMIT + 1) {
      throw new TooComplexError(`its elements are nested more than ${DEPTH_LIMIT} deep`);
    }
  }
}

function elementsOf($: CheerioAPI, selector: string): Element[] {
  return $<never, string>(selector).toArray() as unknown as Element[];
}

function textsOf(element: Element, text: string): TextPiece[] {
  return element.children.flatMap((child) => {
    if (child.type !== 'text') return [];
    const range = placeOf(child);
    return [{ text: text.slice(range.start, range.end), range }];
  });
}

/** Where a node is written, which the parser was asked to keep. */
function placeOf({ startIndex, endIndex }: ChildNode): Range {
  return { start: startIndex as number, end: (endIndex as number) + 1 };
}
