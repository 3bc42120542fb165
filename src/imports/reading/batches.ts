import { LIMITS } from './limits.js'
import type { SourceRow } from './reading.js'

/** Collects rows until there are enough to hand on together. Rows without anything in them are left out. */
export class Batches {
  private rows: SourceRow[] = []
  private full: SourceRow[][] = []
  private text = 0

  add (row: number, cells: string[]): void {
    let length = 0
    for (const cell of cells) length += cell.length
    if (length === 0) return
    this.rows.push({ row, cells })
    this.text += length
    if (this.rows.length >= LIMITS.batchRows || this.text >= LIMITS.batchText) this.close()
  }

  /** What is complete by now. */
  take (): SourceRow[][] {
    const { full } = this
    this.full = []
    return full
  }

  /** What is left, at the end. */
  rest (): SourceRow[][] {
    this.close()
    return this.take()
  }

  private close (): void {
    if (this.rows.length > 0) this.full.push(this.rows)
    this.rows = []
    this.text = 0
  }
}
