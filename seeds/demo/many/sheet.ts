const ROOM = 64 * 1024
const AT_ONCE = 4096

export type Value = string | number | boolean | Date | null | undefined

/** Rows as COPY reads them (PostgreSQL's manual, COPY, "Text Format"). They become bytes a few at a time: more of them would be carried about by the garbage collector. */
export class Sheet {
  private text = ''
  private bytes = new Uint8Array(ROOM)
  private length = 0

  row (...values: Value[]): void {
    let text = this.text
    for (let n = 0; n < values.length; n++) text += (n === 0 ? '' : '\t') + written(values[n])
    this.text = `${text}\n`
    if (this.text.length > AT_ONCE) this.flush()
  }

  /** The rows since the last time; they are the caller's. */
  take (): Uint8Array<ArrayBuffer> {
    this.flush()
    const taken = this.bytes.subarray(0, this.length)
    this.bytes = new Uint8Array(this.bytes.length)
    this.length = 0
    return taken
  }

  private flush (): void {
    const most = this.length + 3 * this.text.length // no code unit takes more
    if (most > this.bytes.length) {
      const wider = new Uint8Array(2 * most)
      wider.set(this.bytes)
      this.bytes = wider
    }
    this.length += encoder.encodeInto(this.text, this.bytes.subarray(this.length)).written
    this.text = ''
  }
}

const encoder = new TextEncoder()

function written (value: Value): string {
  if (typeof value === 'string') return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, sign => SIGNS[sign]!) : value
  if (typeof value === 'number') return String(value)
  if (value === null || value === undefined) return '\\N'
  return typeof value === 'boolean' ? value ? 't' : 'f' : value.toISOString()
}

const SIGNS: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
