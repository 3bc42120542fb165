import { closeSync, mkdtempSync, openSync, readSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Unreadable } from '../reading.js'

const BLOCK = 64
const IN_MEMORY = 48 * 1024 * 1024
const REMEMBERED = 1000

/** Where a block stands in the file. */
interface Place { at: number, length: number }

/**
 * The texts that a workbook keeps once and its cells call by number. Packed in blocks; what is beyond some 50 MB goes to a file of its own, since
 * a workbook of a million rows may have ten million of them. Cells call them mostly in their order, so a few unpacked blocks answer nearly all.
 */
export class Strings {
  count = 0
  private pending: string[] = []
  private blocks: (Buffer | Place)[] = []
  private inMemory = 0
  private file: { descriptor: number, path: string, end: number } | undefined
  private recent = new Map<number, string[]>()
  private older = new Map<number, string[]>()
  private last = -1
  private lastBlock: string[] = []

  add (text: string): void {
    this.pending.push(text)
    this.count++
    if (this.pending.length === BLOCK) this.pack()
  }

  /** Throws Unreadable when there is no such text. */
  at (index: number): string {
    const block = Math.floor(index / BLOCK)
    if (block !== this.last) {
      if (!(index >= 0 && index < this.count)) throw new Unreadable('damaged')
      this.lastBlock = this.unpack(block)
      this.last = block
    }
    return this.lastBlock[index % BLOCK] ?? ''
  }

  close (): void {
    if (!this.file) return
    closeSync(this.file.descriptor)
    rmSync(this.file.path, { force: true })
    rmdirSync(dirname(this.file.path))
    this.file = undefined
  }

  private pack (): void {
    const packed = Buffer.from(JSON.stringify(this.pending))
    this.pending = []
    if (this.inMemory + packed.length <= IN_MEMORY) {
      this.inMemory += packed.length
      this.blocks.push(packed)
      return
    }
    const file = this.file ??= openFile()
    writeSync(file.descriptor, packed, 0, packed.length, file.end)
    this.blocks.push({ at: file.end, length: packed.length })
    file.end += packed.length
  }

  // What was called lately is in `recent`, and before that in `older`; what is in neither is unpacked anew.
  private unpack (block: number): string[] {
    if (block >= this.blocks.length) return this.pending
    const known = this.recent.get(block)
    if (known) return known
    const texts = this.older.get(block) ?? this.parsed(this.blocks[block]!)
    if (this.recent.size >= REMEMBERED) {
      this.older = this.recent
      this.recent = new Map()
    }
    this.recent.set(block, texts)
    return texts
  }

  private parsed (packed: Buffer | Place): string[] {
    return JSON.parse((Buffer.isBuffer(packed) ? packed : this.fromFile(packed as Place)).toString()) as string[]
  }

  private fromFile ({ at, length }: Place): Buffer {
    const packed = Buffer.allocUnsafe(length)
    readSync(this.file!.descriptor, packed, 0, length, at)
    return packed
  }
}

function openFile () {
  const path = join(mkdtempSync(join(tmpdir(), 'clientela-import-')), 'strings')
  return { descriptor: openSync(path, 'wx+', 0o600), path, end: 0 }
}
