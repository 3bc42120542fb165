/** One line of a vCard, unfolded: "item1.TEL;TYPE=CELL,PREF:+48 600" is TEL with the types "cell" and "pref". */
export interface Property { name: string, types: string[], parameters: Record<string, string>, value: string }

/** Reads a line of vCard 3.0 (RFC 2426), 4.0 (RFC 6350), or the 2.1 that telephones still write; null when it is none. */
export function readProperty (line: string): Property | null {
  const colon = outsideQuotes(line, ':')[0]
  if (colon === undefined) return null
  const [head = '', ...said] = splitAt(line.slice(0, colon), ';')
  const parameters: Record<string, string> = Object.create(null)
  const types: string[] = []
  for (const one of said) {
    const equals = one.indexOf('=')
    const key = equals === -1 ? 'TYPE' : one.slice(0, equals).toUpperCase() // 2.1 says TEL;CELL:
    const value = (equals === -1 ? one : one.slice(equals + 1)).replaceAll('"', '')
    if (key === 'TYPE') types.push(...value.toLowerCase().split(','))
    else parameters[key] = value
  }
  const name = head.slice(head.lastIndexOf('.') + 1).toUpperCase()
  const isQuoted = isPrintable(parameters, types)
  const value = line.slice(colon + 1)
  return { name, types, parameters, value: isQuoted ? fromPrintable(value, parameters.CHARSET) : value }
}

/** Whether a line goes on in the next one though that isn't indented: "quoted-printable" ends it with "=". */
export const goesOn = (line: string): boolean => line.endsWith('=') && /^[^:]*QUOTED-PRINTABLE/i.test(line)

const isPrintable = ({ ENCODING = '' }: Record<string, string>, types: string[]) => /^(?:quoted-printable|q)$/i.test(ENCODING) || types.includes('quoted-printable')

function fromPrintable (value: string, charset = 'utf-8'): string {
  const bytes = Buffer.from(value.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1')
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString()
  }
}

/** The parts of a value between semicolons or commas that aren't escaped, as they are meant. */
export function partsOf (value: string, between: ';' | ','): string[] {
  const parts = ['']
  for (const [piece] of value.matchAll(/\\.|[^\\]/gs)) {
    if (piece === between) parts.push('')
    else parts[parts.length - 1] += piece
  }
  return parts.map(meant)
}

/** A value without its escapes. */
export const meant = (value: string): string => value.replace(/\\(.)/g, (_, one: string) => one === 'n' || one === 'N' ? '\n' : one)

function outsideQuotes (text: string, mark: string): number[] {
  const places: number[] = []
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted
    else if (text[at] === mark && !quoted) {
      places.push(at)
      if (mark === ':') break
    }
  }
  return places
}

function splitAt (text: string, mark: string): string[] {
  const places = [...outsideQuotes(text, mark), text.length]
  return places.map((place, n) => text.slice(n === 0 ? 0 : places[n - 1]! + 1, place))
}
