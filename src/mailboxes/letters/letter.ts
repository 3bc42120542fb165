import type { LeftOut } from '../../messages/receiving/receive.js'
import type { Report } from './report.js'

export interface Address { name: string, address: string }

/** A file of a letter, on this machine's disk. */
export interface LetterFile { path: string, hash: string, size: number, name: string }

/** A letter as it was read. Whatever is in it is its sender's word. */
export interface Letter {
  /** As its header says, without brackets. */
  messageId: string | null
  inReplyTo: string | null
  references: string[]
  from: Address | null
  replyTo: Address | null
  subject: string
  text: string
  html: string | null
  files: LetterFile[]
  leftOut: LeftOut[]
  /** Whether a program wrote it. */
  isAuto: boolean
  /** What it tells of letters that couldn't be delivered; null when it is no such report. */
  report: Report | null
  /** Of its head, by which one without an id is known again. */
  fingerprint: string
}

/** How much of a letter is taken. */
export interface LetterLimits {
  /** Bytes of a file, and of all files of a letter. */
  file: number
  files: number
  count: number
}
